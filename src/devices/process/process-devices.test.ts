import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addFakePactl } from '../../../test/support/fake-pactl.js';
import { createFakePrograms, type FakePrograms } from '../../../test/support/fake-programs.js';
import { type WatchedDriver, watchDriver } from '../../../test/support/watch-driver.js';
import { monotonicScheduler } from '../clock/index.js';
import { processLoudspeaker } from './process-loudspeaker.js';
import { processMicrophone } from './process-microphone.js';

const scheduler = monotonicScheduler();

/** Plays as it should until it has played this much; then it stands still. Sample frames are 4 bytes. */
const pacat = (stopsAfterMs: number): string => `
echo 'Connected to device speaker (index: 0, suspended: no).' >&2
ms=0
while [ $ms -lt ${stopsAfterMs} ]; do
  head -c 3840 >/dev/null || exit 0
  ms=$((ms + 20))
  printf 'Time: %d.%03d sec; Latency: 15639 usec.  \\r' $((ms / 1000)) $((ms % 1000)) >&2
  sleep 0.02
done
kill -STOP $$
exec sleep 60`;

describe('devices through sound programs', () => {
  let fakes: FakePrograms;
  let watched: WatchedDriver<unknown> | undefined;
  beforeEach(() => {
    fakes = createFakePrograms();
    addFakePactl(fakes, {
      sinks: [{ name: 'speaker' }],
      sources: [{ name: 'array', spec: 's16le 2ch 16000Hz', map: 'front-left,front-right' }],
      defaultSink: 'speaker',
      defaultSource: 'array',
    });
  });
  afterEach(() => {
    watched?.close();
    fakes.dispose();
  });

  it('pick one channel of the device, in the promised format', async () => {
    // Left 0.5, right -0.25, as fast as it is taken would be a flood: 10 ms at a time.
    const period = "'\\000\\000\\000\\077\\000\\000\\200\\276'";
    fakes.add(
      'parec',
      `echo 'Connected to device array (index: 0, suspended: no).' >&2; sleep 0.05
       i=0; while [ $i -lt 160 ]; do printf ${period}; i=$((i + 1)); done > "$0.period"
       while cat "$0.period"; do sleep 0.01; done`,
    );
    const microphone = processMicrophone({
      api: 'pulse',
      scheduler,
      env: fakes.env,
      channel: 1,
      format: { sampleRateHz: 16_000, channels: 1 },
    });
    const opened = watchDriver(microphone.capture());
    watched = opened;
    await opened.until(() => opened.reports.length > 3);
    for (const frame of opened.reports.slice(0, 4)) {
      expect(frame.format).toEqual({ sampleRateHz: 16_000, channels: 1 });
      expect(Math.max(...frame.samples.map((sample) => Math.abs(sample + 0.25)))).toBeLessThan(0.01);
    }
    expect(fakes.argsOf('parec')).toContain('--channels=2');
  });

  it('are lost when the program stands still, and the program is gone', async () => {
    fakes.add('pacat', pacat(500));
    const loudspeaker = processLoudspeaker({ api: 'pulse', scheduler, env: fakes.env });
    const opened = watchDriver(loudspeaker.openSink());
    watched = opened;
    const error = await opened.failure();
    expect([error.code, error.retryable]).toEqual(['DEVICE_LOST', true]);
    expect(opened.reports.length).toBe(1);
    await fakes.gone('pacat');
  });

  it('tell what the program said when it does not begin, before anybody else gives up', async () => {
    fakes.add('pacat', "echo 'Something is odd' >&2; exec sleep 60");
    const loudspeaker = processLoudspeaker({ api: 'pulse', scheduler, env: fakes.env, openTimeoutMs: 500 });
    const opened = watchDriver(loudspeaker.openSink());
    watched = opened;
    const error = await opened.failure();
    expect(error.message).toContain('did not begin within 400 ms (pacat runs: "Something is odd")');
  });

  it('run nothing before somebody subscribes', () => {
    fakes.add('aplay', 'exit 1');
    processLoudspeaker({ api: 'alsa', scheduler, env: fakes.env }).openSink();
    processMicrophone({ api: 'alsa', scheduler, env: fakes.env }).capture();
    expect(() => readFileSync(`${fakes.folder}/aplay.pid`)).toThrow('ENOENT');
  });

  it.each([
    [{ api: 'jack' as never }, 'api must be one of "pulse", "alsa", but is "jack"'],
    [{ device: ' ' }, 'device must be a non-empty string'],
    [{ pulseLatencyMs: 1 }, 'pulseLatencyMs must be a number from'],
    [
      { alsaPeriodMs: 30, alsaBufferMs: 40 },
      'alsaBufferMs must be twice alsaPeriodMs (30) at least, but is 40',
    ],
    [{ env: { PULSE_SERVER: 7 } as never }, 'env must be an object of strings'],
    [{ colour: 'red' } as never, 'colour is not an option'],
    [{ openTimeoutMs: 1 }, 'openTimeoutMs must be a number from 100 to 60000 ms, but is 1'],
  ])('refuse bad options %#', (options, message) => {
    expect(() => processLoudspeaker({ api: 'pulse', scheduler, ...options })).toThrow(message);
    expect(() => processMicrophone({ api: 'pulse', scheduler, ...options })).toThrow(message);
  });
});
