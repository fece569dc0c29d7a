import { explain } from '../command-error.js';
import type { Check, Examination } from './check.js';
import { amber, type Finding } from './finding.js';

/** Who is told how it goes. */
export interface CheckListener {
  /** A check begins. */
  begins(check: Check): void;
  /** It ended. */
  ended(findings: readonly Finding[]): void;
}

/**
 * Run checks one after the other, so that none disturbs what another one measures.
 *
 * @remarks
 * Never rejects: a check that fails, or takes longer than it may, is a finding. When `stop` says so the one under way is told to release
 * what it has, and nobody waits for it.
 *
 * @returns whether all of them ran.
 */
export async function runChecks(
  checks: readonly Check[],
  examination: Examination,
  stop: AbortSignal,
  listener: CheckListener,
): Promise<boolean> {
  for (const check of checks) {
    if (stop.aborted) return false;
    listener.begins(check);
    const findings = await runOne(check, examination, stop);
    if (findings === undefined) return false;
    listener.ended(findings);
  }
  return true;
}

/** @returns undefined when it was stopped. */
function runOne(
  { examine, limitMs, subject, doing }: Check,
  examination: Examination,
  stop: AbortSignal,
): Promise<readonly Finding[] | undefined> {
  return new Promise((resolve) => {
    const own = new AbortController();
    const end = (findings: readonly Finding[] | undefined): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', stopped);
      resolve(findings);
    };
    const stopped = (): void => {
      own.abort();
      end(undefined);
    };
    const timer = setTimeout(() => {
      own.abort();
      const what = `${doing} did not end within ${limitMs / 1000} s`;
      end([amber(subject, what, 'see what keeps this machine busy, and run earshot doctor again')]);
    }, limitMs);
    stop.addEventListener('abort', stopped);
    // Also what is thrown before there is a promise.
    Promise.resolve()
      .then(() => examine(examination, own.signal))
      .then(end, (error: unknown) => end([failedItself(subject, error)]));
  });
}

function failedItself(subject: Check['subject'], error: unknown): Finding {
  const why =
    explain(error)?.sentence ?? (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  return amber(
    subject,
    `this check failed by itself (${why})`,
    'please report it, with the output of --json',
  );
}
