import { OptionError, type Transcriber, type Upstream } from 'earshot';
import {
  loadScriptedTranscriber,
  scriptedTranscriber,
  sidecarPathFor,
  textBetween,
} from 'earshot/adapters/scripted-transcriber';
import { concat, ignoreElements, map, of } from 'rxjs';
import type { Said } from './speaker.js';

/** Knows what is said in a recording because it is written down beside it. */
export function recordingTranscriber(recording: string, originMs: () => number): Promise<Transcriber> {
  return loadScriptedTranscriber({ sidecarPath: sidecarPathFor(recording), originMs });
}

/** Knows what is said because it is told. */
export function dialogueTranscriber(said: readonly Said[], originMs: () => number): Transcriber {
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
