import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  createTimeBase,
  createVoicePipeline,
  DeviceError,
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
import { createSpeaker, type Said, type Speaker } from './speaker.js';
import { findProblems, rounded, type Summary, summarise } from './summary.js';

const fillersFolder = fileURLToPath(new URL('../../assets/fillers/en', import.meta.url));
const format = { sampleRateHz: 48_000, channels: 1 };
/** Noise of a quiet room; digital silence exists nowhere. Units: dB below full scale. */
const roomNoiseDb = -70;
/** Longest demo. Units: ms. */
const longestMs = 15 * 60_000;

/**
 * Runs the conversation, writes what it leaves behind, and says what it came to.
 *
 * @param stop - ends the conversation early; its reason says why. Before the conversation begins, the promise rejects with that.
 */
export async function runDemo(options: DemoOptions, screen: Screen, stop: AbortSignal): Promise<Summary> {
  const clock = options.fast ? createVirtualClock() : undefined;
  const scheduler = clock?.scheduler ?? monotonicScheduler();
  const { title, cues } = options.microphone
    ? { title: basename(options.microphone), cues: [] }
    : loadDialogue(format.sampleRateHz);
  if (options.microphone !== null) requireFile(options.microphone);
  prepareFolder(options.out);
  const clips = await firstValueFrom(
    fillerCache({ directory: fillersFolder, voice: options.voice }).loadFillers(format),
  );
  const detector = await loadSileroVad();
  let backend: Backend | undefined;
  let speaker: Speaker | undefined;
  try {
    const said: Said[] = [];
    const transcriber = await transcriberFor(options.microphone, said, () => timeBase);
    const starting = options.fast ? scriptedBackend(options, scheduler) : startBackend(options, scheduler);
    backend = await starting.catch((error: unknown) => {
      // Ctrl-C reaches the server too, which may be the first to end of it.
      stop.throwIfAborted();
      throw error;
    });
    const served = keepServerAudio(backend.upstream, join(options.out, 'server-audio'));

    stop.throwIfAborted();
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
    // A recording speaks for itself, and ends when it ends.
    if (options.microphone === null) {
      speaker = createSpeaker({
        cues,
        scheduler,
        said,
        say: microphone.say,
        done: (cue) => {
          missed = cue;
          microphone.hangUp();
        },
      });
    }
    const events: PipelineEvent[] = [];
    let end = 'running' as 'running' | 'complete' | { readonly error: unknown };
    const subscription = pipeline.events$.subscribe({
      next: (event) => {
        const relative = relativeTo(timeBase.originMs, event);
        events.push(relative);
        screen.show(relative);
        speaker?.hear(event);
      },
      error: (error) => {
        end = { error };
      },
      complete: () => {
        end = 'complete';
      },
    });
    await runUntil(() => end !== 'running' || stop.aborted, clock);
    subscription.unsubscribe();
    screen.close();
    if (typeof end === 'object') throw end.error;

    served.write();
    const unfinished =
      end === 'complete'
        ? undefined
        : stop.aborted
          ? `the conversation was stopped by ${String(stop.reason)}`
          : `the conversation did not end within ${longestMs / 60_000} minutes`;
    return conclude({ options, title, events, said, timeBase, missed, unfinished });
  } finally {
    speaker?.stop();
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

/** The recording is opened late, when the service runs; what is not there at all is told at once. */
function requireFile(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  throw new DeviceError(
    'DEVICE_NOT_FOUND',
    `demo: there is no recording ${path}; give --microphone a WAV file`,
  );
}

/** Removes what an earlier run of the demo left there, and nothing else. */
function prepareFolder(out: string): void {
  try {
    if (!existsSync(out)) mkdirSync(out);
    for (const old of ['events.jsonl', 'summary.json', 'timeline.html']) {
      rmSync(join(out, old), { force: true });
    }
    const served = join(out, 'server-audio');
    for (const name of existsSync(served) ? readdirSync(served) : []) {
      if (/^turn-.*\.wav$/.test(name)) rmSync(join(served, name), { force: true });
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
  /** Why it is not over, where it is not. */
  readonly unfinished: string | undefined;
}

/** Everything that is written after the run. */
function conclude({ options, title, events, said, timeBase, missed, unfinished }: Run): Summary {
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
    ...(unfinished === undefined ? [] : [unfinished]),
    ...(result.turns.length === 0 ? ['no turn was heard'] : []),
    ...result.turns
      .filter(({ outcome }) => outcome === 'unanswered')
      .map(({ turnId }) => `${turnId} was not answered`),
  ];
  const summary = rounded({ ok: problems.length === 0, problems, ...result });
  writeEvents(join(options.out, 'events.jsonl'), events);
  writeFileSync(join(options.out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  writeTimeline(options.out, title, events, summary, {
    start: options.threshold,
    stop: stopThresholdFor(options.threshold),
  });
  return summary;
}
