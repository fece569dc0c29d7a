import { monotonicScheduler } from '../../devices/clock/index.js';
import { exitCodes } from '../command-error.js';
import { noteLine, problemLine } from '../config/config-problem.js';
import type { EarshotConfig } from '../config/earshot-config.js';
import type { Console } from '../console.js';
import { countSeconds, type ProgressLine } from '../progress-line.js';
import { type ConfigFile, readConfigFile } from '../run/config-file.js';
import type { Check, Examination } from './check.js';
import type { MachineCommandLine } from './doctor-command-line.js';
import type { Finding } from './finding.js';
import type { Machine } from './machine.js';
import { groupedWords, machineReport } from './machine-report.js';
import { runChecks } from './run-checks.js';

/** What an examination of a machine needs besides its command line. */
export interface MachineParts {
  readonly machine: Machine;
  /** What is to be looked at, in order. */
  readonly checks: (config: EarshotConfig | undefined) => readonly Check[];
  /** Shows what takes longer than a second. */
  readonly progress: ProgressLine;
}

/**
 * `earshot doctor [CONFIG]`.
 *
 * @returns the exit code.
 * @throws CommandError for a config that cannot be read.
 */
export async function examineMachine(
  { config: path, json }: MachineCommandLine,
  console: Console,
  { machine, checks, progress }: MachineParts,
): Promise<number> {
  const file = path === undefined ? undefined : readConfigFile(path, machine.env, 'note');
  if (path !== undefined && file?.problems) return refuse(path, file, json, console);
  const config = file?.config;
  const examination: Examination = {
    machine,
    config,
    configPath: path,
    notes: file?.notes ?? [],
    folder: file?.folder ?? process.cwd(),
    scheduler: monotonicScheduler(),
    beganAt: { wallMs: machine.wallMs(), steadyMs: machine.steadyMs() },
  };
  const stop = new AbortController();
  const watching = console.stop$.subscribe(() => stop.abort());
  const findings: Finding[] = [];
  let endCounting = (): void => {};
  const words = groupedWords();
  const tell = (found: readonly Finding[]): void => {
    endCounting();
    findings.push(...found);
    if (!json) console.print(words(found));
  };
  let isWhole: boolean;
  try {
    isWhole = await runChecks(checks(config), examination, stop.signal, {
      begins: ({ doing }) => {
        endCounting = countSeconds(progress, doing);
      },
      ended: tell,
    });
  } finally {
    endCounting();
    watching.unsubscribe();
  }
  // Stopped before the end.
  if (!isWhole) return exitCodes.done;
  const report = machineReport(findings, path);
  if (json) console.print(`${JSON.stringify(report, null, 2)}\n`);
  else console.print(`\n${report.verdict}\n`);
  return report.ok ? exitCodes.done : exitCodes.declined;
}

function refuse(
  path: string,
  { problems = [], notes = [] }: ConfigFile,
  json: boolean,
  console: Console,
): number {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const verdict = `${path} cannot be used: ${count}`;
  for (const note of notes) console.say(noteLine(path, note));
  for (const problem of problems) console.say(problemLine(path, problem));
  if (json) {
    const report = { ...machineReport([], path), ok: false, verdict, problems, notes };
    console.print(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    console.say(verdict);
  }
  return exitCodes.usage;
}
