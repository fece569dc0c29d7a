import type { StreamRequest } from 'earshot/adapters/streaming-service';
import { describe, expect, it } from 'vitest';
import { createCollectedPrompts, joinTranscripts } from './collected-prompts.js';

const request = (fields: Partial<StreamRequest>): StreamRequest =>
  ({ hardwareId: 'd', sessionId: 's', prompt: '', chunkSeq: 0, ...fields }) as StreamRequest;

describe('joinTranscripts', () => {
  it.each([
    ['', 'one', 'one'],
    ['one', '', 'one'],
    ['one', 'one two', 'one two'],
    ['one two', 'two', 'one two'],
    ['turn on the light', 'the light in the kitchen', 'turn on the light in the kitchen'],
    ['one', 'two', 'one two'],
    ['  one ', ' two ', 'one two'],
  ])('joins %j and %j to %j', (before, after, joined) => {
    expect(joinTranscripts(before, after)).toBe(joined);
  });
});

describe('collected prompts', () => {
  it('are joined in order, without parts that are not newer, and forgotten after the COMMIT', () => {
    const collected = createCollectedPrompts();
    collected.collect(request({ chunkSeq: 0, chunkText: 'включи' }));
    collected.collect(request({ chunkSeq: 1, chunkText: 'включи свет' }));
    collected.collect(request({ chunkSeq: 1, chunkText: 'выключи' }));
    collected.collect(request({ chunkSeq: 2, chunkText: 'свет на кухне' }));

    expect(collected.commit(request({}))).toBe('включи свет на кухне');
    expect(collected.commit(request({ prompt: 'again' }))).toBe('again');
  });

  it('are kept for each device and session by itself', () => {
    const collected = createCollectedPrompts();
    collected.collect(request({ chunkText: 'one' }));
    collected.collect(request({ hardwareId: 'other', chunkText: 'two' }));

    expect(collected.commit(request({ prompt: 'end' }))).toBe('one end');
  });

  it('are bounded: the oldest are forgotten', () => {
    const collected = createCollectedPrompts();
    for (let k = 0; k < 1001; k++) collected.collect(request({ sessionId: `s${k}`, chunkText: 'part' }));

    expect(collected.commit(request({ sessionId: 's0', prompt: 'end' }))).toBe('end');
    expect(collected.commit(request({ sessionId: 's1000', prompt: 'end' }))).toBe('part end');
  });
});
