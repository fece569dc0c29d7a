import { expect, it } from 'vitest';
import { findSounds } from './find-sound.js';
import { capture, describeOnServers, kioskFor, passes, play, tone, until } from './kiosk-test.js';
import { applicationStreams, deviceState } from './streams.js';
import type { VirtualKiosk } from './virtual-kiosk.js';

/** Long enough for every test. */
const longTone = tone(440, 20_000);

/** On which devices the streams of applications are, by name. */
async function whereStreamsAre(
  kiosk: VirtualKiosk,
  direction: 'playout' | 'capture',
): Promise<readonly string[]> {
  const kind = direction === 'playout' ? 'sinks' : 'sources';
  const devices = await kiosk.pactl.list<{ readonly index: number; readonly name: string }>(kind);
  const streams = await applicationStreams(kiosk.pactl, direction);
  return streams.map(
    ({ sink, source }) => devices.find(({ index }) => index === (sink ?? source))?.name ?? 'none',
  );
}

/** Waits until every stream is on a device. */
const streamsAreOn = (kiosk: VirtualKiosk, direction: 'playout' | 'capture', name: string): Promise<void> =>
  until(
    `the ${direction} is on ${name}`,
    async () => (await whereStreamsAre(kiosk, direction)).join() === name,
  );

/** Waits for more bytes than there are. */
async function goesOn(received: () => number): Promise<void> {
  const before = received();
  await until('more sound arrives', () => received() > before + 4800);
}

describeOnServers('a virtual kiosk with faults', (server) => {
  it('ends the streams of a server that is killed, and takes new ones once it was restarted', async () => {
    const kiosk = await kioskFor({ server });
    const [player, recorder] = [play(kiosk, longTone), capture(kiosk)];
    await goesOn(recorder.received);

    await kiosk.killServer();
    expect(await player.exited).toBe(1);
    expect(await recorder.exited).toBe(1);
    await expect(kiosk.pactl('info')).rejects.toThrow(/[Cc]onnection/);
    await kiosk.killServer();

    await kiosk.restartServer();
    await goesOn(capture(kiosk).received);
    const person = await kiosk.say({ samples: tone(440, 200), rateHz: 48_000 });
    await person.ended;
    expect(await deviceState(kiosk.pactl, 'speaker')).toBeDefined();
  });

  it('moves a stream to another loudspeaker when its own is unplugged, and has it back when it is plugged in', async () => {
    const kiosk = await kioskFor({ server });
    const player = play(kiosk, longTone);
    await streamsAreOn(kiosk, 'playout', 'speaker');

    await kiosk.unloadLoudspeaker();
    await streamsAreOn(kiosk, 'playout', 'other_speaker');
    expect(await deviceState(kiosk.pactl, 'speaker')).toBeUndefined();
    expect(player.child.exitCode).toBeNull();

    await kiosk.reloadLoudspeaker();
    expect(await deviceState(kiosk.pactl, 'speaker')).toBeDefined();
    expect(await kiosk.pactl('get-default-sink')).toBe('speaker\n');
  });

  it('moves a stream to another microphone when its own is unplugged, and has it back when it is plugged in', async () => {
    const kiosk = await kioskFor({ server });
    const recorder = capture(kiosk);
    await streamsAreOn(kiosk, 'capture', 'mic');

    await kiosk.unloadMicrophone();
    await streamsAreOn(kiosk, 'capture', 'other_mic');
    expect(await deviceState(kiosk.pactl, 'mic')).toBeUndefined();
    expect(recorder.child.exitCode).toBeNull();

    await kiosk.reloadMicrophone();
    expect(await deviceState(kiosk.pactl, 'mic')).toBeDefined();
    expect(await kiosk.pactl('get-default-source')).toBe('mic\n');
  });

  it('moves the streams of applications, and nobody else’s', async () => {
    const kiosk = await kioskFor({ server });
    play(kiosk, longTone);
    const recorder = await kiosk.recordMicrophone();
    await streamsAreOn(kiosk, 'playout', 'speaker');
    const other = await kiosk.addSecondLoudspeaker();
    const elsewhere = await kiosk.record(`${other}.monitor`, 2);

    expect(await kiosk.moveStreams('playout', other)).toBe(1);
    expect(await kiosk.moveStreams('capture', 'other_mic')).toBe(0);
    await streamsAreOn(kiosk, 'playout', other);
    await until('it is heard there', () => findSounds(elsewhere.soFar()).length > 0);
    const movedMs = performance.now() + 500;

    // The echo is over.
    await until(
      'the recording goes on',
      () => recorder.soFar().frameAt(movedMs + 300) < recorder.soFar().samples.length,
    );
    expect(findSounds(await recorder.stop()).every(({ fromMs }) => fromMs < movedMs)).toBe(true);
  });

  it('stops everything while the server is frozen, and goes on after', async () => {
    const kiosk = await kioskFor({ server });
    const recorder = capture(kiosk);
    await goesOn(recorder.received);

    kiosk.freezeServer(true);
    await passes(300);
    const before = recorder.received();
    await passes(300);
    expect(recorder.received()).toBe(before);

    kiosk.freezeServer(false);
    await goesOn(recorder.received);
  });

  it('suspends a loudspeaker that nobody plays to, and wakes it for whoever does', async () => {
    const kiosk = await kioskFor({ server });
    const stateIs = (state: string): Promise<void> =>
      until(`the loudspeaker is ${state}`, async () => (await deviceState(kiosk.pactl, 'speaker')) === state);

    await kiosk.loadIdleSuspend(1);
    await stateIs('SUSPENDED');
    const player = play(kiosk, longTone);
    await stateIs('RUNNING');
    player.child.kill('SIGKILL');
    await stateIs('SUSPENDED');
  });

  if (server === 'pipewire') {
    it('says that it cannot suspend a device, and what to do instead', async () => {
      const kiosk = await kioskFor({ server });
      await expect(kiosk.suspendLoudspeaker(true)).rejects.toThrow(/freezeServer/);
    });
    return;
  }

  it('lets no sound through a suspended device, and goes on when it is resumed', async () => {
    const kiosk = await kioskFor({ server });
    const recorder = capture(kiosk);
    play(kiosk, longTone);
    await goesOn(recorder.received);

    await kiosk.suspendMicrophone(true);
    expect(await deviceState(kiosk.pactl, 'mic')).toBe('SUSPENDED');
    await passes(200);
    const before = recorder.received();
    await passes(300);
    expect(recorder.received()).toBe(before);
    await kiosk.suspendMicrophone(false);
    await goesOn(recorder.received);

    await kiosk.suspendLoudspeaker(true);
    expect(await deviceState(kiosk.pactl, 'speaker')).toBe('SUSPENDED');
    await kiosk.suspendLoudspeaker(false);
    await until('it plays again', async () => (await deviceState(kiosk.pactl, 'speaker')) === 'RUNNING');
  });
});
