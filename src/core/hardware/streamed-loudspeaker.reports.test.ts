import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../../test/support/capture-device.js';
import { type Desk, desk } from '../../../test/support/loudspeaker-desk.js';

const measured = ({ reports }: Desk) =>
  reports.flatMap((report) => (report.type === 'measured' ? [report] : []));

describe('what a streamed loudspeaker tells about itself', () => {
  it('is measured every ten seconds while it is open', () => {
    const random = randomNumbers(5);
    const d = desk({ device: { ppm: 100, lowMs: () => 4 * random() } });
    d.openNow();
    d.clock.advanceBy(60_500);
    const all = measured(d);
    expect(all.length).toBe(6);
    for (const { jitterMs, loopLagMs } of all) {
      expect(jitterMs.p50).toBeGreaterThan(0.5);
      expect(jitterMs.p50).toBeLessThan(4);
      expect(jitterMs.p99).toBeGreaterThanOrEqual(jitterMs.p50);
      expect(jitterMs.max).toBeGreaterThanOrEqual(jitterMs.p99);
      expect(jitterMs.max).toBeLessThan(6);
      expect(loopLagMs).toBeLessThan(0.01);
    }
    // Fed every 5 ms to 40 ms of lead.
    for (const { lowWaterMs } of all) expect(Math.abs((lowWaterMs ?? 0) - 35)).toBeLessThan(2);
    expect(Math.abs((all[5]?.driftPpm ?? Number.NaN) - 100)).toBeLessThan(30);
    d.opening.unsubscribe();
    d.clock.advanceBy(60_000);
    expect(measured(d).length).toBe(6);
  });

  it('shows how late timers came, and what was left of the lead then', () => {
    const d = desk({ stalls: [[4000, 4025]] });
    d.openNow();
    d.clock.advanceBy(11_000);
    const [first] = measured(d);
    expect(Math.abs((first?.loopLagMs ?? 0) - 22)).toBeLessThan(4);
    expect(first?.lowWaterMs).toBeLessThan(20);
    expect(first?.lowWaterMs).toBeGreaterThan(8);
  });

  it('tells every xrun once, whoever saw it', () => {
    const d = desk({ stalls: [3000, 6000, 9000].map((ms) => [ms, ms + 120] as const) });
    d.openNow();
    d.clock.advanceBy(12_000);
    expect(d.device.xruns).toBe(3);
    expect(d.facts().filter((fact) => fact === 'playout-xrun').length).toBe(3);

    const silent = desk({ stalls: [[3000, 3120]], device: { tellsXruns: false } });
    silent.openNow();
    silent.clock.advanceBy(5000);
    expect(silent.facts()).toEqual(['playout-xrun', 'clock-reset']);
  });

  it('tells both of two that the driver told one after the other', () => {
    const d = desk();
    d.openNow();
    d.device.tell({ type: 'xrun', detail: 'one' });
    d.clock.advanceBy(100);
    d.device.tell({ type: 'xrun', detail: 'two' });
    expect(d.reports).toEqual([
      { type: 'fact', fact: 'playout-xrun', detail: 'one', count: 1 },
      { type: 'fact', fact: 'playout-xrun', detail: 'two', count: 1 },
    ]);
  });

  it('counts what did not fit into the queue, at once and then at most once a second', () => {
    const d = desk({ options: { maxQueuedMs: 500 } });
    d.openNow();
    d.write(700);
    // 40 ms have gone to the device, 500 wait.
    expect(d.reports).toEqual([
      { type: 'fact', fact: 'playout-dropped', detail: '10.0 ms did not fit into the queue', count: 1 },
    ]);
    d.clock.advanceBy(1010);
    const told = d.reports.flatMap((report) => (report.type === 'fact' ? [report] : []));
    expect(told.length).toBe(2);
    const totalMs = told.reduce((sum, { detail }) => sum + Number.parseFloat(detail), 0);
    expect(totalMs).toBeCloseTo(700 - d.sink.position().heardMs, 0);
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(Math.ceil(totalMs / 10));
  });
});
