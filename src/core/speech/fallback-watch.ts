import { type Observable, Subject } from 'rxjs';
import { isVoiceError, SpeechError, type VoiceError } from '../errors.js';
import type { FallbackReason, FallbackReport } from '../ports/fallback-report.js';
import {
  afterFailure,
  afterProbe,
  type Health,
  isProbeDue,
  wellUp,
  whileProbing,
  withoutProbe,
} from './fallback-health.js';
import type { FallbackOptions } from './fallback-options.js';

/** What all of them are for, by the error that says that they could not do it. */
export type FallbackCode = 'SYNTHESIS_FAILED' | 'TRANSCRIPTION_FAILED';

/** One that was asked and did not answer. */
export interface Miss {
  readonly index: number;
  readonly reason: Exclude<FallbackReason, 'down'>;
  readonly error: VoiceError;
}

/** Remembers the health of all, and tells. */
export interface FallbackWatch {
  readonly reports$: Observable<FallbackReport>;
  /** Those that are well, and those that are down, since nobody else may be left. Not those that are out. */
  well(): readonly number[];
  down(): readonly number[];
  isDue(index: number): boolean;
  /** `index` answered, after the others that were asked had not. */
  answered(index: number, misses: readonly Miss[], saysNothing: boolean): void;
  /** It answered and broke off. */
  brokeOff(index: number, error: VoiceError): void;
  /** Nobody answered. @returns the error that says so. */
  allFailed(misses: readonly Miss[]): VoiceError;
  /** Those that it is time to try again; `probed` must follow for each, unless it must be opened first. */
  probes(): readonly number[];
  /** What came of it. A text that it cannot say teaches nothing. */
  probed(index: number, outcome: 'answered' | Miss): void;
  opened(index: number): void;
  notOpened(index: number, error: VoiceError): void;
}

const recentRequests = 50;

export function createFallbackWatch(
  names: readonly string[],
  code: FallbackCode,
  options: FallbackOptions,
): FallbackWatch {
  const { scheduler } = options;
  const reports$ = new Subject<FallbackReport>();
  const healths: Health[] = names.map(() => wellUp);
  /** Why each was not used last. */
  const lastErrors: (VoiceError | undefined)[] = [];
  const recent: boolean[] = [];
  let answered = 0;
  let fallbacks = 0;
  let inUse: { readonly index: number; readonly saysNothing: boolean } | undefined;

  const nameOf = (index: number) => names[index] ?? '';
  const healthOf = (index: number) => healths[index] ?? wellUp;
  const tell = (report: FallbackReport) => reports$.next(report);
  const those = (state: Health['state']) =>
    healths.flatMap((health, index) => (health.state === state ? [index] : []));
  const become = (index: number, after: Health, error: VoiceError) => {
    const before = healthOf(index);
    healths[index] = after;
    lastErrors[index] = error;
    if (after.state === before.state || after.state === 'up') return;
    const probeInMs = after.state === 'down' ? after.probeAtMs - scheduler.now() : null;
    tell({ type: 'down', name: nameOf(index), error, probeInMs });
  };
  const fail = (index: number, error: VoiceError) =>
    become(index, afterFailure(healthOf(index), scheduler.now(), options), error);
  const failAgain = (index: number, error: VoiceError) =>
    become(index, afterProbe(healthOf(index), scheduler.now(), options), error);
  const succeed = (index: number) => {
    const before = healthOf(index);
    healths[index] = wellUp;
    if (before.state === 'down')
      tell({ type: 'recovered', name: nameOf(index), afterMs: scheduler.now() - before.sinceMs });
  };

  return {
    reports$: reports$.asObservable(),
    well: () => those('up'),
    down: () => those('down'),
    isDue: (index) => isProbeDue(healthOf(index), scheduler.now()),
    answered(index, misses, saysNothing) {
      // What none can do is nobody's fault; here one could.
      for (const miss of misses) if (miss.reason !== 'refused') fail(miss.index, miss.error);
      succeed(index);
      answered += 1;
      recent.push(index > 0);
      if (recent.length > recentRequests) recent.shift();
      if (index > 0) {
        fallbacks += 1;
        const miss = misses.find((other) => other.index === 0);
        tell({
          type: 'fell-back',
          from: nameOf(0),
          to: nameOf(index),
          reason: miss?.reason ?? 'down',
          error: miss?.error ?? null,
          answered,
          fallbacks,
          recentShare: recent.filter(Boolean).length / recent.length,
        });
      }
      if (inUse?.index === index && inUse.saysNothing === saysNothing) return;
      const before = inUse === undefined ? null : nameOf(inUse.index);
      inUse = { index, saysNothing };
      tell({ type: 'in-use', index, name: nameOf(index), saysNothing, before });
    },
    brokeOff: fail,
    allFailed(misses) {
      for (const miss of misses) if (miss.reason === 'late') fail(miss.index, miss.error);
      const reasons = names.map((name, index) => {
        const error = misses.find((miss) => miss.index === index)?.error ?? lastErrors[index];
        return {
          error,
          said: `${name}: ${error === undefined ? 'is not there yet' : reasonOf(error, name)}`,
        };
      });
      const last = misses.at(-1)?.error ?? reasons[0]?.error;
      const error = new SpeechError(
        code,
        `none of ${names.length} could do it (${reasons.map(({ said }) => said).join('; ')}); see each of them`,
        { retryable: reasons.some((reason) => reason.error?.retryable), ...(last && { cause: last }) },
      );
      tell({ type: 'all-failed', error });
      return error;
    },
    probes() {
      const due = names.flatMap((_, index) => (isProbeDue(healthOf(index), scheduler.now()) ? [index] : []));
      for (const index of due) healths[index] = whileProbing(healthOf(index));
      return due;
    },
    probed(index, outcome) {
      if (outcome === 'answered') succeed(index);
      else if (outcome.reason === 'refused') healths[index] = withoutProbe(healthOf(index));
      else failAgain(index, outcome.error);
    },
    opened(index) {
      if (healthOf(index).state === 'up') tell({ type: 'opened', name: nameOf(index) });
      else succeed(index);
    },
    notOpened(index, error) {
      if (!error.retryable) become(index, { state: 'out' }, error);
      else if (healthOf(index).state === 'up') fail(index, error);
      else failAgain(index, error);
    },
  };
}

/** What happened, without its code, the name of whom it happened to, and without what to do. */
function reasonOf({ message }: VoiceError, name: string): string {
  const [text = ''] = message.replace(/^\[\w+\] /, '').split('; ', 1);
  return text.startsWith(`${name} `) ? text.slice(name.length + 1) : text;
}

/** What somebody else's code threw, as one of our errors. */
export function asSpeechError(error: unknown, code: FallbackCode, name: string): VoiceError {
  if (isVoiceError(error)) return error;
  return new SpeechError(code, `${name} failed: ${String(error)}; see the cause`, {
    retryable: true,
    cause: error,
  });
}

/**
 * Whether it is the text, or the utterance, that cannot be done, or the one that was asked. A port has one code for both; an error of
 * another kind beneath it, such as a model that cannot be loaded, is not about the text.
 */
export const reasonFor = (error: VoiceError, code: FallbackCode): 'failed' | 'refused' => {
  const isItsOwn = isVoiceError(error.cause) && error.cause.code !== code;
  return error.code === code && !error.retryable && !isItsOwn ? 'refused' : 'failed';
};
