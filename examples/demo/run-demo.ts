import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  createTimeBase,
  createVoicePipeline,
  defaultUtteranceOptions,
  type PipelineEvent,
  type TimeBase,
  type Transcriber,
  VoiceError,
} from 'earshot';
import { fillerCache } from 'earshot/adapters/filler-cache';
import {
  loadScriptedTranscriber,
  scriptedTranscriber,
  sidecarPathFor,
  textBetween,
} from 'earshot/adapters/scripted-transcriber';
import { loadSileroVad } from 'earshot/adapters/silero-vad';
import { monotonicScheduler } from 'earshot/devices/clock';
import { wavFileLoudspeaker, wavFileMicrophone } from 'earshot/devices/wav-file';
import { createVirtualClock } from 'earshot/testing';
import { firstValueFrom, of } from 'rxjs';
import { type Backend, scriptedBackend, startBackend } from './backend.js';
import type { DemoOptions } from './demo-options.js';
import { type Cue, loadDialogue } from './dialogue.js';
import {
  keepServerAudio,
  onsetIn,
  readRecording,
  relativeTo,
  writeEvents,
  writeTimeline,
} from './outputs.js';
import type { Screen } from './screen.js';
import { createSpeaker, type Said } from './speaker.js';
import { findProblems, type Summary, summarise } from './summary.js';

const fillersFolder = fileURLToPath(new URL('../../assets/fillers/en', import.meta.url));
const format = { sampleRateHz: 48_000, channels: 1 };
/** Noise of a quiet room; digital silence exists nowhere. Units: dB below full scale. */
const roomNoiseDb = -70;
/** Longest demo. Units: ms. */
const longestMs = 15 * 60_000;

/** Runs the conversation, writes what it leaves behind, and says what it came to. */
export async function runDemo(options: DemoOptions, screen: Screen): Promise<Summary> {
  const clock = options.fast ? createVirtualClock() : undefined;
  const scheduler = clock?.scheduler ?? monotonicScheduler();
  const { title, cues } = options.microphone
    ? { title: basename(options.microphone), cues: [] }
    : loadDialogue(format.sampleRateHz);
  prepareFolder(options.out);
  const clips = await firstValueFrom(
    fillerCache({ directory: fillersFolder, voice: options.voice }).loadFillers(format),
  );
  const detector = await loadSileroVad();
  let backend: Backend | undefined;
  try {
    const said: Said[] = [];
    const transcriber = await transcriberFor(options.microphone, said, () => timeBase);
    backend = await (options.fast ? scriptedBackend(options, scheduler) : startBackend(options, scheduler));
    const served = keepServerAudio(backend.upstream, join(options.out, 'server-audio'));

    // Everything slow is done; from here on the clock of the recordings runs.
    const timeBase = createTimeBase(scheduler);
    const microphone = wavFileMicrophone({
      timeBase,
      format,
      path: options.microphone,
      noiseDb: roomNoiseDb,
      recordTo: join(options.out, 'microphone.wav'),
    });
    const pipeline = createVoicePipeline(
      {
        microphone,
        loudspeaker: wavFileLoudspeaker({ timeBase, format, path: join(options.out, 'loudspeaker.wav') }),
        detector,
        upstream: served.upstream,
        transcriber,
        fillers: { loadFillers: () => of(clips) },
      },
      {
        scheduler,
        utterances: { startThreshold: options.threshold, stopThreshold: stopThresholdFor(options.threshold) },
        filler: { delayMs: options.fillerDelayMs },
      },
    );

    let missed: Cue | undefined;
    const speaker = createSpeaker({
      cues,
      scheduler,
      said,
      say: microphone.say,
      done: (cue) => {
        missed = cue;
        microphone.hangUp();
      },
    });
    const events: PipelineEvent[] = [];
    let end = 'running' as 'running' | 'complete' | { readonly error: unknown };
    const subscription = pipeline.events$.subscribe({
      next: (event) => {
        const relative = relativeTo(timeBase.originMs, event);
        events.push(relative);
        screen.show(relative);
        if (!options.microphone) speaker.hear(event);
      },
      error: (error) => {
        end = { error };
      },
      complete: () => {
        end = 'complete';
      },
    });
    await runUntil(() => end !== 'running', clock);
    subscription.unsubscribe();
    screen.close();
    if (typeof end === 'object') throw end.error;

    served.write();
    return conclude({ options, title, events, said, timeBase, missed, finished: end === 'complete' });
  } finally {
    await backend?.close();
    await detector.close();
  }
}

/** The hysteresis of the defaults, kept below a start threshold that was lowered. */
function stopThresholdFor(startThreshold: number): number {
  const { startThreshold: start, stopThreshold: stop } = defaultUtteranceOptions;
  return Math.min(stop, Math.max(0, startThreshold - (start - stop)));
}

/** Knows what is said because it is written down: beside the recording, or in the dialogue. */
function transcriberFor(
  microphone: string | null,
  said: readonly Said[],
  timeBase: () => TimeBase,
): Promise<Transcriber> {
  const originMs = () => timeBase().originMs;
  if (microphone !== null)
    return loadScriptedTranscriber({ sidecarPath: sidecarPathFor(microphone), originMs });
  const segments = () =>
    said.map(({ cue, startMs, endMs }) => ({
      text: cue.text,
      startMs: startMs - originMs(),
      endMs: endMs - originMs(),
    }));
  return Promise.resolve(
    scriptedTranscriber({ lookup: (startMs, endMs) => textBetween(segments(), startMs, endMs), originMs }),
  );
}

function prepareFolder(out: string): void {
  try {
    if (!existsSync(out)) mkdirSync(out);
    for (const old of ['server-audio', 'events.jsonl', 'summary.json', 'timeline.html']) {
      rmSync(join(out, old), { recursive: true, force: true });
    }
  } catch (cause) {
    throw new VoiceError(
      'OPTION_INVALID',
      `demo: cannot write to ${out} (${String(cause)}); choose another --out`,
      { cause },
    );
  }
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

interface Run {
  readonly options: DemoOptions;
  readonly title: string;
  readonly events: readonly PipelineEvent[];
  readonly said: readonly Said[];
  readonly timeBase: TimeBase;
  readonly missed: Cue | undefined;
  readonly finished: boolean;
}

/** Everything that is written after the run. */
function conclude({ options, title, events, said, timeBase, missed, finished }: Run): Summary {
  const { samples, sampleRateHz } = readRecording(join(options.out, 'microphone.wav'));
  const durationMs = (samples.length * 1000) / sampleRateHz;
  const result = summarise(events, durationMs, options.fillerDelayMs, onsetIn(samples, sampleRateHz));
  const relativeSaid = said.map((item) => ({
    ...item,
    startMs: item.startMs - timeBase.originMs,
    endMs: item.endMs - timeBase.originMs,
  }));
  const problems = [
    ...findProblems(result, relativeSaid),
    ...(missed ? [`${missed.id}: its moment never came`] : []),
    ...(finished ? [] : [`the conversation did not end within ${longestMs / 60_000} minutes`]),
    ...(result.turns.length === 0 ? ['no turn was heard'] : []),
    ...result.turns
      .filter(({ outcome }) => outcome === 'unanswered')
      .map(({ turnId }) => `${turnId} was not answered`),
  ];
  const summary: Summary = { ok: problems.length === 0, problems, ...result };
  writeEvents(join(options.out, 'events.jsonl'), events);
  writeFileSync(join(options.out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  writeTimeline(options.out, title, events, summary, {
    start: options.threshold,
    stop: stopThresholdFor(options.threshold),
  });
  return summary;
}
