import { randomUUID } from 'node:crypto';
import { firstValueFrom, fromEvent, takeUntil } from 'rxjs';
import {
  deriveHardwareId,
  type StreamingService,
  streamingService,
} from '../../../adapters/streaming-service/index.js';
import { isVoiceError } from '../../../index.js';
import { serviceInit, withoutMissingTexts } from '../../config/service-init.js';
import type { Check } from '../check.js';
import { amber, type Finding, failed, green } from '../finding.js';

const subject = { id: 'backend-latency' } as const;
/** One that has not answered such a call by then is not there. Units: ms. */
const answerWithinMs = 5000;
const rounds = 7;
/** What a call takes is on top of what the service takes to answer; people notice a pause of half a second. Units: ms. */
const limitMs = 200;

/** How long calls took. */
export interface LatencyFigures {
  /** Connecting included. Units: ms. */
  readonly firstMs: number;
  /** Units: ms. */
  readonly callsMs: readonly number[];
  /** Whether the service knows the call, which older ones do not. */
  readonly isKnown: boolean;
}

export function judgeLatency({ firstMs, callsMs, isKnown }: LatencyFigures): Finding {
  const sorted = [...callsMs].sort((a, b) => a - b);
  const medianMs = sorted[sorted.length >> 1] ?? firstMs;
  const worstMs = sorted.at(-1) ?? firstMs;
  const ms = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0));
  const figures = {
    medianMs: rounded(medianMs),
    worstMs: rounded(worstMs),
    firstMs: rounded(firstMs),
    calls: callsMs.length,
    isKnown,
  };
  const what = `a call takes ${ms(medianMs)} ms (at most ${ms(worstMs)} ms, the first with its connection ${ms(firstMs)} ms)`;
  if (medianMs > limitMs) {
    return amber(
      subject,
      what,
      'put the service nearer, or this machine on a cable: every answer waits that much longer',
      figures,
    );
  }
  return worstMs > 5 * limitMs
    ? amber(
        subject,
        what,
        'see what makes single calls slow: a weak wireless network, or a service that is busy',
        figures,
      )
    : green(subject, what, figures);
}

const rounded = (ms: number): number => Math.round(ms * 10) / 10;

/**
 * How long calls take, by ReportUsage of no tokens: the one call of the contract that asks for no answer and stops none. Services that are
 * older than it refuse it at once, which takes as long.
 */
async function measure(
  service: StreamingService,
  steadyMs: () => number,
  signal: AbortSignal,
): Promise<LatencyFigures> {
  const stop$ = fromEvent(signal, 'abort');
  const usage = {
    sessionId: randomUUID(),
    source: 'earshot-doctor',
    inputTokens: 0,
    outputTokens: 0,
    model: '',
  };
  let isKnown = true;
  const call = async (): Promise<number> => {
    const fromMs = steadyMs();
    try {
      await firstValueFrom(service.reportUsage(usage).pipe(takeUntil(stop$)), { defaultValue: undefined });
    } catch (error) {
      if (!isVoiceError(error) || error.code !== 'UPSTREAM_INCOMPATIBLE') throw error;
      isKnown = false;
    }
    return steadyMs() - fromMs;
  };
  const firstMs = await call();
  const callsMs: number[] = [];
  while (callsMs.length < rounds && !signal.aborted) callsMs.push(await call());
  return { firstMs, callsMs, isKnown };
}

/** Without its secrets the service would refuse what it takes from the loop. */
const uncalled = (missing: readonly string[]): Finding =>
  amber(
    subject,
    `not called, because ${missing.join(' and ')} cannot be looked up here`,
    'run earshot doctor as the account, and with the environment, of the loop; or see its log after a start',
    { missing: missing.join(' ') },
  );

export const backendLatency: Check = {
  doing: 'calling the backend',
  subject,
  limitMs: 20_000,
  async examine({ machine, config, scheduler }, signal) {
    if (config === undefined) return [];
    const { known: upstream, missing } = withoutMissingTexts(config.upstream);
    if (missing.length > 0) return [uncalled(missing)];
    // Where there is none the check of it says so, and this call works all the same.
    const id =
      upstream.hardwareId ?? (await deriveHardwareId({ application: 'earshot' }).catch(() => randomUUID()));
    let service: StreamingService | undefined;
    try {
      service = streamingService({ ...serviceInit(upstream, id), scheduler, firstMessageMs: answerWithinMs });
      return [judgeLatency(await measure(service, machine.steadyMs, signal))];
    } catch (error) {
      return [failed(subject, error, 'see whether this is a StreamingService, and what its log says')];
    } finally {
      service?.close();
    }
  },
};
