import type { Subscription } from 'rxjs';
import { durationMs } from '../audio/audio-frame.js';
import type { SpokenFrame, Synthesizer } from '../ports/synthesizer.js';
import { type ClauseSpeech, createClauseSpeech } from './clause-speech.js';
import type { Clause, ClauseInput } from './clause-step.js';
import type { SpeakTextSettings } from './speak-text-options.js';
import { createWaitingText } from './waiting-text.js';

/** Text that may wait to be spoken: more than an hour of it. Units: letters. */
const maxWaitingLetters = 100_000;
/** So long before the loudspeaker runs dry, text without an end is no longer waited for. Units: ms. */
const soonSilentMs = 1000;
/** How often it is looked again whether enough was heard. Units: ms. */
const lookAgainMs = 250;

/** What comes of the text of a reply. */
export interface ReplySpeechOutput {
  /** The clause that the audio from here on says, or has a signal for that says nothing. Units: ms of the reply's audio. */
  readonly text: (text: string, atMs: number, saysNothing: boolean) => void;
  readonly audio: (frame: SpokenFrame) => void;
  readonly clauseFailed: (speech: ClauseSpeech) => void;
  /** @param letters - how many were dropped because too much waits. */
  readonly dropped: (letters: number) => void;
  /** All was said, or the voice was given up. Told once, after `end`. */
  readonly over: (failure: { readonly error: unknown } | undefined) => void;
}

/** Speaks the text of one reply. */
export interface ReplySpeech {
  /** Nothing more is spoken because too much failed; what comes is dropped. */
  readonly hasGivenUp: boolean;
  add(text: string): void;
  /** No more text will come. */
  end(): void;
  /** So much of the reply left the loudspeaker. Units: ms. */
  heard(heardMs: number): void;
  /** Stop at once: nothing is told any more. */
  cut(): void;
}

/**
 * Makes clauses of the text, has them synthesised ahead, and gives their audio out in order.
 *
 * Whatever happens is noted first and then acted on in one place, one thing after the other: a voice may answer within the call that asks it,
 * and whoever gets audio may cut within that.
 */
