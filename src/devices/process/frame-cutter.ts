/** Cuts a stream of bytes into whole sample frames. */
export interface FrameCutter {
  /** The whole frames that are there now; what is left waits. Ownership: may be a view of `bytes`. */
  push(bytes: Uint8Array): Uint8Array;
}

/** @param bytesPerFrame - of one sample frame, all channels. */
export function createFrameCutter(bytesPerFrame: number): FrameCutter {
  let rest = new Uint8Array(0);
  return {
    push(bytes) {
      let all = bytes;
      if (rest.length > 0) {
        all = new Uint8Array(rest.length + bytes.length);
        all.set(rest);
        all.set(bytes, rest.length);
      }
      const whole = all.length - (all.length % bytesPerFrame);
      rest = all.slice(whole);
      return all.subarray(0, whole);
    },
  };
}
