import { parseArgs } from 'node:util';
import { CommandError } from '../command-error.js';

/** What `earshot run` was told to do. */
export interface RunCommandLine {
  /** The config. */
  readonly path: string;
  /** Read the config, say what is wrong with it, and run nothing. */
  readonly check: boolean;
  /** Events as lines of JSON on stdout. */
  readonly json: boolean;
  /** Whether a line may be drawn anew on a terminal. */
  readonly live: boolean;
  /** The log on a terminal, too, instead of what is said. */
  readonly log: boolean;
}

const flag = { type: 'boolean' } as const;

const options = {
  help: { type: 'boolean', short: 'h' },
  check: flag,
  json: flag,
  log: flag,
  'no-live': flag,
} as const;

/** @throws CommandError, or an error of `parseArgs`. */
export function readRunCommandLine(args: readonly string[]): RunCommandLine | 'help' {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (values.help === true) return 'help';
  const [path, ...more] = positionals;
  if (path === undefined || path === '') {
    throw new CommandError(
      'the config is missing: earshot run CONFIG, as in earshot run earshot.yaml; earshot init writes one',
    );
  }
  if (more.length > 0) throw new CommandError(`there can be one config, but there are ${positionals.length}`);
  return {
    path,
    check: values.check ?? false,
    json: values.json ?? false,
    live: values['no-live'] !== true,
    log: values.log ?? false,
  };
}
