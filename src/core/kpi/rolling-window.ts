/** Percentiles by nearest rank. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  readonly count: number;
}

/** The newest measurements, and their percentiles. */
export interface RollingWindow {
  add(value: number): Percentiles;
}

/** @param size - measurements that are kept; the oldest makes room for the newest. */
export function createRollingWindow(size: number): RollingWindow {
  const values: number[] = [];
  let oldest = 0;
  return {
    add(value) {
      if (values.length < size) values.push(value);
      else {
        values[oldest] = value;
        oldest = (oldest + 1) % size;
      }
      const sorted = values.toSorted((a, b) => a - b);
      const rank = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] as number;
      return { p50Ms: rank(0.5), p95Ms: rank(0.95), maxMs: rank(1), count: sorted.length };
    },
  };
}

/** The newest answers to one question, and the share of those that were yes. */
export interface RollingShare {
  add(value: boolean): { readonly share: number; readonly count: number };
}

export function createRollingShare(size: number): RollingShare {
  const values: boolean[] = [];
  let oldest = 0;
  let yes = 0;
  return {
    add(value) {
      if (values.length === size) {
        if (values[oldest]) yes -= 1;
        values[oldest] = value;
        oldest = (oldest + 1) % size;
      } else values.push(value);
      if (value) yes += 1;
      return { share: yes / values.length, count: values.length };
    },
  };
}
