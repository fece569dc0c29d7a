import { filter, fromEvent, lastValueFrom, type Observable, takeUntil, tap } from 'rxjs';
import { streamingService } from '../../../adapters/streaming-service/index.js';
import {
  defaultVoiceLadderOptions,
  durationMs,
  isVoiceError,
  type SpokenFrame,
  type VoiceLadder,
} from '../../../index.js';
import { composeVoice } from '../../config/compose-voice.js';
import type { EarshotConfig } from '../../config/earshot-config.js';
import type { VoiceRungConfig } from '../../config/speech-config.js';
import type { Check, Examination } from '../check.js';
import { amber, type Finding, failed, green, red } from '../finding.js';

/** Above 0.8 a reply has gaps, since the loop has work of its own; above 1 it cannot be spoken live at all. */
const limits = { amber: 0.8, red: 1 } as const;
/** About three seconds of speech. */
const sentence = 'The next train to the airport leaves in twelve minutes.';

/** How a voice spoke. */
export interface VoiceFigures {
  readonly engine: string;
  /** From the asking to the first sound. Units: ms. */
  readonly firstSoundMs: number;
  /** All of the text. Units: ms. */
  readonly tookMs: number;
  /** How long it is. Units: ms. */
  readonly speechMs: number;
  /** How long a text waits for its first sound before a voice below speaks. Units: ms. */
  readonly patienceMs: number;
}

export function judgeVoice({ engine, firstSoundMs, tookMs, speechMs, patienceMs }: VoiceFigures): Finding {
  const subject = { id: 'voice-speed', about: engine } as const;
  if (speechMs <= 0)
    return red(subject, 'it says nothing', 'take another voice, or install it again', { speechMs });
  const realTimeFactor = tookMs / speechMs;
  const figures = {
    realTimeFactor: Math.round(realTimeFactor * 1000) / 1000,
    firstSoundMs: Math.round(firstSoundMs),
    speechMs: Math.round(speechMs),
  };
  const what = `${(realTimeFactor * 1000).toFixed(0)} ms for each second of speech, the first sound after ${firstSoundMs.toFixed(0)} ms`;
  const cure =
    'put a lighter voice above it, such as espeak-ng, and use this one for fillers, which are rendered ahead';
  if (realTimeFactor > limits.red) return red(subject, `${what}: too slow to be spoken live`, cure, figures);
  if (realTimeFactor > limits.amber) return amber(subject, `${what}: replies will have gaps`, cure, figures);
  if (firstSoundMs > patienceMs) {
    return amber(
      subject,
      `${what}: later than the ${patienceMs} ms that a text waits for it`,
      'raise voice.firstSoundMs, or put a lighter voice above it',
      figures,
    );
  }
  return green(subject, what, figures);
}

/** What cannot be opened on this machine as it is. */
export function judgeUnopened(
  engine: string,
  error: unknown,
  {
    hasConfig,
    isOffline,
    isOnlyVoice,
  }: { readonly hasConfig: boolean; readonly isOffline: boolean; readonly isOnlyVoice: boolean },
): Finding | undefined {
  const subject = { id: 'voice-speed', about: engine } as const;
  const code = isVoiceError(error) ? error.code : undefined;
  // Told by the checks of packages and programs; and without a config nobody asked for it.
  if (code === 'PEER_MISSING') return undefined;
  if (code === 'MODEL_LOAD_FAILED' && !isOffline) {
    if (!hasConfig) return undefined;
    const cure =
      'start earshot run once where there is a network, and run earshot doctor again to know its speed';
    return amber(subject, 'its model is not on this machine yet, so that it could not be measured', cure);
  }
  return failed(subject, error, 'take another voice', isOnlyVoice ? 'red' : 'amber');
}

