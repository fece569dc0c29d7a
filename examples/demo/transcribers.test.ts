import { audioFrame, type Upstream, type UpstreamRequest } from 'earshot';
import { EMPTY, firstValueFrom, from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { promptsWithAnswers } from './dialogue.js';
import { askingInTurn, fixedTranscriber } from './transcribers.js';

const turnText = (turnId: string, revision: number, text = '(not understood)'): UpstreamRequest => ({
  type: 'turn-text',
  turnId,
  revision,
  text,
});

/** What reaches the service of what was asked. */
function asked(prompts: readonly string[], ...requests: UpstreamRequest[]): readonly UpstreamRequest[] {
  const got: UpstreamRequest[] = [];
  const upstream: Upstream = {
    accepts: 'text',
    format: { sampleRateHz: 16_000, channels: 1 },
    openSession(requests$) {
      requests$.subscribe((request) => got.push(request));
      return EMPTY;
    },
  };
  askingInTurn(upstream, prompts).openSession(from(requests)).subscribe();
  return got;
}

describe('a service that is asked in turn', () => {
  it('gets one prompt after the other, and begins again at the end', () => {
    const got = asked(['a', 'b'], turnText('t1', 1), turnText('t2', 1), turnText('t3', 1));

    expect(got).toEqual([turnText('t1', 1, 'a'), turnText('t2', 1, 'b'), turnText('t3', 1, 'a')]);
  });

  it('gets the same prompt again for a turn that goes on, and everything else as it is', () => {
    const ended: UpstreamRequest = { type: 'turn-ended', turnId: 't1', revision: 1 };
    const got = asked(['a', 'b'], turnText('t1', 1), ended, turnText('t1', 2), turnText('t2', 1));

    expect(got).toEqual([turnText('t1', 1, 'a'), ended, turnText('t1', 2, 'a'), turnText('t2', 1, 'b')]);
  });

  it('has something to be asked', () => {
    expect(() => asked([])).toThrow('there must be a prompt');
    const prompts = promptsWithAnswers();
    expect(prompts.length).toBeGreaterThanOrEqual(5);
    expect(new Set(prompts).size).toBe(prompts.length);
  });
});

describe('the transcriber for what nobody knows before', () => {
  it('says that it understands nothing, once the utterance is over', async () => {
    const { format, transcribe } = fixedTranscriber();
    const speech$ = from([audioFrame(format, new Float32Array(160), 0)]);

    const transcripts = await firstValueFrom(speech$.pipe(transcribe(), toArray()));

    expect(transcripts).toEqual([
      { text: '(something that is not understood yet)', final: true, engine: 'none' },
    ]);
  });
});
