/** What did not fit into 16 bits. */
export interface ConversionCounters {
  clippedSamples: number;
  replacedSamples: number;
}

/**
 * One sample to 16 bits: rounded, clipped, and 0 when it is no finite number.
 */
export function toInt16(sample: number, counters: ConversionCounters): number {
  const step = Math.round(sample * 32_768);
  if (step >= -32_768 && step <= 32_767) return step;
  if (!Number.isFinite(sample)) {
    counters.replacedSamples++;
    return 0;
  }
  // Full scale itself is one step too much, and not worth a word.
  if (step !== 32_768) counters.clippedSamples++;
  return step > 0 ? 32_767 : -32_768;
}
