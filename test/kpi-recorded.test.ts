import { from, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { KpiEvent } from '../src/core/kpi/kpi-event.js';
import { measureConversation } from '../src/core/kpi/measure-conversation.js';
import { pipelineLogLines } from '../src/core/log/pipeline-log-lines.js';
import type { PipelineEvent } from '../src/core/pipeline/pipeline-event.js';
import { readProjectFile } from './support/project.js';

/**
 * What the demo told: five questions in real time with a real detector and a real voice, one barge-in over a filler, one over a reply,
 * and a cough. Without the levels, and without the windows that changed nothing.
 */
const recorded = readProjectFile('test/support/recorded/demo-conversation.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as PipelineEvent);

const kpis: KpiEvent[] = [];
from(recorded)
  .pipe(measureConversation(), toArray())
  .subscribe((all) => kpis.push(...all));
const latencies = (name: string) =>
  kpis.flatMap((kpi) =>
    kpi.type === 'latency-measured' && kpi.of === name ? [Math.round(kpi.valueMs)] : [],
  );

describe('the figures of a recorded conversation', () => {
  it('has each wait, from the last word to the first sample', () => {
    expect(latencies('reply-heard')).toEqual([2860, 2930, 3228, 2740, 2994]);
    expect(latencies('filler-heard')).toEqual([940, 936, 928, 930, 944]);
  });

  it('has each barge-in with where its time went', () => {
    const waterfalls = kpis.flatMap((kpi) => (kpi.type === 'barge-in-measured' ? [kpi] : []));

    expect(waterfalls.map(({ totalMs }) => Math.round(totalMs))).toEqual([220, 221]);
    for (const { totalMs, stagesMs } of waterfalls) {
      expect(Object.values(stagesMs).reduce((sum, ms) => sum + ms)).toBeCloseTo(totalMs, 6);
      expect(stagesMs.detector).toBe(32);
      expect(stagesMs.gate).toBeGreaterThan(160);
      for (const ms of [stagesMs.loop, stagesMs.device]) expect(ms).toBeGreaterThan(5);
    }
    expect(latencies('onset-to-duck')).toEqual([82, 84, 82]);
  });

  it('counts five answers, a turn that went on, and the cough that was no barge-in', () => {
    const totals = Object.fromEntries(
      kpis.flatMap((kpi) => (kpi.type === 'counted' ? [[`${kpi.of} ${kpi.label}`, kpi.total]] : [])),
    );

    expect(totals).toMatchObject({
      'turns answered': 5,
      'turns reopened': 1,
      'barge-ins speech': 2,
      'ducks null': 3,
    });
    expect(totals).toMatchObject({ 'false-ducks misfire': 1, 'alerts slow-answer': 1 });
  });

  it('its log tells who was asked what, and not a word of what was said', () => {
    const words = new Set(
      recorded.flatMap((event) => {
        const text = 'text' in event ? event.text : 'heardText' in event ? event.heardText : null;
        return event.type === 'filler-spoken' ? [] : (text?.match(/\p{Letter}{5,}/gu) ?? []);
      }),
    );
    const write = pipelineLogLines({ minLevel: 'debug' });
    const lines = [...recorded, ...kpis].flatMap((event) => write(event, 1_773_307_800_000) ?? []);
    const log = lines.filter((line) => !line.includes('method=filler-spoken')).join('\n');

    expect(words.size).toBeGreaterThan(20);
    expect(lines.length).toBeGreaterThan(recorded.length);
    for (const word of words) expect(log).not.toMatch(new RegExp(`\\b${word}\\b`, 'u'));
    const open = pipelineLogLines({ minLevel: 'debug', showText: true });
    expect(recorded.map((event) => open(event, 0)).join('\n')).toContain(
      'He was not an ill-disposed young man.',
    );
  });
});