export function createReplySpeech(
  synthesizer: Synthesizer,
  settings: SpeakTextSettings,
  output: ReplySpeechOutput,
): ReplySpeech {
  const { clauses: rules, scheduler, maxParallel, maxAheadMs, clauseTimeoutMs, maxFailures } = settings;
  const waiting = createWaitingText(rules, scheduler);
  /** In order; the first one is being given out. */
  const speeches: ClauseSpeech[] = [];
  let waitingLetters = 0;
  let made = 0;
  let spoken = 0;
  let failuresInARow = 0;
  let lastError: unknown;
  let hasGivenUp = false;
  /** Since when the first one is the first one. */
  let firstSinceMs = 0;
  let isTextTold = false;
  /** Of the first one, and of the one before it, there is only a signal. */
  let isSignal = false;
  let wasSignal = false;
  let givenMs = 0;
  /** When the loudspeaker will have played what was given out. */
  let dryAtMs = 0;
  let ended = false;
  let closed = false;
  let isAtWork = false;
  let isChanged = false;
  let timer: Subscription | undefined;

  const isClosed = () => closed;
  const aheadMs = () => Math.max(0, dryAtMs - scheduler.now());
  const heldMs = () => speeches.reduce((sum, speech) => sum + speech.heldMs, 0);

  const take = (input: ClauseInput) => {
    for (const clause of waiting.take(input)) addClause(clause);
  };
  const addClause = (clause: Clause) => {
    made += 1;
    if (speeches.length === 0) beginFirst();
    speeches.push(createClauseSpeech({ clause, number: made, synthesizer, scheduler, changed: advance }));
    waitingLetters += clause.text.length;
  };
  const beginFirst = () => {
    firstSinceMs = scheduler.now();
    isTextTold = false;
    isSignal = false;
  };

  /** Ask for as many as may be under way. */
  const ask = () => {
    const atWork = () => speeches.filter(({ phase }) => phase === 'asked').length;
    for (const speech of [...speeches]) {
      if (isClosed() || atWork() >= maxParallel) return;
      const isNext = speech === speeches[0];
      if (speech.phase !== 'waiting') continue;
      // What is next is only held back by what was not heard: nothing else can move on without it.
      if (aheadMs() + (isNext ? 0 : heldMs()) >= maxAheadMs) return;
      speech.ask();
    }
  };
  const tellText = (speech: ClauseSpeech) => {
    if (isTextTold) return;
    isTextTold = true;
    output.text(speech.clause.text, givenMs, isSignal);
  };
  const give = (speech: ClauseSpeech) => {
    for (let frame = speech.shift(); frame; frame = speech.shift()) {
      if (!isTextTold) isSignal = frame.saysNothing === true;
      tellText(speech);
      if (isClosed()) return;
      // One is enough for clauses in a row that nobody can say.
      if (isSignal && wasSignal) continue;
      const frameMs = durationMs(frame);
      const placed = { ...frame, timestampMs: givenMs };
      givenMs += frameMs;
      dryAtMs = Math.max(dryAtMs, scheduler.now()) + frameMs;
      output.audio(placed);
      if (isClosed()) return;
    }
  };
  const finish = (speech: ClauseSpeech) => {
    if (speech.phase === 'spoken') {
      // Without audio where there is no word to say.
      tellText(speech);
      if (speech.clause.spoken !== '') {
        spoken += 1;
        failuresInARow = 0;
        wasSignal = isSignal;
      }
    } else {
      failuresInARow += 1;
      lastError = speech.error;
      output.clauseFailed(speech);
    }
    speeches.shift();
    waitingLetters -= speech.clause.text.length;
    beginFirst();
  };
  const giveUp = () => {
    hasGivenUp = true;
    for (const speech of speeches.splice(0)) speech.stop();
    waitingLetters = 0;
    waiting.forget();
  };
  /** Audio of the first one, then of the one behind it. */
  const giveOut = () => {
    for (let first = speeches[0]; first && !isClosed(); first = speeches[0]) {
      give(first);
      if (isClosed() || (first.phase !== 'spoken' && first.phase !== 'failed')) return;
      finish(first);
      if (failuresInARow >= maxFailures) giveUp();
    }
  };
  /** Text that waits is spoken when nothing else is left to say and the loudspeaker will soon be silent. */
  const dueMs = () => {
    const { sinceMs } = waiting;
    if (sinceMs === undefined || speeches.length > 0) return undefined;
    return Math.max(sinceMs + rules.maxHoldMs, dryAtMs - soonSilentMs);
  };
  const timeoutMs = () => {
    const first = speeches[0];
    return first?.phase === 'asked' ? Math.max(first.lastSignMs, firstSinceMs) + clauseTimeoutMs : undefined;
  };
  const lookAtTime = () => {
    const nowMs = scheduler.now();
    if ((timeoutMs() ?? Number.POSITIVE_INFINITY) <= nowMs) speeches[0]?.giveUp(clauseTimeoutMs);
    if ((dueMs() ?? Number.POSITIVE_INFINITY) <= nowMs) take({ type: 'due' });
  };
  const setTimer = () => {
    timer?.unsubscribe();
    const isHeldBack =
      speeches.some(({ phase }) => phase === 'waiting') && !speeches.some(({ phase }) => phase === 'asked');
    const times = [dueMs(), timeoutMs(), isHeldBack ? scheduler.now() + lookAgainMs : undefined].filter(
      (time) => time !== undefined,
    );
    if (times.length === 0) return;
    timer = scheduler.schedule(advance, Math.max(0, Math.min(...times) - scheduler.now()));
  };
  const close = () => {
    closed = true;
    timer?.unsubscribe();
    for (const speech of speeches.splice(0)) speech.stop();
  };
  function advance(): void {
    isChanged = true;
    if (isAtWork || closed) return;
    isAtWork = true;
    while (isChanged && !isClosed()) {
      isChanged = false;
      lookAtTime();
      ask();
      giveOut();
    }
    isAtWork = false;
    if (closed) return;
    if (ended && speeches.length === 0) {
      close();
      output.over(hasGivenUp || (spoken === 0 && lastError !== undefined) ? { error: lastError } : undefined);
    } else setTimer();
  }

  return {
    get hasGivenUp() {
      return hasGivenUp;
    },
    add(text) {
      if (closed || hasGivenUp) return;
      const room = maxWaitingLetters - waitingLetters - waiting.letters;
      if (text.length > room) output.dropped(text.length - Math.max(0, room));
      take({ type: 'text', text: text.slice(0, Math.max(0, room)) });
      advance();
    },
    end() {
      if (closed) return;
      ended = true;
      if (!hasGivenUp) take({ type: 'end' });
      advance();
    },
    heard(heardMs) {
      if (closed) return;
      dryAtMs = scheduler.now() + Math.max(0, givenMs - heardMs);
      advance();
    },
    cut: close,
  };
}
