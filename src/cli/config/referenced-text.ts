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
  /** True where it could not be looked up, and who reads the config only wants to look at it: there is nothing to reveal. */
  readonly isMissing: boolean;
  /** The text itself. @throws Error where it is missing. */
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
  /** Where a path leads to, with links followed where there are some; as it is written where nobody says. */
  pathOf?(path: string): string;
}

/** Longest such text. A chain of certificates has some 10 KB. Units: characters. */
const longestText = 1_000_000;

/** Make one. */
export function referencedText(bare: string, origin: string, prefix = ''): ReferencedText {
  return {
    origin,
    isMissing: false,
    reveal: () => prefix + bare,
    revealBare: () => bare,
    toJSON: () => `(from ${origin})`,
  };
}

/** One that is only where the loop will run. */
export function missingText(origin: string): ReferencedText {
  const reveal = (): never => {
    throw new Error(`${origin} is not there, so that nothing can be taken from it`);
  };
  return { origin, isMissing: true, reveal, revealBare: reveal, toJSON: () => `(from ${origin})` };
}

/** Why a text could not be looked up. */
export interface TextFault {
  /** As the end of a sentence; never shows what was read. */
  readonly why: string;
  readonly origin: string;
  /** Whether it may well be there where the loop runs, as a credential of its unit or a variable of its environment. */
  readonly mayBeElsewhere: boolean;
}

/**
 * Look up what a reference names.
 *
 * @returns the text, or what is wrong with it.
 */
export function lookUpText(
  { env, file, public: open, prefix = '' }: TextReference,
  surroundings: ConfigSurroundings,
): ReferencedText | TextFault {
  if (open !== undefined) return referencedText(open, 'the config', prefix);
  const origin = env === undefined ? `the file ${file}` : `the environment variable ${env}`;
  const found = env === undefined ? readText(file ?? '', surroundings) : surroundings.env[env];
  const fault = (which: string, mayBeElsewhere = false): TextFault => ({
    why: `names ${origin}, which ${which}`,
    ...{ origin, mayBeElsewhere },
  });
  if (found === undefined) return fault('is not set; set it where the program is started', true);
  if (typeof found === 'object') return fault(`cannot be read (${found.why})`, found.mayBeElsewhere);
  const text = found.replace(/[\r\n]+$/, '');
  if (text.trim() === '') return fault('is empty; put the text there');
  if (text.length > longestText) return fault(`is longer than ${longestText} characters`);
  return referencedText(text, origin, prefix);
}

function readText(
  path: string,
  { readFile }: ConfigSurroundings,
): string | Pick<TextFault, 'why' | 'mayBeElsewhere'> {
  try {
    return readFile(path);
  } catch (cause) {
    return { why: whyNot(cause), mayBeElsewhere: ofThisPlace.includes(codeOf(cause) ?? '') };
  }
}

/** What another account, or the inside of a unit, may see otherwise. */
const ofThisPlace = ['ENOENT', 'EACCES'];

function codeOf(cause: unknown): string | undefined {
  const code = (cause as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Why a file cannot be read, in few words. */
export function whyNot(cause: unknown): string {
  return reasons[codeOf(cause) ?? ''] ?? (cause instanceof Error ? cause.message : String(cause));
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this account may not',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
};
