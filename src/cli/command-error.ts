import { type ErrorCode, isVoiceError } from '../index.js';
import { exitCodes } from './exit-codes.js';
import { inFlags } from './flag-names.js';
import { printable } from './printable.js';

export { exitCodes };

/** A sentence about what went wrong, with who says it. */
export const complaint = (command: string | undefined, sentence: string): string =>
  `${command === undefined ? 'earshot' : `earshot ${command}`}: ${sentence}`;

/** Something that whoever typed the command can mend. Its message is one sentence. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? exitCodes.usage;
  }
}

/** A file that was named on the command line and cannot be used. */
export function fileError(flag: string, path: string, use: 'read' | 'written', cause: unknown): CommandError {
  const code = String((cause as { readonly code?: unknown } | null)?.code ?? cause);
  const reason = reasons[code] ?? code;
  return new CommandError(`${flag} ${path} cannot be ${use}: ${reason}`, { cause });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it, or its folder, does not exist',
  ENOTDIR: 'a part of the path is a file and no folder',
  EISDIR: 'it is a folder',
  EACCES: 'this account may not',
  EPERM: 'this account may not',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ESPIPE: 'it is no regular file',
};

/** What is wrong with an option, or with a file that one names. */
const ofUsage: ReadonlySet<ErrorCode> = new Set([
  'OPTION_INVALID',
  'FILLER_CACHE_INVALID',
  'AUDIO_FORMAT_UNSUPPORTED',
]);

/** What is said of an error, and what the command ends with; undefined for a bug. */
export function explain(
  error: unknown,
): { readonly sentence: string; readonly exitCode: number } | undefined {
  if (error instanceof CommandError) return { sentence: printable(error.message), exitCode: error.exitCode };
  if (isVoiceError(error)) {
    const exitCode = ofUsage.has(error.code) ? exitCodes.usage : exitCodes.transport;
    return { sentence: printable(inFlags(error.message)), exitCode };
  }
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    const [first = ''] = error.message.split(/\. |\n/);
    return { sentence: `${printable(first.replace(/\.$/, ''))}; see --help`, exitCode: exitCodes.usage };
  }
  return undefined;
}
