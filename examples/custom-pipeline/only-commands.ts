import type { Transcriber, Transcript } from 'earshot';
import { type MonoTypeOperatorFunction, map } from 'rxjs';

/**
 * The operator: what does not begin with one of these words was said to somebody else. It becomes a transcript without words, and
 * the loop forgets a turn that has none.
 */
export function onlyCommands(...verbs: readonly string[]): MonoTypeOperatorFunction<Transcript> {
  return map((transcript) => {
    const [first = ''] = transcript.text.toLowerCase().match(/\p{L}+/u) ?? [];
    return verbs.includes(first) ? transcript : { ...transcript, text: '' };
  });
}

/** Where it goes: a port is made of Observables, so whatever stands behind one is a port again. */
export function obeying(transcriber: Transcriber, ...verbs: readonly string[]): Transcriber {
  return {
    ...transcriber,
    transcribe: () => (utterance$) => utterance$.pipe(transcriber.transcribe(), onlyCommands(...verbs)),
  };
}