/** Voices that make speech here; the service, what was rendered ahead, and signals do not. */
const spoken = new Set<VoiceRungConfig['engine']>(['kokoro', 'espeak-ng', 'flite', 'espeak-ng-wasm']);
/** What is tried where nobody says which. */
const usual = ['kokoro', 'espeak-ng', 'flite', 'espeak-ng-wasm'] as const;

/** The voices to measure: those of the config, or whatever may be installed. */
export function voicesOf(config: EarshotConfig | undefined): readonly VoiceRungConfig[] {
  if (config === undefined) return usual.map((engine) => ({ engine }));
  return (config.voice?.ladder ?? []).filter(({ engine }) => spoken.has(engine));
}

/** One check for each, so that each has its own time. */
export const voiceSpeeds = (config: EarshotConfig | undefined): readonly Check[] =>
  voicesOf(config).map((rung) => ({
    doing: `measuring the voice ${rung.engine}`,
    subject: { id: 'voice-speed', about: rung.engine },
    limitMs: 90_000,
    examine: (examination, signal) => examineVoice(rung, examination, signal),
  }));

async function examineVoice(
  rung: VoiceRungConfig,
  examination: Examination,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { config, folder, scheduler, machine } = examination;
  const { ladder, release } = openAlone(rung, folder, scheduler);
  const stopped$ = fromEvent(signal, 'abort');
  let reason: unknown;
  const watching = ladder.events$
    .pipe(filter((event) => event.type === 'rung-unavailable'))
    .subscribe(({ error }) => {
      reason = error;
    });
  try {
    // Once for nothing: the first time loads what is not loaded yet.
    await speak(ladder, 'One.', machine.steadyMs, stopped$);
    const told = await speak(ladder, sentence, machine.steadyMs, stopped$);
    if (signal.aborted) return [];
    const patienceMs = config?.voice?.firstSoundMs ?? defaultVoiceLadderOptions.firstSoundMs;
    return [judgeVoice({ engine: rung.engine, patienceMs, ...told })];
  } catch (error) {
    const ownOffline = rung.engine === 'kokoro' && rung.offline === true;
    const others = config?.voice?.ladder.filter((one) => one !== rung && one.engine !== 'earcon') ?? [];
    const told = judgeUnopened(rung.engine, reason ?? error, {
      hasConfig: config !== undefined,
      isOffline: ownOffline,
      isOnlyVoice: config !== undefined && others.length === 0,
    });
    return told === undefined ? [] : [told];
  } finally {
    watching.unsubscribe();
    await release();
  }
}

/** A ladder of this voice alone, which downloads nothing. */
function openAlone(rung: VoiceRungConfig, folder: string, scheduler: Examination['scheduler']) {
  // Nobody calls it: a ladder that could ask the service has to have one.
  const service = streamingService({ target: '127.0.0.1:1', hardwareId: 'earshot-doctor', scheduler });
  const alone = rung.engine === 'kokoro' ? { ...rung, offline: true } : rung;
  const { ladder } = composeVoice({ ladder: [alone] }, { scheduler, folder, service, onProgress: () => {} });
  const release = async (): Promise<void> => {
    service.close();
    await lastValueFrom(ladder.close(), { defaultValue: undefined });
  };
  return { ladder, release };
}

async function speak(
  ladder: VoiceLadder,
  text: string,
  steadyMs: () => number,
  stopped$: Observable<unknown>,
): Promise<Pick<VoiceFigures, 'firstSoundMs' | 'tookMs' | 'speechMs'>> {
  const fromMs = steadyMs();
  let firstSoundMs: number | undefined;
  let speechMs = 0;
  const count = (frame: SpokenFrame): void => {
    firstSoundMs ??= steadyMs() - fromMs;
    speechMs += durationMs(frame);
  };
  await lastValueFrom(ladder.synthesize(text).pipe(tap(count), takeUntil(stopped$)), {
    defaultValue: undefined,
  });
  const tookMs = steadyMs() - fromMs;
  return { firstSoundMs: firstSoundMs ?? tookMs, tookMs, speechMs };
}
