import { printable } from '../printable.js';
import { looksSecret } from './looks-secret.js';

/** One thing that is wrong with a config. */
export interface ConfigProblem {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  /** The names that lead to it, such as `pipeline.endpointing.minSilenceMs`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what to do, to be read behind the path. Never shows a secret. */
  readonly message: string;
  /** What is allowed there, where that is a range or a list. */
  readonly allowed?: string;
}

/** A problem as one line of text, in the form in which compilers tell theirs, so that editors and terminals can jump to it. */
export function problemLine(file: string, problem: ConfigProblem): string {
  return lineOf(file, problem, '');
}

/** The same of what is no problem. */
export function noteLine(file: string, note: ConfigProblem): string {
  return lineOf(file, note, 'note: ');
}

const lineOf = (file: string, { line, column, path, message }: ConfigProblem, kind: string): string =>
  `${file}:${line}:${column}: ${kind}${path === '' ? '' : `${path} `}${message}`;

/** Names as people write a path: `voice.ladder[0].engine`. */
export function pathText(path: readonly (string | number)[]): string {
  const text = path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${step}`))
    .join('');
  // A name is the user's text, too: it may be long, or colour the terminal.
  return printable(text.slice(0, 200));
}

/** A value for a message: short, on one line, and no secret. */
export function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  if (looksSecret(value)) return 'a text that looks like a secret';
  const short = value.length > 60 ? `${value.slice(0, 60)}...` : value;
  return JSON.stringify(short);
}
