import fc from 'fast-check';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { fakeVoice, type VoiceTurn } from '../../../test/support/fake-voice.js';
import { createVirtualClock } from '../../testing/virtual-clock.js';
import { endMs } from '../audio/audio-frame.js';
import type { ReplyEndReason, UpstreamEvent, UpstreamRequest } from '../ports/upstream.js';
import { speakText } from './speak-text.js';

/** A reply: its words in pieces that come at their times, how it ends, and what becomes of it. */
interface Plan {
  readonly words: number;
  readonly marks: readonly string[];
  readonly cuts: readonly number[];
  readonly gapsMs: readonly number[];
  readonly reason: Exclude<ReplyEndReason, 'cancelled'>;
  readonly cancelAfterMs: number | undefined;
  /** Cancelled within the call that gives out this frame, if it comes to that. */
  readonly cancelAtFrame: number | undefined;
  /** From its end, or from its cancellation, to the start of the next one. */
  readonly pauseMs: number;
}

const delay = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 50, max: 3000 }));
const voiceTurn: fc.Arbitrary<VoiceTurn> = fc.record({
  afterMs: delay,
  frames: fc.integer({ min: 0, max: 6 }),
  frameMs: fc.constantFrom(10, 20, 100, 400),
  gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 300 })),
  end: fc.oneof(
    { weight: 12, arbitrary: fc.constant('complete' as const) },
    { weight: 1, arbitrary: fc.constantFrom('breaks' as const, 'refuses' as const, 'silence' as const) },
  ),
});
/** Most voices have their moments; a few are broken. */
const voice: fc.Arbitrary<readonly VoiceTurn[]> = fc.oneof(
  { weight: 7, arbitrary: fc.array(voiceTurn, { minLength: 1, maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.array(
      fc.record({
        afterMs: delay,
        frames: fc.integer({ min: 0, max: 2 }),
        end: fc.constant('breaks' as const),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  },
);
const plan: fc.Arbitrary<Plan> = fc.record({
  words: fc.integer({ min: 1, max: 60 }),
  marks: fc.array(fc.constantFrom('', '', '', ',', '.', '!', '?', '|', ' —', '...'), {
    minLength: 8,
    maxLength: 20,
  }),
  cuts: fc.array(fc.nat(600), { maxLength: 25 }),
  gapsMs: fc.array(delay, { minLength: 1, maxLength: 8 }),
  reason: fc.constantFrom('complete' as const, 'complete' as const, 'truncated' as const, 'failed' as const),
  cancelAfterMs: fc.option(fc.integer({ min: 0, max: 3000 }), { nil: undefined }),
  cancelAtFrame: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 12 }) },
  ),
  pauseMs: fc.integer({ min: 0, max: 3000 }),
});

/** No letter comes twice, so that any piece of text is found in one place only. Every fifth word ends with a number. */
const wordOf = (nth: number) =>
  String.fromCodePoint(...[0, 1, 2].map((letter) => 0xac00 + 3 * nth + letter)) +
  (nth % 5 === 0 ? String.fromCodePoint(0x2460 + nth / 5) : '');
const textOf = ({ words, marks }: Plan, reply: number) =>
  Array.from(
    { length: words },
    (_, index) => `${wordOf(60 * reply + index)}${marks[index % marks.length]}`,
  ).join(' ');
const lettersIn = (text: string) => text.replace(/[\s|]+/gu, '');
const spokenForm = (text: string) => text.replace(/\s+/gu, ' ').trim();

/** Plays the plans one after the other and writes down what comes out. */
function play(
  plans: readonly Plan[],
  turns: readonly VoiceTurn[],
  options: Parameters<typeof speakText>[1],
  leaveAtMs?: number,
) {
  const clock = createVirtualClock();
  const { scheduler } = clock;
  /** Of each request to the voice: how it answers, for which reply it was, and how many events there were before it. */
  const requests: { readonly turn: VoiceTurn; readonly reply: number; readonly at: number }[] = [];
  let current = 0;
  const voice = fakeVoice(scheduler, () => {
    const turn = turns[requests.length % turns.length] ?? {};
    requests.push({ turn, reply: current, at: out.length });
    return turn;
  });
  const source$ = new Subject<UpstreamEvent>();
  const requests$ = new Subject<UpstreamRequest>();
  const out: UpstreamEvent[] = [];
  /** How many events there were when a reply was cut, or nobody listened any more. */
  const cutAt = new Map<string, number>();
  const noteCut = (replyId: string) => {
    const isOver = out.some((event) => event.type === 'reply-ended' && event.replyId === replyId);
    if (!isOver && !cutAt.has(replyId)) cutAt.set(replyId, out.length);
  };
  const upstreamOver = new Set<string>();
  /** Syntheses that were not stopped at once by what should stop all. */
  let leftOpen = 0;
  let framesOfReply = 0;
  let atFrame: (() => void) | undefined;
  let completed = false;
  const subscription = source$.pipe(speakText(voice, { ...options, requests$, scheduler })).subscribe({
    next: (event) => {
      out.push(event);
      if (event.type === 'reply-audio' && ++framesOfReply === plans[current]?.cancelAtFrame) atFrame?.();
    },
    complete: () => {
      completed = true;
    },
  });

  const begin = (index: number) => {
    const plan = plans[index];
    if (!plan) {
      source$.complete();
      return;
    }
    const replyId = `r${index}`;
    const turn = { turnId: `t${index}`, revision: 1 };
    const whole = textOf(plan, index);
    const at = [...new Set(plan.cuts.filter((cut) => cut > 0 && cut < whole.length))].sort((a, b) => a - b);
    const pieces = [0, ...at].map((from, piece) => whole.slice(from, at[piece]));
    for (let other = 0; other < index; other++) noteCut(`r${other}`);
    current = index;
    source$.next({ type: 'reply-started', ...turn, replyId, interruptible: true });
    const end = (reason: ReplyEndReason) => {
      if (upstreamOver.has(replyId)) return;
      upstreamOver.add(replyId);
      source$.next({ type: 'reply-ended', replyId, reason });
    };
    let next = 0;
    let isOver = false;
    let isCancelled = false;
    const goOn = () => {
      if (isOver) return;
      isOver = true;
      scheduler.schedule(() => begin(index + 1), plan.pauseMs);
    };
    const send = () => {
      if (upstreamOver.has(replyId)) return;
      const piece = pieces[next++];
      if (piece === undefined) {
        end(plan.reason);
        if (plan.cancelAfterMs === undefined) goOn();
        return;
      }
      source$.next({ type: 'reply-text', replyId, text: piece });
      scheduler.schedule(send, plan.gapsMs[next % plan.gapsMs.length]);
    };
    const cancel = () => {
      atFrame = undefined;
      if (isCancelled) return;
      isCancelled = true;
      noteCut(replyId);
      requests$.next({ type: 'reply-cancelled', ...turn, replyId, heardMs: 0, heardText: '' });
      leftOpen += voice.open;
      end('cancelled');
      goOn();
    };
    framesOfReply = 0;
    atFrame = cancel;
    if (plan.cancelAfterMs !== undefined) scheduler.schedule(cancel, plan.cancelAfterMs);
    send();
  };
  scheduler.schedule(() => begin(0));
  if (leaveAtMs !== undefined) {
    scheduler.schedule(() => {
      cutAt.set('all', out.length);
      subscription.unsubscribe();
      leftOpen += voice.open;
    }, leaveAtMs);
  }
  // Ten replies of a minute, each clause silent until it times out, would be over by then.
  clock.advanceBy(3_600_000);
  return { out, voice, requests, cutAt, leftOpen, completed };
}

describe('speakText, whatever comes', () => {
  const settings = fc.record({
    audioGraceMs: fc.constantFrom(0, 300),
    maxParallel: fc.integer({ min: 1, max: 4 }),
    maxAheadMs: fc.constantFrom(1000, 30_000),
    clauseTimeoutMs: fc.constantFrom(500, 5000),
    maxFailures: fc.constantFrom(2, 100),
    clauses: fc.record({
      maxHoldMs: fc.constantFrom(0, 200, 1000),
      maxLetters: fc.constantFrom(20, 60, 200),
    }),
  });

  it('is never out of order, never stale, never stuck, and loses no clause: 700 stories of delays, failures and cuts', () => {
    let spokenClauses = 0;
    let failedClauses = 0;
    let cuts = 0;
    fc.assert(
      fc.property(
        fc.array(plan, { minLength: 1, maxLength: 4 }),
        voice,
        settings,
        fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined, freq: 6 }),
        (plans, turns, options, leaveAtMs) => {
          const { out, voice, requests, cutAt, leftOpen, completed } = play(plans, turns, options, leaveAtMs);

          // Never stuck, and nothing left behind.
          if (leaveAtMs === undefined) expect(completed).toBe(true);
          expect(voice.open).toBe(0);
          expect(leftOpen).toBe(0);
          expect(voice.most).toBeLessThanOrEqual(options.maxParallel);
          if (!completed) expect(out).toHaveLength(cutAt.get('all') ?? -1);

          for (const [index, replyPlan] of plans.entries()) {
            const { reason } = replyPlan;
            const replyId = `r${index}`;
            const events = out.flatMap((event, at) =>
              'replyId' in event && event.replyId === replyId ? [{ event, at }] : [],
            );
            const facts = out.filter(
              (event) => event.type === 'upstream-fact' && event.detail.startsWith(`reply ${replyId}:`),
            );
            failedClauses += facts.length;
            if (events.length === 0) continue;

            // In order: numbers, times, and each frame right behind the text that it says.
            let sequence = 0;
            let audioMs = 0;
            let saying = '';
            const told: string[] = [];
            for (const { event } of events) {
              if (event.type === 'reply-text') {
                expect(event.atMs).toBeCloseTo(audioMs, 6);
                saying = spokenForm(event.text);
                told.push(event.text);
                spokenClauses += 1;
              } else if (event.type === 'reply-audio') {
                expect(event.sequence).toBe(sequence++);
                expect(event.frame.timestampMs).toBeCloseTo(audioMs, 6);
                audioMs = endMs(event.frame);
                expect(voice.said(event.frame)).toBe(saying);
              }
            }
            const written = lettersIn(textOf(replyPlan, index));
            let from = 0;
            for (const text of told) {
              const at = written.indexOf(lettersIn(text), from);
              expect(at, `"${text}" in its place`).toBeGreaterThanOrEqual(from);
              from = at + lettersIn(text).length;
            }

            // Ended once, as the last of it, by itself or cut.
            const ends = events.filter(({ event }) => event.type === 'reply-ended');
            if (completed) expect(ends).toHaveLength(1);
            if (ends.length > 0) expect(events.at(-1)?.event.type).toBe('reply-ended');
            const how = ends[0]?.event.type === 'reply-ended' ? ends[0].event.reason : undefined;

            // Never stale: of what was cut, nothing but its end.
            const limit = cutAt.get(replyId);
            if (limit !== undefined && completed) {
              cuts += 1;
              expect(how).toBe('cancelled');
              expect(events.filter(({ at }) => at >= limit)).toHaveLength(1);
            }
            if (limit !== undefined || !completed) continue;

            // Never a lost clause: each was told, or told as failed.
            const spokenTexts = told.map(spokenForm);
            const untold = new Set(
              voice.asked.filter((text, n) => requests[n]?.reply === index && !spokenTexts.includes(text)),
            );
            // What was not asked for any more when the voice was given up is told by the end.
            const mayHaveGivenUp = how === 'failed' && facts.length >= options.maxFailures;
            if (!mayHaveGivenUp) {
              expect(untold.size).toBeLessThanOrEqual(facts.length);
              expect(lettersIn([...told, ...untold].join(''))).toHaveLength(written.length);
            }
            if (facts.length === 0) {
              expect(how).toBe(reason);
              expect(lettersIn(told.join(''))).toBe(written);
            }

            // Nothing of a try that failed once it was given up.
            for (const { event, at } of events) {
              if (event.type !== 'reply-audio') continue;
              const n = voice.requestOf(event.frame);
              const again = voice.asked.indexOf(voice.asked[n] ?? '', n + 1);
              if (again >= 0) expect(at).toBeLessThan(requests[again]?.at ?? 0);
            }

            // Nor a lost sample: all of what the last request for a clause gave.
            for (const [n, text] of facts.length === 0 ? voice.asked.entries() : []) {
              const request = requests[n];
              const isLast = voice.asked.lastIndexOf(text) === n;
              if (
                request?.reply !== index ||
                !isLast ||
                request.turn.end !== 'complete' ||
                !spokenTexts.includes(text)
              )
                continue;
              const frames = events.filter(
                ({ event }) => event.type === 'reply-audio' && voice.requestOf(event.frame) === n,
              );
              expect(frames).toHaveLength(request.turn.frames ?? 0);
            }
          }
        },
      ),
      { numRuns: 700 },
    );
    // The stories are about something.
    expect(spokenClauses).toBeGreaterThan(2000);
    expect(failedClauses).toBeGreaterThan(200);
    expect(cuts).toBeGreaterThan(50);
  });
});
