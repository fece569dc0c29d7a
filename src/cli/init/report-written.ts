import type { Console } from '../console.js';
import type { Conversation } from './converse.js';
import { type MissingParts, missingWords } from './missing-parts.js';

/** What was written, and what is left to do. */
export interface Report {
  readonly file: string;
  readonly backup: string | undefined;
  readonly found: Conversation;
  readonly warnings: readonly string[];
  readonly missing: MissingParts;
  /** Commands, in their order. */
  readonly next: readonly string[];
}

/** For programs: one object. */
function reportObject({ file, backup, found, warnings, missing, next }: Report): string {
  const { config, files } = found;
  const certificates = [...files.keys()];
  const about = { file, backup: backup ?? null, certificates, config, warnings, missing, next };
  return `${JSON.stringify(about, null, 2)}\n`;
}

/** For people. */
function reportWords({ file, backup, found, missing, next }: Report): string {
  const lines = [
    '',
    `${file} is written${backup === undefined ? '' : `; the old one is ${backup}`}.`,
    '',
    ...missingWords(missing),
    found.service === undefined ? 'Next:' : `Next, for a service of the ${found.service}:`,
    '',
    ...next.map((command) => `  ${command}`),
  ];
  return `${lines.join('\n')}\n`;
}

export const report = (about: Report, json: boolean, console: Console): void =>
  console.print(json ? reportObject(about) : reportWords(about));
