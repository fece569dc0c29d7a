import { deriveHardwareId } from '../../../adapters/streaming-service/index.js';
import type { Check } from '../check.js';
import { failed, green } from '../finding.js';

const subject = { id: 'hardware-id' } as const;

/** By which name the service knows this device. Says nothing without a config, since there is no service then. */
export const hardwareId: Check = {
  doing: 'looking for an id of this machine',
  subject,
  limitMs: 8000,
  async examine({ machine, config }, signal) {
    if (config === undefined) return [];
    if (config.upstream.hardwareId !== undefined)
      return [green(subject, 'the config has one', { from: 'config' })];
    const sources = {
      platform: machine.platform,
      readFile: async (path: string) => (await machine.readText(path)) ?? undefined,
      run: async (program: string, args: readonly string[]) => {
        const said = await machine.run(program, args, signal);
        return said.type === 'exited' && said.code === 0 ? said.output : undefined;
      },
    };
    try {
      await deriveHardwareId({ application: 'earshot', sources });
      return [green(subject, 'derived from the id of this machine', { from: 'machine' })];
    } catch (error) {
      return [failed(subject, error, 'set upstream.hardwareId in the config')];
    }
  },
};
