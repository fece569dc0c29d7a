/**
 * A text that is not written in the config, because the file gets copied, mailed and put under version control: where it is,
 * and, once the config was read, what it is.
 *
 * @remarks
 * Whatever shows or serialises the config shows where the text comes from, never the text.
 */
export interface ReferencedText {
  /** Where it comes from, for people, such as `the environment variable TOKEN`. */
  readonly origin: string;
  /** The text itself. */
  reveal(): string;
  /** The same without the prefix that the config gives: what is secret of it. */
  revealBare(): string;
  toJSON(): string;
}

/** How a config writes it. */
export interface TextReference {
  /** Name of an environment variable that holds the text. */
  readonly env?: string;
  /** A file that holds it; line feeds at its end do not count. Relative to the folder of the config. */
  readonly file?: string;
  /** The text itself, for what anybody may read. */
  readonly public?: string;
  /** Put in front of it, such as `Bearer ` before a token. */
  readonly prefix?: string;
}

/** What is outside of a config: asked only for what it names. */
export interface ConfigSurroundings {
  /** The environment, such as `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * The text of a file. What it throws is a problem of the line that names the file.
   * @param path - as the config writes it; a relative one is meant from the folder of the config.
   */
  readFile(path: string): string;
}

/** Longest such text. A chain of certificates has some 10 KB. Units: characters. */
const longestText = 1_000_000;

/** Make one. */
export function referencedText(bare: string, origin: string, prefix = ''): ReferencedText {
  return {
    origin,
    reveal: () => prefix + bare,
    revealBare: () => bare,
    toJSON: () => `(from ${origin})`,
  };
}

/**
 * Look up what a reference names.
 *
 * @returns the text, or what is wrong with it as the end of a sentence; that never shows what was read.
 */
export function lookUpText(
  { env, file, public: open, prefix = '' }: TextReference,
  surroundings: ConfigSurroundings,
): ReferencedText | string {
  if (open !== undefined) return referencedText(open, 'the config', prefix);
  const origin = env === undefined ? `the file ${file}` : `the environment variable ${env}`;
  const found = env === undefined ? readText(file ?? '', surroundings) : surroundings.env[env];
  if (found === undefined) return `names ${origin}, which is not set; set it where the program is started`;
  if (typeof found === 'object') return `names ${origin}, which cannot be read (${found.why})`;
  const text = found.replace(/[\r\n]+$/, '');
  if (text.trim() === '') return `names ${origin}, which is empty; put the text there`;
  if (text.length > longestText) return `names ${origin}, which is longer than ${longestText} characters`;
  return referencedText(text, origin, prefix);
}

function readText(path: string, { readFile }: ConfigSurroundings): string | { readonly why: string } {
  try {
    return readFile(path);
  } catch (cause) {
    return { why: whyNot(cause) };
  }
}

/** Why a file cannot be read, in few words. */
export function whyNot(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | null)?.code;
  return (
    (typeof code === 'string' && reasons[code]) || (cause instanceof Error ? cause.message : String(cause))
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this account may not',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
};
