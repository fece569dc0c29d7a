import { isVoiceError } from '../../index.js';
import { printable } from '../printable.js';

/** `green`: nothing to do. `amber`: it works, or could not be told, and should be looked at. `red`: the loop does not work like this. */
export type Rating = 'green' | 'amber' | 'red';

/** What is examined, by group, in the order in which it is told. The names are a contract: programs read them. */
export const checkGroups = {
  versions: ['node', 'earshot', 'system', 'board'],
  parts: ['config', 'package', 'program', 'model', 'fillers', 'echo-canceller', 'metrics'],
  machine: ['temperature', 'throttling', 'clock', 'memory', 'memory-limit', 'disk', 'hardware-id'],
  devices: ['devices', 'microphone', 'loudspeaker'],
  acoustics: ['acoustics'],
  backend: ['backend-name', 'backend-connect', 'backend-tls', 'backend-latency'],
  speed: ['detector-speed', 'voice-speed'],
} as const;

/** A part of the examination. */
export type CheckGroup = keyof typeof checkGroups;

/** What was looked at. */
export type CheckId = (typeof checkGroups)[CheckGroup][number];

/** Numbers and names behind a finding, for programs. */
export type Figures = Readonly<Record<string, string | number | boolean | null>>;

/** What came of one check. */
export interface Finding {
  readonly id: CheckId;
  /** Which of several things with the same id, such as a package; the id itself where there is one. */
  readonly about: string;
  readonly rating: Rating;
  /** What was found, with its figure. One sentence without a capital or a full stop. */
  readonly finding: string;
  /** What to do, in one sentence; null where there is nothing to do. */
  readonly cure: string | null;
  readonly figures: Figures;
}

/** Which thing a finding is about. */
export interface Subject {
  readonly id: CheckId;
  readonly about?: string;
}

export const green = (subject: Subject, finding: string, figures: Figures = {}): Finding =>
  found(subject, 'green', finding, null, figures);

export const amber = (subject: Subject, finding: string, cure: string, figures: Figures = {}): Finding =>
  found(subject, 'amber', finding, cure, figures);

export const red = (subject: Subject, finding: string, cure: string, figures: Figures = {}): Finding =>
  found(subject, 'red', finding, cure, figures);

/**
 * What a failure comes to. Errors of the library tell what happened, and behind the first semicolon, that of a remark apart, what to do.
 *
 * @param cure - what to do, where the error does not say.
 */
export function failed(
  subject: Subject,
  error: unknown,
  cure: string,
  rating: Exclude<Rating, 'green'> = 'red',
): Finding {
  const message = error instanceof Error ? error.message : String(error);
  if (!isVoiceError(error)) return found(subject, rating, message, cure, {});
  const at = endOfCause(message);
  const own = message.slice(at + 2);
  return found(subject, rating, message.slice(0, at), own === '' ? cure : own, { code: error.code });
}

/** Where the cause ends, and its cure begins behind a semicolon and a blank; a remark in brackets may have semicolons of its own. */
function endOfCause(message: string): number {
  let depth = 0;
  for (let at = 0; at < message.length; at++) {
    if (message[at] === '(') depth += 1;
    if (message[at] === ')') depth -= 1;
    if (depth <= 0 && message.startsWith('; ', at)) return at;
  }
  return message.length;
}

const found = (
  { id, about = id }: Subject,
  rating: Rating,
  finding: string,
  cure: string | null,
  figures: Figures,
): Finding => ({
  id,
  about: printable(about),
  rating,
  finding: printable(finding),
  cure: cure === null ? null : printable(cure),
  figures,
});

/** The group of an id. */
export function groupOf(id: CheckId): CheckGroup {
  const groups = Object.entries(checkGroups) as [CheckGroup, readonly CheckId[]][];
  return groups.find(([, ids]) => ids.includes(id))?.[0] ?? 'parts';
}
