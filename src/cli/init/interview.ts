import { CommandError } from '../command-error.js';
import { printable } from '../printable.js';
import type { Prompt } from './prompt.js';

/** What an answer means, or why it cannot be used, as what follows "this" or the name of an option. */
export type Reading<T> =
  | { readonly value: T; readonly reason?: never }
  | { readonly reason: string; readonly value?: never };

/** Who gave an answer: the command line, somebody who was asked, or nobody. */
export type AnswerFrom = 'option' | 'person' | 'preset';

/** One thing to find out. */
export interface Question<T> {
  /** The option that answers it, without its dashes. */
  readonly option: string;
  /** As it is put to somebody, without its default. */
  readonly text: string;
  /** What an empty answer means; undefined where it means nothing. */
  readonly preset: string | undefined;
  read(answer: string, from: AnswerFrom): Reading<T> | Promise<Reading<T>>;
}

/** Finds things out, from the command line, from somebody, or from defaults. */
export interface Interview {
  /** @throws CommandError for an option, or a default, that cannot be used; AnswersEnded. */
  ask<T>(question: Question<T>): Promise<T>;
  /** Whether it is so. Without somebody to ask: the default. */
  confirm(text: string, preset: boolean): Promise<boolean>;
  /** What an option says that answers no question of its own. */
  option(name: string): string | undefined;
  /** Whether an option says something, or just this, and was not asked for yet. */
  isGiven(name: string, value?: string): boolean;
  /** Where somebody is asked. */
  readonly person: Prompt | undefined;
  /** For whoever looks on. */
  say(line: string): void;
  /** Said, and told again at the end: something that will not work as it is. */
  warn(line: string): void;
  readonly warnings: readonly string[];
  /** Options that nothing asked for. */
  unused(): readonly string[];
}

/** So many answers to one question that cannot be used are not the answers of a person. */
const patience = 20;

/** @param person - undefined where nobody is to be asked. */
export function createInterview(
  options: Readonly<Record<string, string | undefined>>,
  person: Prompt | undefined,
  say: (line: string) => void,
): Interview {
  const open = new Map(Object.entries(options).filter(([, value]) => value !== undefined));
  const warnings: string[] = [];
  const option = (name: string): string | undefined => {
    const value = open.get(name);
    open.delete(name);
    return value;
  };
  return {
    person,
    say,
    warnings,
    option,
    isGiven: (name, value) => open.has(name) && (value === undefined || open.get(name) === value),
    unused: () => [...open.keys()],
    warn(line) {
      warnings.push(line);
      say(`Note: ${line}`);
    },
    async ask(question) {
      const given = option(question.option);
      if (given !== undefined) return settled(question, await question.read(given, 'option'));
      if (person) return askPerson(question, person, 'person');
      const { preset } = question;
      if (preset === undefined) {
        throw new CommandError(`--${question.option} has to be given, because nobody is asked; see --help`);
      }
      return settled(question, await question.read(preset, 'preset'));
    },
    confirm: async (text, preset) => (person ? askPerson(yesOrNo(text, preset), person, 'person') : preset),
  };
}

function settled<T>({ option }: Question<T>, { value, reason }: Reading<T>): T {
  if (reason !== undefined) throw new CommandError(`--${option} ${reason}`);
  return value as T;
}

async function askPerson<T>(question: Question<T>, person: Prompt, from: AnswerFrom): Promise<T> {
  const { text, preset, read } = question;
  const shownPreset = preset === undefined ? '' : ` [${printable(preset)}]`;
  for (let answers = 0; answers < patience; answers += 1) {
    const answer = (await person.ask(`${text}${shownPreset} `)).trim();
    if (answer === '' && preset === undefined) {
      person.say('  This one needs an answer: there is nothing that could be taken by itself.');
      continue;
    }
    const { value, reason } = await read(answer === '' ? (preset ?? '') : answer, from);
    if (reason === undefined) return value as T;
    person.say(printable(`  This ${reason}.`).replace(/^/, '  '));
  }
  throw new CommandError(
    `none of ${patience} answers to ${JSON.stringify(text)} can be used; nothing was written`,
  );
}

function yesOrNo(text: string, preset: boolean): Question<boolean> {
  return {
    option: '',
    text,
    preset: preset ? 'yes' : 'no',
    read(answer) {
      if (/^(?:y|yes)$/i.test(answer)) return { value: true };
      if (/^(?:n|no)$/i.test(answer)) return { value: false };
      return { reason: 'is neither yes nor no' };
    },
  };
}

/** One of several words, each with what it means. */
export function oneOf<T extends string>(
  words: readonly T[],
  { option, text, preset }: { readonly option: string; readonly text: string; readonly preset: T },
): Question<T> {
  return {
    option,
    text,
    preset,
    read(answer) {
      const value = words.find((word) => word === answer.toLowerCase());
      return value === undefined ? { reason: `must be one of ${words.join(', ')}` } : { value };
    },
  };
}
