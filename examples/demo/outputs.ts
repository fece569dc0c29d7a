import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PcmFormat, type PipelineEvent, readWav, type Upstream, VoiceError, writeWav } from 'earshot';
import { tap } from 'rxjs';
import { speechLines } from './summary/speech.js';
import type { Summary } from './summary.js';
import type { StateSpan } from './timeline/data.js';
import { marksOf } from './timeline/marks.js';
import { envelope, renderTimeline } from './timeline.js';

/** Removes what an earlier run of the demo left there, and nothing else. */
export function prepareFolder(out: string): void {
  try {
    if (!existsSync(out)) mkdirSync(out);
    for (const old of ['events.jsonl', 'summary.json', 'timeline.html', 'room.wav', 'person.wav']) {
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

const timeFields = ['atMs', 'onsetMs', 'endOfSpeechMs', 'startMs', 'endMs'] as const;

/** The same event with its times counted from the first sample of the recordings. */
export function relativeTo(originMs: number, event: PipelineEvent): PipelineEvent {
  const shifted: Record<string, unknown> = { ...event };
  for (const field of timeFields) {
    const value = shifted[field];
    if (typeof value === 'number') shifted[field] = Math.round((value - originMs) * 1000) / 1000;
  }
  return shifted as unknown as PipelineEvent;
}

/** Keeps the audio that the server sent, reply by reply, so that the recording of the loudspeaker can be held against it. */
export function keepServerAudio(
  upstream: Upstream,
  folder: string,
): { readonly upstream: Upstream; write(): void } {
  const replies = new Map<
    string,
    { readonly turnId: string; format?: PcmFormat; readonly pieces: Float32Array[] }
  >();
  return {
    upstream: {
      ...upstream,
      openSession: (requests$) =>
        upstream.openSession(requests$).pipe(
          tap((event) => {
            if (event.type === 'reply-started')
              replies.set(event.replyId, { turnId: event.turnId, pieces: [] });
            if (event.type !== 'reply-audio') return;
            const reply = replies.get(event.replyId);
            reply?.pieces.push(event.frame.samples);
            if (reply) reply.format = event.frame.format;
          }),
        ),
    },
    write() {
      mkdirSync(folder, { recursive: true });
      for (const { turnId, format, pieces } of replies.values()) {
        if (!format) continue;
        const samples = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
        let at = 0;
        for (const piece of pieces) {
          samples.set(piece, at);
          at += piece.length;
        }
        writeFileSync(join(folder, `${turnId}.wav`), writeWav(format, samples));
      }
    },
  };
}

/** Mono samples of a recording of the demo's own. */
export function readRecording(path: string): {
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
} {
  const { samples, format } = readWav(readFileSync(path));
  return { samples, sampleRateHz: format.sampleRateHz };
}

/**
 * Where speech begins near an instant: the first 10 ms, looked for from 250 ms before it, that are 20 dB above the noise
 * of the demo's room.
 */
export function onsetIn(samples: Float32Array, sampleRateHz: number): (atMs: number) => number {
  const step = sampleRateHz / 100;
  const loud = 10 ** (-50 / 20);
  return (atMs) => {
    for (let ms = Math.max(0, atMs - 250); ms < atMs + 100; ms += 1) {
      const from = Math.round((ms * sampleRateHz) / 1000);
      let square = 0;
      for (let n = from; n < from + step; n++) square += (samples[n] ?? 0) ** 2;
      if (Math.sqrt(square / step) > loud) return ms + 10 - 1000 / sampleRateHz;
    }
    return atMs;
  };
}

/** `events.jsonl`: one event a line. */
export function writeEvents(path: string, events: readonly PipelineEvent[]): void {
  writeFileSync(path, `${events.map((event) => JSON.stringify(event)).join('\n')}\n`);
}

/** `timeline.html`: everything at a glance. */
export function writeTimeline(
  folder: string,
  title: string,
  events: readonly PipelineEvent[],
  summary: Summary,
  thresholds: { readonly start: number; readonly stop: number },
): void {
  const { durationMs } = summary.totals;
  const outline = (name: string) => {
    const { samples, sampleRateHz } = readRecording(join(folder, name));
    return envelope(samples, sampleRateHz, 20);
  };
  const html = renderTimeline({
    title,
    durationMs,
    microphone: outline('microphone.wav'),
    loudspeaker: outline('loudspeaker.wav'),
    speechProbability: events.flatMap((event) =>
      event.type === 'speech-probability' ? [[event.endMs, event.probability] as const] : [],
    ),
    states: stateSpans(events, durationMs),
    events: marksOf(events),
    turns: summary.turns,
    bargeIns: [
      ...summary.bargeIns.map((bargeIn) => ({ ...bargeIn, restoredMs: null })),
      ...summary.coughs.map((cough) => ({ ...cough, silentMs: null })),
    ].sort((a, b) => a.speechOnsetMs - b.speechOnsetMs),
    totals: summary.totals,
    thresholds,
    problems: summary.problems,
    place: summary.place,
    echoDb: summary.echoDb,
    speech: speechLines(summary.listening, summary.speaking),
  });
  writeFileSync(join(folder, 'timeline.html'), html);
}

function stateSpans(events: readonly PipelineEvent[], durationMs: number): StateSpan[] {
  const spans: StateSpan[] = [];
  let name: StateSpan['name'] = 'idle';
  let fromMs = 0;
  for (const event of events) {
    if (event.type !== 'state-changed' || event.state.name === name) continue;
    spans.push({ name, fromMs, toMs: event.atMs });
    name = event.state.name;
    fromMs = event.atMs;
  }
  return [...spans, { name, fromMs, toMs: durationMs }];
}
