/**
 * Everything that the native library says goes to one callback of the whole process: the one given last. So there is one, given at
 * every opening; opening a stream without one after another had one aborts the process at the next error.
 */
const listeners = new Set<(text: string) => void>();

/** The one callback. It never throws: an exception would be swallowed by the library. */
export function onProcessError(_type: number, text: string): void {
  for (const listener of [...listeners]) listener(text);
}

/** Hear everything that is said from now on. @returns what ends it. */
export function listenToErrors(listener: (text: string) => void): () => void {
  // An own function, so that one listener can listen twice.
  const own = (text: string): void => listener(text);
  listeners.add(own);
  return () => {
    listeners.delete(own);
  };
}
