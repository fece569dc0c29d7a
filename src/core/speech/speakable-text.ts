/** Anything that an engine has a word for: letters, digits, and symbols such as a percent sign or a plus. */
const spoken = /[\p{L}\p{N}\p{S}%&@#*/]/u;
/** Some engines take control characters for commands of their own. */
const controlCharacters = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\s]+/gu;

/**
 * A text as it can be given to any engine: no control characters, spaces in their place.
 *
 * @returns undefined when there is nothing in it that could be said.
 */
export function speakableText(text: string): string | undefined {
  const plain = text.replace(controlCharacters, ' ').trim();
  return spoken.test(plain) ? plain : undefined;
}
