/**
 * How many arrays of floating-point numbers are made while `work` runs. Views are not among them.
 *
 * What a garbage collector tells depends on when it runs and on what was compiled; this does not.
 */
export function countArrays(work: () => void): number {
  const { Float32Array: single, Float64Array: double } = globalThis;
  let made = 0;
  const counting = <T extends typeof single | typeof double>(original: T): T =>
    new Proxy(original, {
      construct(target, parameters, newTarget) {
        made++;
        return Reflect.construct(target, parameters, newTarget) as object;
      },
    });
  globalThis.Float32Array = counting(single);
  globalThis.Float64Array = counting(double);
  try {
    work();
  } finally {
    globalThis.Float32Array = single;
    globalThis.Float64Array = double;
  }
  return made;
}
