import { type Check, quickLimitMs } from '../check.js';
import { green } from '../finding.js';

const subject = { id: 'board' } as const;

/** Which board this is; says nothing where it is none. */
export const board: Check = {
  doing: 'looking at the board',
  subject,
  limitMs: quickLimitMs,
  async examine({ machine }) {
    // The kernel ends it with a zero.
    const model = (await machine.readText('/proc/device-tree/model'))?.replace(/\0+$/, '').trim() ?? '';
    return model === '' ? [] : [green(subject, model, { model })];
  },
};
