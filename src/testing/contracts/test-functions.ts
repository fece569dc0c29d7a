/** What a contract suite asks of an assertion. vitest's and jest's `expect(value)` fit as they are. @public */
export interface ContractExpectation {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toBeCloseTo(expected: number, digits?: number): void;
  toBeGreaterThan(expected: number): void;
  toBeGreaterThanOrEqual(expected: number): void;
  toBeLessThanOrEqual(expected: number): void;
}

/**
 * The test runner, as far as a contract suite needs one.
 *
 * @remarks
 * The suites import no runner: hand in `{ describe, it, expect }` of vitest or jest as they are. For `node:test`,
 * take its `describe` and `it` and write an `expect` over `node:assert`.
 * @public
 */
export interface ContractTestFunctions {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => void | Promise<void>): void;
  /** @param message - says which of many values was wrong; shown when the assertion fails. */
  expect(actual: unknown, message?: string): ContractExpectation;
}
