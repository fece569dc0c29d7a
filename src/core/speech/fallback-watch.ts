import { type Observable, Subject } from 'rxjs';
import { isVoiceError, SpeechError, type VoiceError } from '../errors.js';
import {
  afterFailure,
  askingOrder,
  type Health,
  isProbeDue,
  wellUp,
  whileProbing,
  withoutProbe,
} from './fallback-health.js';
import type { FallbackOptions } from './fallback-options.js';

/** Why another one was asked. @public */
export type FallbackReason =
  /** It failed. */
  | 'failed'
  /** It did not answer in time. */
  | 'late'
  /** It was known to be down and was not asked. */
  | 'down';

/** What becomes of several that can do the same. @public */
export type FallbackReport =
  /** Another one than before does the work, or the first one of all began. */
  | { readonly type: 'in-use'; readonly index: number; readonly name: string }
  /** A request was not answered by the first of them. */
  | {
      readonly type: 'fell-back';
      readonly from: string;
      readonly to: string;
      readonly reason: FallbackReason;
      readonly error: VoiceError | null;
      /** Requests so far that somebody answered, and how many of them not the first one. */
      readonly answered: number;
      readonly fallbacks: number;
      /** The share of fallbacks among the last 50 of them. Range: 0..1. */
      readonly recentShare: number;
    }
  /** One is passed over from now on. It is tried again after `probeInMs`. */
  | {
      readonly type: 'down';
      readonly name: string;
      readonly error: VoiceError | null;
      readonly probeInMs: number;
    }
  /** One that was down answers again. */
  | { readonly type: 'recovered'; readonly name: string; readonly afterMs: number }
  /** Nobody could do it. */
  | { readonly type: 'all-failed'; readonly error: VoiceError };

/** One that was asked and did not answer. */
export interface Miss {
  readonly index: number;
  readonly reason: 'failed' | 'late';
  readonly error: VoiceError | null;
}

/** Remembers the health of all, and tells. */
export interface FallbackWatch {
  readonly reports$: Observable<FallbackReport>;
  /** The order in which to ask for one request. */
  order(): readonly number[];
  /** `index` answered, after the others that were asked had not. */
  answered(index: number, misses: readonly Miss[]): void;
  /** It answered and broke off. */
  brokeOff(index: number, error: VoiceError): void;
  /** Nobody answered. @returns the error that says so. */
  allFailed(misses: readonly Miss[]): VoiceError;
  /** Those that it is time to try again; `probed` must follow for each. */
  probes(): readonly number[];
  /** What came of it; undefined when nothing was learnt. */
  probed(index: number, outcome: 'answered' | VoiceError | undefined): void;
}

const recentRequests = 50;

export function createFallbackWatch(
  names: readonly string[],
  code: 'SYNTHESIS_FAILED' | 'TRANSCRIPTION_FAILED',
  options: FallbackOptions,
): FallbackWatch {
  const { scheduler } = options;
  const reports$ = new Subject<FallbackReport>();
  const healths: Health[] = names.map(() => wellUp);
  const recent: boolean[] = [];
  let answered = 0;
  let fallbacks = 0;
  let inUse: number | undefined;

  const nameOf = (index: number) => names[index] ?? '';
  const healthOf = (index: number) => healths[index] ?? wellUp;
  const tell = (report: FallbackReport) => reports$.next(report);
  const fail = (index: number, error: VoiceError | null) => {
    const before = healthOf(index);
    const nowMs = scheduler.now();
    const after = afterFailure(before, nowMs, options);
    healths[index] = after;
    if (before.state === 'up' && after.state === 'down') {
      tell({ type: 'down', name: nameOf(index), error, probeInMs: after.probeAtMs - nowMs });
    }
  };
  const succeed = (index: number) => {
    const before = healthOf(index);
    healths[index] = wellUp;
    if (before.state === 'down')
      tell({ type: 'recovered', name: nameOf(index), afterMs: scheduler.now() - before.sinceMs });
  };

  return {
    reports$: reports$.asObservable(),
    order: () => askingOrder(healths),
    answered(index, misses) {
      // What none can do is nobody's fault; here one could.
      for (const miss of misses) fail(miss.index, miss.error);
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
      if (inUse !== index) {
        inUse = index;
        tell({ type: 'in-use', index, name: nameOf(index) });
      }
    },
    brokeOff: fail,
    allFailed(misses) {
      for (const miss of misses) if (miss.reason === 'late') fail(miss.index, miss.error);
      const said = misses.map(
        ({ index, reason, error }) =>
          `${nameOf(index)} ${reason === 'late' ? 'was too late' : (error?.message ?? reason)}`,
      );
      const last = misses.at(-1)?.error;
      const error = new SpeechError(
        code,
        `none of ${names.length} could do it: ${said.join('; ')}; see each of them`,
        {
          retryable: misses.some((miss) => miss.reason === 'late' || miss.error?.retryable === true),
          ...(last && { cause: last }),
        },
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
      else if (outcome === undefined) healths[index] = withoutProbe(healthOf(index));
      else fail(index, outcome);
    },
  };
}

/** What somebody else's code threw, as one of our errors. */
export function asSpeechError(
  error: unknown,
  code: 'SYNTHESIS_FAILED' | 'TRANSCRIPTION_FAILED',
  name: string,
): VoiceError {
  if (isVoiceError(error)) return error;
  return new SpeechError(code, `${name} failed: ${String(error)}; see the cause`, {
    retryable: true,
    cause: error,
  });
}
