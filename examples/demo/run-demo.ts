import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createVoicePipeline, type PipelineEvent, type Upstream, withSpeech } from 'earshot';
import { loadSileroVad } from 'earshot/adapters/silero-vad';
import { monotonicScheduler } from 'earshot/devices/clock';
import { createVirtualClock } from 'earshot/testing';
import { of, type SchedulerLike, type Unsubscribable } from 'rxjs';
import { type Backend, scriptedBackend, startBackend } from './backend.js';
import { noCancellers, openCancellers } from './cancellers.js';
import { conclude, stopThresholdFor } from './conclude.js';
import type { DemoOptions } from './demo-options.js';
import { type Cue, loadDialogue, promptsWithAnswers } from './dialogue.js';
import { format } from './format.js';
import { longestSeconds } from './limits.js';
import { keepServerAudio, prepareFolder, relativeTo } from './outputs.js';
import type { Screen } from './screen.js';
import { createSpeaker, type Said, type Speaker } from './speaker.js';
import { openSpeech, type Speech } from './speech/open-speech.js';
import { type OpenKiosk, openStage, requireStage } from './stage/open-stage.js';
import type { Stage } from './stage/stage.js';
import type { Summary } from './summary.js';
import { askingInTurn, findListener } from './transcribers.js';

/** A device that is slow to begin is waited for; on a busy machine, a program takes seconds to start. Units: ms. */
const openingMs = 10_000;
/** Longest demo, and a minute for the last answer. Units: ms. */
const longestMs = (longestSeconds + 60) * 1000;

/**
 * Runs the conversation, writes what it leaves behind, and says what it came to.
 *
 * @param stop - ends the conversation early; its reason says why. Before the conversation begins, the promise rejects with that.
 * @param openKiosk - the rig of the tests, where there is one.
 */
