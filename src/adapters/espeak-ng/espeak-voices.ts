/** A voice that eSpeak NG has. @public */
export interface EspeakVoice {
  /** Its language as BCP 47, in small letters, such as `en-us`; it is also the voice's usual name. */
  readonly language: string;
  /** As in `English_(America)`. */
  readonly name: string;
  /** Its file, such as `gmw/en-US`. */
  readonly file: string;
  /** Further languages that it speaks, such as `en`. */
  readonly otherLanguages: readonly string[];
}

/**
 * Read the table that `espeak-ng --voices` prints.
 *
 * Its columns are padded, and one that is too long moves the others; but only the last ever has spaces in it.
 */
export function readVoices(listing: string): readonly EspeakVoice[] {
  return listing.split('\n').flatMap((line): EspeakVoice[] => {
    const row = /^\s*\d+\s+(\S+)\s+\S+\/[MF-]\s+(\S+)\s+(\S+)(.*)$/.exec(line);
    if (!row) return [];
    const [, language = '', name = '', file = '', others = ''] = row;
    return [
      {
        language,
        name,
        file,
        otherLanguages: [...others.matchAll(/\((\S+) \d+\)/g)].map(([, other = '']) => other),
      },
    ];
  });
}

/** The names of the files of `espeak-ng --voices=variant`, without their folder. They may have spaces in them. */
export function readVariants(listing: string): readonly string[] {
  return [...listing.matchAll(/\s!v\/(.+?)\s*(?:\(.*)?$/gm)].map(([, file = '']) => file);
}

/**
 * Whether the program has this voice.
 *
 * It must be asked beforehand: for `en-nowhere` the program takes another English voice, and an unknown variant it leaves out, without a word.
 */
export function hasVoice(
  wanted: string,
  voices: readonly EspeakVoice[],
  variants: readonly string[],
): boolean {
  const [base = '', variant, ...more] = wanted.toLowerCase().split('+');
  const isNamed = ({ language, name, file, otherLanguages }: EspeakVoice): boolean =>
    [language, name, file, fileName(file), ...otherLanguages].some((one) => one.toLowerCase() === base);
  if (more.length > 0 || !voices.some(isNamed)) return false;
  return variant === undefined || variants.some((one) => one.toLowerCase() === variant);
}

const fileName = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

/** Names of voices for a message: those of the same language first, not more than a line of them. */
export function someVoices(wanted: string, voices: readonly EspeakVoice[]): string {
  const [language = ''] = wanted.toLowerCase().split(/[-+_]/);
  const near = voices.filter((voice) => voice.language.split('-')[0] === language);
  const shown = (near.length > 0 ? near : voices).slice(0, 12).map((voice) => voice.language);
  return shown.join(', ');
}
