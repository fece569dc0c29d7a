import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { isVoiceError } from '../../core/errors.js';
import { monotonicScheduler } from '../clock/index.js';
import { createAudioHost } from './audio-host.js';
import { findHostProgram } from './host-program.js';

const task = { type: 'list', api: 'pulse' } as const;
const program = findHostProgram();
const held: number[] = [];

function takeEveryFile(): void {
  try {
    for (;;) held.push(openSync('/dev/null', 'r'));
  } catch {
    // That was the last one.
  }
}
const giveFilesBack = (): void => {
  for (const file of held.splice(0)) closeSync(file);
};
afterEach(giveFilesBack);

function begin(env: Readonly<Record<string, string>> = {}) {
  const host = createAudioHost({
    label: 'the loudspeaker "X"',
    env,
    scheduler: monotonicScheduler(),
    lingerMs: 0,
    findProgram: () => program,
  });
  const errors: unknown[] = [];
  const subscription = host.begin(task).subscribe({ error: (error) => errors.push(error) });
  return { errors, subscription };
}

describe.skipIf(process.platform !== 'linux')('a host child that cannot be started', () => {
  it('is an error that may pass, when no file can be opened any more', async () => {
    takeEveryFile();
    const { errors } = begin();
    giveFilesBack();
    await expect.poll(() => errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'DEVICE_BACKEND', retryable: true });
    expect(isVoiceError(errors[0]) && errors[0].message).toContain(
      'the loudspeaker "X" could not be opened: its audio host could not be run (spawn ',
    );
  });

  it('is an error of the device, when the system refuses it at once', () => {
    const { errors } = begin({ A: 'a\0b' });
    expect(errors).toMatchObject([{ code: 'DEVICE_BACKEND', retryable: true }]);
    expect(isVoiceError(errors[0]) && errors[0].message).toContain(
      'the loudspeaker "X" could not be opened: its audio host could not be run (',
    );
  });
});
