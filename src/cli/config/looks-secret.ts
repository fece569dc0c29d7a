/** Texts that nobody writes but as a secret. What only might be one, such as a run of hexadecimal digits, is none: ids look like that. */
const patterns: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/,
  /\b(?:bearer|basic|digest|api-key|token)\s+[\w.~+/=-]{8,}/i,
  // A JSON Web Token.
  /\beyJ[\w-]{8,}\.[\w-]+/,
  // user:password@ in an address.
  /\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:[^\s/@]+@/i,
  // What services begin their keys with.
  /\b(?:sk|pk|rk)[-_][\w-]{16,}/,
  /\b(?:gh[pousr]_|github_pat_|glpat-|hf_|xox[abprs]-)[\w-]{10,}/,
  /\bAKIA[0-9A-Z]{12,}/,
  /\b(?:[\w-]{0,40}[_-])?(?:api[_-]?key|token|secret|password|passwd|pwd)["']?\s*[:=]\s*["']?[^\s"',;)}]{4,}/i,
];

/** What is looked at of a text. Units: characters. */
const maxLookedAt = 10_000;

/** Whether a text in a config is a password, a token or a private key by the look of it. */
export function looksSecret(text: string): boolean {
  const looked = text.slice(0, maxLookedAt);
  return patterns.some((pattern) => pattern.test(looked));
}
