/** Options of the library, and the flags that set them. */
const flags: readonly (readonly [RegExp, string])[] = [
  [/\b(?:streamingService|trust|fetchServerCertificate|saveServerCertificate|deriveHardwareId|demo): /g, ''],
  // To leave a flag out is to give null.
  [/, or null\b/g, ''],
  [/\binsecure: true\b/g, '--insecure'],
  [/\btrust\.(?=[a-z])/g, ''],
  [/\banother field of trust\b/g, '--server-name'],
  [/(?<!-)\bfirstMessageMs\b/g, '--first-message-ms'],
  [/(?<!-)\bbetweenMessagesMs\b/g, '--inactivity-ms'],
  [/(?<!-)\bdeadlineMs\b/g, '--deadline-ms'],
  [/(?<!-)\btimeoutMs\b/g, '--timeout-ms'],
  [/(?<!-)\bhardwareId\b/g, '--hardware-id'],
  [/(?<!-)\brootCertificates\b/g, '--root-cert'],
  [/(?<!-)\bserverName\b/g, '--server-name'],
  [/(?<!-)\bclientCertificate\b/g, '--client-cert'],
  [/(?<!-)\bclientKey\b/g, '--client-key'],
  // These are words as well, so only where they stand as names.
  [/(?<![-\w])target(?= must\b)/g, '--target'],
  [/(?<![-\w])metadata(?= must\b)/g, '--metadata'],
  [/(?<![-\w])insecure(?= cannot\b| out\b)/g, '--insecure'],
  [/(?<=[;,:] |\] |with |set |and |^)fingerprint(?= must\b|[;,]|$| pins\b)/g, '--fingerprint'],
];

/** A message of the library, in words that whoever typed the command knows. */
export function inFlags(message: string): string {
  let said = message;
  for (const [pattern, flag] of flags) said = said.replace(pattern, flag);
  return said;
}
