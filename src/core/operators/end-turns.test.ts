import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { describeOperatorContract } from '../../testing/contracts/operator.contract.js';
import { detectedFrames } from '../../testing/scored-frames.js';
import { type DetectedFrame, defaultUtteranceOptions } from './detect-utterances.js';
import { type EndpointingOptions, endTurns, type TurnEnd } from './end-turns.js';

const rule = { ...defaultUtteranceOptions, minSpeechMs: 20, gapToleranceMs: 20, minSilenceMs: 30 };
const detected = (tenths: string) => detectedFrames(tenths, 10, rule);
const turns = (tenths: string, options: Partial<EndpointingOptions> = {}): TurnEnd[] => {
  const out: TurnEnd[] = [];
  of(...detected(tenths))
    .pipe(endTurns({ minSilenceMs: 100, ...options }))
    .subscribe((end) => out.push(end));
  return out;
};
const silence = (n: number) => '0'.repeat(n);

describeOperatorContract<DetectedFrame, TurnEnd>({ describe, it, expect }, 'endTurns', {
  create: () => endTurns({ minSilenceMs: 100 }),
  values: detected(`0999${silence(10)}999`),
  emitted: [{ type: 'turn-ended', atMs: 140, endOfSpeechMs: 40, reason: 'silence' }],
  pending: [{ type: 'turn-ended', atMs: 170, endOfSpeechMs: 170, reason: 'source-ended' }],
  atTheBound: () => {
    expect(turns('9'.repeat(150), { maxTurnMs: 1000 })).toEqual([
      { type: 'turn-ended', atMs: 1000, endOfSpeechMs: 1000, reason: 'max-turn' },
    ]);
  },
});

describe('endTurns', () => {
  it('makes one turn of two utterances with a pause between them', () => {
    expect(turns(`0999${silence(6)}999${silence(12)}`)).toEqual([
      { type: 'turn-ended', atMs: 230, endOfSpeechMs: 130, reason: 'silence' },
    ]);
  });

  it('makes two turns of two utterances that lie further apart', () => {
    expect(turns(`0999${silence(12)}999${silence(12)}`)).toHaveLength(2);
  });

  it('waits for speech that is not confirmed yet', () => {
    expect(turns(`0999${silence(8)}9${silence(6)}`)).toEqual([
      { type: 'turn-ended', atMs: 160, endOfSpeechMs: 40, reason: 'silence' },
    ]);
  });

  it('ends no turn where there was none', () => {
    expect(turns(silence(50))).toEqual([]);
    expect(turns(`9${silence(50)}`)).toEqual([]);
  });

  it('refuses times out of range', () => {
    expect(() => endTurns({ minSilenceMs: 5, maxTurnMs: 1 })).toThrow(
      /minSilenceMs must be .* but is 5; maxTurnMs must be/,
    );
  });
});
