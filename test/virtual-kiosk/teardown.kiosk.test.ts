import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { capture, describeOnServers, kioskFor, play, processesOf, tone, until } from './kiosk-test.js';

const owner = fileURLToPath(new URL('./kiosk-owner.ts', import.meta.url));

/** Another process with a kiosk in full use. */
async function startOwner(
  server: string,
): Promise<{ folder: string; child: ReturnType<typeof spawn>; complaint: () => string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', owner, server], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const failed = once(child, 'exit').then(() =>
    Promise.reject(new Error(`the owner did not start: ${complaint}`)),
  );
  failed.catch(() => {});
  const [line] = (await Promise.race([once(child.stdout, 'data'), failed])) as [Buffer];
  return { child, folder: line.toString().trim(), complaint: () => complaint };
}

describeOnServers('the end of a virtual kiosk', (server) => {
  it('leaves no process and no folder, and can be asked for twice', async () => {
    const kiosk = await kioskFor({ server });
    await Promise.all([kiosk.recordLoudspeaker(), kiosk.recordMicrophone(), kiosk.addMicrophoneArray()]);
    await kiosk.say({ samples: tone(440, 5000), rateHz: 48_000 });
    const applications = [play(kiosk, tone(440, 5000)), capture(kiosk)];
    expect(processesOf(kiosk.folder).length).toBeGreaterThan(5);

    await Promise.all([kiosk.teardown(), kiosk.teardown()]);

    await Promise.all(applications.map(({ exited }) => exited));
    expect(existsSync(kiosk.folder)).toBe(false);
    await until('no process is left', () => processesOf(kiosk.folder).length === 0);
    expect(existsSync(kiosk.folder)).toBe(false);
  });

  it('leaves nothing when the server was frozen or dead', async () => {
    for (const end of ['freeze', 'kill'] as const) {
      const kiosk = await kioskFor({ server });
      if (end === 'freeze') kiosk.freezeServer(true);
      else await kiosk.killServer();

      await kiosk.teardown();

      expect(existsSync(kiosk.folder)).toBe(false);
      expect(processesOf(kiosk.folder)).toEqual([]);
    }
  });

  it.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'comes by itself when its owner dies of %s',
    async (signal) => {
      const { child, folder } = await startOwner(server);
      expect(processesOf(folder).length).toBeGreaterThan(2);

      child.kill(signal);
      await once(child, 'exit');

      await until('no process is left', () => processesOf(folder).length === 0);
      await until('no folder is left', () => !existsSync(folder));
    },
  );

  it.each(['exit', 'throw'] as const)('comes before its owner is gone that ends by %s', async (end) => {
    const { child, folder, complaint } = await startOwner(server);

    child.stdin?.write(`${end}\n`);
    await once(child, 'exit');

    expect(existsSync(folder), complaint()).toBe(false);
    await until('no process is left', () => processesOf(folder).length === 0);
    expect(existsSync(folder)).toBe(false);
  });
});
