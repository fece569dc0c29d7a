import { readFileSync } from 'node:fs';
import { OptionError } from 'earshot';
import type { Fault } from './faults.js';
import { faults, isFault } from './faults.js';

/** What the server says to one prompt. */
export interface Answer {
  /** Sent one after the other: the text, then its audio. */
  readonly sentences: readonly string[];
  /** Sent behind the last sentence. */
  readonly action?: { readonly command: string; readonly args: unknown };
  readonly fault?: Fault;
}

/** Finds what to say; undefined for a prompt it does not know. */
export type Answers = (prompt: string) => Answer | undefined;

/** The entry for every prompt that has none of its own. */
const anyPrompt = '*';

/**
 * Read answers from a JSON file: `{"prompt": ["sentence", ...], "*": [...]}`, where an entry may also be
 * `{"sentences": [...], "action": {"command": "...", "args": {}}, "fault": "..."}`.
 *
 * @throws OptionError `OPTION_INVALID` with one sentence on what is wrong with the file.
 */
export function readAnswers(path: string): Answers {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new OptionError('OPTION_INVALID', `answers: ${path} cannot be read as JSON (${said})`, { cause });
  }
  return answersFrom(parsed, path);
}

/** Answers from a value of the form that `readAnswers` reads. */
export function answersFrom(value: unknown, where = 'answers'): Answers {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionError('OPTION_INVALID', `${where}: must be an object that maps prompts to answers`);
  }
  const known = new Map(
    Object.entries(value).map(([prompt, entry]) => [
      prompt === anyPrompt ? anyPrompt : asHeard(prompt),
      readAnswer(entry, `${where}: the answer to ${JSON.stringify(prompt)}`),
    ]),
  );
  return (prompt) => known.get(asHeard(prompt)) ?? known.get(anyPrompt);
}

function readAnswer(entry: unknown, where: string): Answer {
  const { sentences, action, fault } = (Array.isArray(entry) ? { sentences: entry } : (entry ?? {})) as {
    readonly [Field in keyof Answer]?: unknown;
  };
  if (!Array.isArray(sentences) || !sentences.every((sentence) => isText(sentence))) {
    throw new OptionError(
      'OPTION_INVALID',
      `${where} must be a list of sentences, or an object with "sentences"`,
    );
  }
  if (fault !== undefined && !(typeof fault === 'string' && isFault(fault))) {
    throw new OptionError(
      'OPTION_INVALID',
      `${where} has fault ${JSON.stringify(fault)}, which is none of ${Object.keys(faults).join(', ')}`,
    );
  }
  return {
    sentences,
    ...(action !== undefined && { action: readAction(action, where) }),
    ...(fault !== undefined && { fault }),
  };
}

function readAction(action: unknown, where: string): NonNullable<Answer['action']> {
  const { command, args } = (action ?? {}) as { readonly command?: unknown; readonly args?: unknown };
  if (!isText(command)) throw new OptionError('OPTION_INVALID', `${where} has an action without a "command"`);
  return { command, args: args ?? {} };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** Prompts come from a recogniser: case, punctuation and spaces are not to be relied on. */
function asHeard(prompt: string): string {
  return prompt
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}]+/gu, ' ')
    .trim();
}
