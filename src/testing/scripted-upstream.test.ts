import { of, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { audioFrame } from '../core/audio/audio-frame.js';
import { UpstreamError } from '../core/errors.js';
import type { UpstreamEvent, UpstreamRequest } from '../core/ports/upstream.js';
import { type ContractAnswer, describeUpstreamContract } from './contracts/upstream.contract.js';
import { type Script, type ScriptStep, spokenSentence } from './script.js';
import { scriptedUpstream } from './scripted-upstream.js';
import type { ScriptedUpstreamInit } from './scripted-upstream-options.js';
import { createVirtualClock } from './virtual-clock.js';

const format = { sampleRateHz: 48_000, channels: 1 };
const broken = new UpstreamError('UPSTREAM_UNREACHABLE', 'the line was cut; try again', { retryable: true });
const refused = new UpstreamError('UPSTREAM_REJECTED', 'not today; ask something else');

function sentence(ms: number): Script {
  const audio = audioFrame(format, new Float32Array((ms * format.sampleRateHz) / 1000).fill(0.25), 0);
  return spokenSentence({ text: 'A sentence.', audio, afterMs: 20, chunkMs: 50 });
}

const scripts: Record<ContractAnswer, Script> = {
  complete: [...sentence(300), { type: 'end' }],
  long: sentence(60_000),
  fails: [{ type: 'fail', error: refused, afterMs: 10 }],
  silent: [],
  stalls: sentence(100),
  stops: [...sentence(100), { type: 'stop', afterMs: 10 }],
  drops: [...sentence(100), { type: 'lose-session', error: broken, afterMs: 10 }],
};

for (const accepts of ['text', 'audio'] as const) {
  describeUpstreamContract(
    { describe, it, expect },
    {
      name: `scripted upstream of ${accepts}`,
      silenceLimitMs: 3000,
      create() {
        const clock = createVirtualClock();
        let answer: ContractAnswer = 'complete';
        const upstream = scriptedUpstream({
          scheduler: clock.scheduler,
          accepts,
          firstMessageMs: 2000,
          betweenMessagesMs: 2000,
          answer: () => scripts[answer],
        });
        return {
          upstream,
          answerWith: (next) => {
            answer = next;
          },
          advance: (ms) => clock.advanceBy(ms),
          openCalls: upstream.openCalls,
          seenCalls: upstream.seenCalls,
          destroy: () => {},
        };
      },
    },
  );
}

/** Asks one turn and gives what comes, with the time of each event. */
function run(script: Script, init: Partial<ScriptedUpstreamInit> = {}, forMs = 60_000) {
  const clock = createVirtualClock();
  const events: (readonly [number, UpstreamEvent])[] = [];
  const requests: UpstreamRequest[] = [
    { type: 'turn-text', turnId: 'a', revision: 1, text: 'hello' },
    { type: 'turn-ended', turnId: 'a', revision: 1 },
  ];
  scriptedUpstream({ scheduler: clock.scheduler, answer: () => script, ...init })
    .openSession(of(...requests))
    .subscribe((event) => events.push([clock.nowMs, event]));
  clock.advanceBy(forMs);
  return events.filter(([, { type }]) => type !== 'session-opened');
}

describe('scripted upstream', () => {
  it('takes each step when it is due', () => {
    const steps: ScriptStep[] = [
      { type: 'transcript', text: 'hello', final: true, afterMs: 100 },
      { type: 'text', text: 'one', afterMs: 200 },
      { type: 'action', command: 'nod', args: {} },
      { type: 'end', message: 'done', afterMs: 50 },
    ];

    expect(run(steps).map(([atMs, { type }]) => [atMs, type])).toEqual([
      [100, 'transcript'],
      [300, 'reply-started'],
      [300, 'reply-text'],
      [300, 'action'],
      [350, 'reply-ended'],
    ]);
  });

  it('says what turn it was asked, with the audio that came up', () => {
    const turns: unknown[] = [];
    const frame = audioFrame({ sampleRateHz: 16_000, channels: 1 }, new Float32Array(1600), 0);
    const requests: UpstreamRequest[] = [
      { type: 'turn-audio', turnId: 'a', revision: 3, frame },
      { type: 'turn-audio', turnId: 'a', revision: 3, frame },
      { type: 'turn-ended', turnId: 'a', revision: 3 },
    ];
    const answer: ScriptedUpstreamInit['answer'] = (turn) => {
      turns.push(turn);
      return [];
    };
    scriptedUpstream({ scheduler: createVirtualClock().scheduler, accepts: 'audio', answer })
      .openSession(of(...requests))
      .subscribe();

    expect(turns).toEqual([{ turnId: 'a', revision: 3, text: '', audioMs: 200 }]);
  });

  it('gives up after the patience for the first step, and after the one between steps', () => {
    const silent = run([], { firstMessageMs: 700 });
    const stalled = run([{ type: 'text', text: 'one', afterMs: 10 }], { betweenMessagesMs: 900 });

    expect(silent.map(([atMs, { type }]) => [atMs, type])).toEqual([[700, 'turn-failed']]);
    expect(stalled.at(-1)).toMatchObject([910, { type: 'reply-ended', reason: 'truncated' }]);
  });

  it('calls an end without any content a failure', () => {
    expect(run([{ type: 'end' }])).toMatchObject([
      [0, { type: 'turn-failed', error: { code: 'UPSTREAM_NO_RESPONSE' } }],
    ]);
  });

  it('fails a turn that holds nothing', () => {
    const events: UpstreamEvent[] = [];
    scriptedUpstream({ scheduler: createVirtualClock().scheduler, answer: () => [] })
      .openSession(of({ type: 'turn-ended', turnId: 'a', revision: 1 }))
      .subscribe((event) => events.push(event));

    expect(events).toMatchObject([{ type: 'turn-failed', error: { code: 'UPSTREAM_REJECTED' } }]);
  });

  it('says that the session is open again when the service answers after it was lost', () => {
    const clock = createVirtualClock();
    const answers: Script[] = [[{ type: 'lose-session', error: broken }], [{ type: 'text', text: 'again' }]];
    const answer = (): Script => answers.shift() ?? [];
    const requests$ = new Subject<UpstreamRequest>();
    const seen: string[] = [];
    scriptedUpstream({ scheduler: clock.scheduler, answer })
      .openSession(requests$)
      .subscribe(({ type }) => seen.push(type));
    for (const turnId of ['a', 'b']) {
      requests$.next({ type: 'turn-text', turnId, revision: 1, text: 'hello' });
      requests$.next({ type: 'turn-ended', turnId, revision: 1 });
      clock.advanceBy(10);
    }

    expect(seen).toEqual([
      'session-opened',
      'turn-failed',
      'session-lost',
      'session-opened',
      'reply-started',
      'reply-text',
    ]);
  });

  it('names an option that is out of range', () => {
    const { scheduler } = createVirtualClock();

    expect(() => scriptedUpstream({ scheduler, answer: () => [], firstMessageMs: 0 })).toThrow(
      /\[OPTION_INVALID\].*firstMessageMs must be a number from 1 to 600000 ms, but is 0/,
    );
  });
});

describe('spokenSentence', () => {
  it('keeps every sample, in pieces that come faster than they are spoken', () => {
    const samples = Float32Array.from({ length: 48_000 }, (_, i) => i / 48_000);
    const steps = spokenSentence({
      text: 'x',
      audio: audioFrame(format, samples, 0),
      chunkMs: 300,
      deliveryRate: 2,
    });

    const frames = steps.flatMap((step) => (step.type === 'audio' ? [step.frame] : []));
    expect(Float32Array.from(frames.flatMap((frame) => [...frame.samples]))).toEqual(samples);
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual([0, 300, 600, 900]);
    expect(steps.map(({ afterMs }) => afterMs)).toEqual([0, 0, 150, 150, 150]);
  });
});
