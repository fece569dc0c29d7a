/** Kilobits per second by the index in the header; 0 is "free", which no encoder for speech uses. */
const bitRatesMpeg1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const bitRatesMpeg2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const ratesMpeg1Hz = [44_100, 48_000, 32_000];

/** Two headers fit into so many bytes whatever the bit rate: the longest frame has 1441 bytes. */
export const mp3DecisionBytes = 1445;

/**
 * Whether bytes begin with two MP3 frames, one right behind the other (ISO/IEC 11172-3 and 13818-3, layer III).
 *
 * @remarks
 * One header is not enough where samples are expected: speech often begins with a sample of -1, whose bytes are the
 * first two of a header, and two times in three the next byte fits as well.
 */
export function beginsWithMp3Frames(bytes: Uint8Array): boolean {
  const length = mp3FrameBytes(bytes, 0);
  if (length === undefined || mp3FrameBytes(bytes, length) === undefined) return false;
  // Version, layer and sample rate stay the same within a stream; bit rate and padding may not.
  return bytes[1] === bytes[length + 1] && ((bytes[2] ?? 0) & 0x0c) === ((bytes[length + 2] ?? 0) & 0x0c);
}

/** Length of the frame whose layer III header is here, or undefined where there is none. */
export function mp3FrameBytes(bytes: Uint8Array, at: number): number | undefined {
  const [sync, kind, rates] = bytes.subarray(at, at + 3);
  if (sync !== 0xff || kind === undefined || rates === undefined || (kind & 0xe6) !== 0xe2) return undefined;
  const version = (kind >> 3) & 3;
  const isMpeg1 = version === 3;
  const kilobits = (isMpeg1 ? bitRatesMpeg1 : bitRatesMpeg2)[rates >> 4];
  const rateHz = ratesMpeg1Hz[(rates >> 2) & 3];
  if (version === 1 || !kilobits || rateHz === undefined) return undefined;
  // MPEG-2 halves the sample rates and the samples of a frame, MPEG-2.5 halves the rates again.
  const shift = isMpeg1 ? 0 : version === 2 ? 1 : 2;
  const padding = (rates >> 1) & 1;
  return Math.floor(((isMpeg1 ? 144 : 72) * kilobits * 1000) / (rateHz >> shift)) + padding;
}
