/** What stands in the place of a secret. */
const mask = '***';

/** Shorter than this, a value is no secret worth the name, and masking it would spoil ordinary words. */
const shortestSecret = 4;

/** Each keeps what says that there was a secret, and drops the secret. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // A key or certificate in PEM, also where its end was cut off.
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g, mask],
  [/\b(bearer|api-key)\s+[\w.~+/=-]{4,}/gi, `$1 ${mask}`],
  [/(authorization\W{1,4}(?:basic|digest)\s+)[^\s"'}]+/gi, `$1${mask}`],
  // name=value and "name": "value", where the name says that it is secret. Behind the schemes above.
  [
    /\b((?:[\w-]{0,40}[_-])?(?:authorization|api[_-]?key|apikey|token|secret|password|passwd|pwd|cookie|session[_-]?key|signature|sig|credential)s?["']?\s*[:=]\s*)(?!(?:bearer|basic|api-key|digest)\s)("[^"]*"|'[^']*'|[^\s,;&"')}\]]+)/gi,
    `$1${mask}`,
  ],
  // user:password@ in an address.
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${mask}@`],
  // A JSON Web Token.
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, mask],
  // Keys of services: one run of many letters and digits. Words, UUIDs and file names have none so long.
  [/\b(?=\w*\d)(?=\w*[a-z])\w{32,}\b/gi, mask],
];

/**
 * A text without what may be a secret in it: what looks like one, and what is known to be one.
 *
 * @param known - values that are secret whatever they look like, such as the metadata of a call.
 */
export function maskSecrets(text: string, known: readonly string[] = []): string {
  let masked = text;
  // The longest first, or a secret that another one begins with would show its end.
  for (const secret of known.toSorted((a, b) => b.length - a.length)) {
    if (secret.length >= shortestSecret) masked = masked.replaceAll(secret, mask);
  }
  for (const [pattern, replacement] of patterns) masked = masked.replace(pattern, replacement);
  return masked;
}
