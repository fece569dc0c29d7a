import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadMoonshine, type MoonshineTranscriber } from 'earshot/adapters/moonshine';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { leaveRooms, type OnDeviceRoom, onDeviceRoom } from './support/on-device-room.js';
import { writeModel } from './support/synthetic-models/model-folder.js';
import { syntheticMoonshine } from './support/synthetic-models/moonshine-model.js';

const answers = {
  'the time': ['It is noon.', 'Or almost.'],
  rain: ['It rains, and it will for quite a while.', 'Tomorrow it will not.'],
  '*': ['Fine.'],
};
const letterMs = 60;
/** A service that hums: so long for each letter. */
const hum = {
  name: 'hum',
  speak: async (text: string) =>
    Int16Array.from(
      { length: text.length * letterMs * 48 },
      (_, n) => 8000 * Math.sin((2 * Math.PI * 200 * n) / 48_000),
    ),
};

let folder: string;
let transcriber: MoonshineTranscriber;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'listening-'));
  writeModel(folder, syntheticMoonshine({ dtypes: ['fp32'] }));
  transcriber = await loadMoonshine({ model: folder, threads: 1 });
}, 30_000);
afterAll(async () => {
  await transcriber?.close();
  rmSync(folder, { recursive: true, force: true });
});

afterEach(leaveRooms);
const visit = (faults: OnDeviceRoom['faults'] = {}) =>
  onDeviceRoom({ transcriber, answers, speaker: { ofService: hum }, faults });

describe('a conversation in which nobody but the device knows what the person says', () => {
  it('goes from turn to turn: the service is asked what was said, and its answers are heard', async () => {
    const it_ = await visit();
    it_.say('the time');
    await it_.until('the first answer', () => it_.of('playout-ended').length === 1);
    it_.say('rain');
    await it_.until('the second answer', () => it_.of('playout-started').length === 2);
    const [, rain] = it_.of('playout-started');
    await it_.until('half a second of it', () =>
      it_.of('playout-progress').some(({ owner }) => owner.id === rain?.owner.id),
    );
    it_.say('stop');
    await it_.until('the third answer', () => it_.of('playout-ended').length === 3);

    const [cut] = it_.of('barge-in');
    expect(answers.rain.join(' ').startsWith(cut?.heardText ?? '-')).toBe(true);
    expect(cut?.heardText).toMatch(/^It rains/);
    expect(it_.prompts).toEqual(['the time', 'rain', `stop (after: ${cut?.heardText})`]);
    expect(it_.of('turn-sent').map(({ text }) => text)).toEqual(['the time', 'rain', 'stop']);
    expect(new Set(it_.of('transcript').map(({ engine }) => engine))).toEqual(
      new Set(['moonshine-tiny-fp32']),
    );
    expect(it_.of('reply-ended')).toMatchObject([
      { reason: 'complete', text: 'It is noon. Or almost.' },
      { reason: 'complete', text: 'Fine.' },
    ]);
    expect(it_.of('playout-ended')).toMatchObject([
      { reason: 'heard', heardMs: 21 * letterMs },
      { reason: 'cut', heardMs: cut?.heardMs },
      { reason: 'heard', heardMs: 5 * letterMs },
    ]);
    expect(it_.of('turn-failed')).toEqual([]);
    expect(it_.server.openStreams()).toBe(0);
  }, 60_000);

  it('goes on after the service broke off', async () => {
    const it_ = await visit({ 'the time': 'drops-connection', rain: 'refuses' });
    it_.say('the time');
    await it_.until('what came of the first answer', () => it_.of('playout-ended').length === 1);
    it_.say('rain');
    await it_.until('the refusal of the second', () => it_.of('turn-failed').length === 1);
    it_.say('hello');
    await it_.until('the third answer', () => it_.of('playout-ended').length === 2);

    expect(it_.of('turn-sent').map(({ text }) => text)).toEqual(['the time', 'rain', 'hello']);
    expect(it_.of('reply-ended')).toMatchObject([
      { reason: 'truncated' },
      { reason: 'complete', text: 'Fine.' },
    ]);
  }, 60_000);
});
