import { packageVersion } from '../../package-folder.js';
import { type Check, quickLimitMs } from '../check.js';
import { amber, green } from '../finding.js';

const subject = { id: 'earshot' } as const;

export const ownVersion: Check = {
  doing: 'looking at earshot',
  subject,
  limitMs: quickLimitMs,
  async examine() {
    const own = packageVersion();
    return [green(subject, own, { version: own })];
  },
};

const cureOfNote = 'see that it is there where earshot run is started, as among the credentials of its unit';

/** That the config can be used was found out before. */
export const usableConfig: Check = {
  doing: 'looking at the config',
  subject: { id: 'config' },
  limitMs: quickLimitMs,
  examine: async ({ configPath, notes }) =>
    configPath === undefined
      ? []
      : [
          green({ id: 'config' }, `${configPath} can be used`, { path: configPath }),
          ...notes.map(({ line, column, path, message }) =>
            amber({ id: 'config', about: path }, `line ${line} ${message}`, cureOfNote, { line, column }),
          ),
        ],
};
