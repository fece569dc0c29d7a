import { existsSync } from 'node:fs';
import { OptionError, type Transcriber, type Upstream } from 'earshot';
import {
  loadScriptedTranscriber,
  scriptedTranscriber,
  sidecarPathFor,
  textBetween,
} from 'earshot/adapters/scripted-transcriber';
import { concat, ignoreElements, map, of } from 'rxjs';
import type { DemoOptions } from './demo-options.js';
import type { Screen } from './screen.js';
import type { Said } from './speaker.js';

/** Who knows what is said. */
export interface Listener {
  readonly transcriber: Transcriber;
  /** False where nobody knows, and the service has to be asked something in its place. */
  readonly understands: boolean;
}

export interface ListenerInput {
  readonly options: DemoOptions;
  /** What listens on this machine, if anything does. */
  readonly ear: Transcriber | undefined;
  readonly said: readonly Said[];
  readonly originMs: () => number;
  readonly screen: Screen;
}

/** What listens on this machine; without it, or where it could not be had, what was written down before. */
export async function findListener({
  options,
  ear,
  said,
  originMs,
  screen,
}: ListenerInput): Promise<Listener> {
  const { place, speech } = options;
  if (ear) return { transcriber: ear, understands: true };
  const isInstead = speech.listen !== null;
  if (place.type === 'devices') {
    const why = isInstead ? '' : '; --stt moonshine understands English';
    screen.tell(
      `What you say is not understood yet: each turn is answered by the next of the answers of the demo${why}.`,
    );
    return { transcriber: fixedTranscriber(), understands: false };
  }
  if (place.type === 'virtual-kiosk' || place.microphone === null) {
    if (isInstead) screen.tell('Prompts are taken from the script instead.');
    return { transcriber: dialogueTranscriber(said, originMs), understands: true };
  }
  const sidecar = sidecarPathFor(place.microphone);
  if (isInstead && !existsSync(sidecar)) {
    screen.tell(
      `What is said is not understood, since there is no ${sidecar} either: each turn is answered by the next of the answers of the demo.`,
    );
    return { transcriber: fixedTranscriber(), understands: false };
  }
  if (isInstead) screen.tell(`Prompts are taken from ${sidecar} instead.`);
  return { transcriber: await recordingTranscriber(place.microphone, originMs), understands: true };
}

/** Knows what is said in a recording because it is written down beside it. */
function recordingTranscriber(recording: string, originMs: () => number): Promise<Transcriber> {
  return loadScriptedTranscriber({ sidecarPath: sidecarPathFor(recording), originMs });
}

/** Knows what is said because it is told. */
function dialogueTranscriber(said: readonly Said[], originMs: () => number): Transcriber {
  const segments = () =>
    said.map(({ cue, startMs, endMs }) => ({
      text: cue.text,
      startMs: startMs - originMs(),
      endMs: endMs - originMs(),
    }));
  return scriptedTranscriber({
    lookup: (startMs, endMs) => textBetween(segments(), startMs, endMs),
    originMs,
  });
}

/** Understands nothing, and says so: nobody knows what a person says to a real microphone. */
export function fixedTranscriber(): Transcriber {
  const transcript = { text: '(something that is not understood yet)', final: true, engine: 'none' } as const;
  return {
    format: { sampleRateHz: 16_000, channels: 1 },
    transcribe: () => (speech$) => concat(speech$.pipe(ignoreElements()), of(transcript)),
  };
}

/**
 * A service that is asked something it has an answer to, whatever was said: one prompt after the other.
 *
 * @throws OptionError `OPTION_INVALID` when there is no prompt.
 */
export function askingInTurn(upstream: Upstream, prompts: readonly string[]): Upstream {
  if (prompts.length === 0)
    throw new OptionError('OPTION_INVALID', 'demo: there must be a prompt that has an answer');
  let asked = 0;
  let last: { readonly turnId: string; readonly text: string } | undefined;
  /** A turn that goes on is the same question. */
  const promptFor = (turnId: string): string => {
    if (last?.turnId !== turnId) {
      last = { turnId, text: prompts[asked % prompts.length] as string };
      asked += 1;
    }
    return last.text;
  };
  return {
    ...upstream,
    openSession: (requests$) =>
      upstream.openSession(
        requests$.pipe(
          map((request) =>
            request.type === 'turn-text' ? { ...request, text: promptFor(request.turnId) } : request,
          ),
        ),
      ),
  };
}