export async function runDemo(
  options: DemoOptions,
  output: Screen,
  stop: AbortSignal,
  openKiosk?: OpenKiosk,
): Promise<Summary> {
  const { place } = options;
  const notices: string[] = [];
  const screen: Screen = {
    ...output,
    tell(sentence) {
      notices.push(sentence);
      output.tell(sentence);
    },
  };
  const clock = place.type === 'files' && place.fast ? createVirtualClock() : undefined;
  const scheduler = clock?.scheduler ?? monotonicScheduler();
  const { title, cues } = scriptFor(options);
  await requireStage(options, openKiosk);
  stop.throwIfAborted();
  prepareFolder(options.out);
  const detector = await loadSileroVad();
  const hearsItself = place.type === 'devices' || options.echoDb !== null;
  const cancellers = hearsItself ? await openCancellers() : noCancellers;
  let openedSpeech: Speech | undefined;
  let backend: Backend | undefined;
  let stage: Stage | undefined;
  let speaker: Speaker | undefined;
  let ending: Unsubscribable | undefined;
  try {
    const speech = await openSpeech(options.speech, scheduler, screen, stop);
    openedSpeech = speech;
    const said: Said[] = [];
    const { transcriber, understands } = await findListener({
      ...{ options, said, screen },
      ear: speech.ear,
      originMs: () => stage?.originMs ?? 0,
    });
    backend = await backendFor(options, scheduler, speech).catch((error: unknown) => {
      // Ctrl-C reaches the server too, which may be the first to end of it.
      stop.throwIfAborted();
      throw error;
    });
    stop.throwIfAborted();
    const asked = understands ? backend.upstream : askingInTurn(backend.upstream, promptsWithAnswers());
    const served = keepServerAudio(spoken(asked, speech, scheduler), join(options.out, 'server-audio'));
    // Everything else that is slow is done; the clock of the recordings begins to run.
    const opened = await openStage(options, scheduler, openKiosk);
    stage = opened;
    stop.throwIfAborted();
    for (const notice of [...opened.notices, ...cancellers.notices]) screen.tell(notice);

    const pipeline = createVoicePipeline(
      {
        microphone: opened.microphone,
        loudspeaker: opened.loudspeaker,
        detector,
        upstream: served.upstream,
        transcriber,
        ...cancellers.ports,
        fillers: { loadFillers: () => of(speech.fillers) },
      },
      {
        scheduler,
        utterances: { startThreshold: options.threshold, stopThreshold: stopThresholdFor(options.threshold) },
        filler: { delayMs: options.fillerDelayMs },
      },
    );

    let missed: Cue | undefined;
    let end = 'running' as 'running' | 'complete' | { readonly error: unknown };
    const fail = (error: unknown) => {
      end = { error };
    };
    if (cues.length > 0) {
      speaker = createSpeaker({
        cues,
        scheduler,
        said,
        say: (samples) => opened.say(samples),
        done: (cue) => {
          missed = cue;
          opened.hangUp();
        },
        failed: fail,
      });
    }
    if (place.type === 'devices') ending = scheduler.schedule(() => opened.hangUp(), 1000 * place.seconds);

    const events: PipelineEvent[] = [];
    const everOpened = new Set<string>();
    const subscription = pipeline.events$.subscribe({
      next: (event) => {
        const relative = relativeTo(opened.originMs, event);
        events.push(relative);
        screen.show(relative);
        speaker?.hear(event);
        if (event.type === 'device-opened') everOpened.add(event.device);
        // What could be opened once may come back; for what never could, somebody is there to mend it.
        const isNew = event.type === 'device-lost' && !everOpened.has(event.device);
        if (isNew && (event.error.code !== 'DEVICE_LOST' || relative.atMs > openingMs)) fail(event.error);
      },
      error: fail,
      complete: () => {
        end = 'complete';
      },
    });
    // Ctrl-C also reaches the programs that move the audio; that they end is no loss any more.
    stop.addEventListener('abort', () => subscription.unsubscribe());
    if (stop.aborted) subscription.unsubscribe();
    await runUntil(() => end !== 'running' || stop.aborted, clock);
    subscription.unsubscribe();
    screen.close();
    if (typeof end === 'object') throw end.error;

    await opened.finish();
    served.write();
    const unfinished =
      end === 'complete'
        ? undefined
        : stop.aborted
          ? `the conversation was stopped by ${String(stop.reason)}`
          : `the conversation did not end within ${longestMs / 60_000} minutes`;
    const { originMs } = opened;
    return conclude({ options, title, events, speech, notices, said, originMs, missed, unfinished });
  } finally {
    screen.close();
    ending?.unsubscribe();
    speaker?.stop();
    await stage?.close();
    await backend?.close();
    await openedSpeech?.close();
    await detector.close();
    cancellers.close();
  }
}

/** What is said, where that is known before. */
function scriptFor({ place }: DemoOptions): { readonly title: string; readonly cues: readonly Cue[] } {
  if (place.type === 'devices') return { title: 'A conversation', cues: [] };
  if (place.type === 'files' && place.microphone !== null)
    return { title: basename(place.microphone), cues: [] };
  return loadDialogue(format.sampleRateHz);
}

async function backendFor(
  options: DemoOptions,
  scheduler: SchedulerLike,
  { voice }: Speech,
): Promise<Backend> {
  const { place } = options;
  if (place.type === 'files' && place.fast) return scriptedBackend(options, scheduler);
  return startBackend(options, scheduler, voice !== undefined);
}

/** A service that sends text alone is spoken on this machine; no audio of it is waited for. */
function spoken(upstream: Upstream, { voice }: Speech, scheduler: SchedulerLike): Upstream {
  return voice ? withSpeech(upstream, voice.ladder, { scheduler, audioGraceMs: 0 }) : upstream;
}

/** Let time pass until it is done; in virtual time, with a pause between two instants for the model to finish. */
async function runUntil(
  done: () => boolean,
  clock: ReturnType<typeof createVirtualClock> | undefined,
): Promise<void> {
  if (clock) {
    const settle = async () => {
      await setImmediate();
      await setImmediate();
    };
    await clock.runAsync({ untilMs: longestMs, until: done, settle });
    return;
  }
  const startMs = performance.now();
  while (!done() && performance.now() - startMs < longestMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
