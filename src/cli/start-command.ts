import { CommandError, complaint, explain } from './command-error.js';
import { type Command, commandNamed, commands } from './commands.js';
import { nearestName } from './config/nearest-name.js';
import { createConsole, type ProcessConsole } from './console.js';
import { exitCodes, signalCodes } from './exit-codes.js';
import { flagsIn } from './help.js';
import { printable } from './printable.js';

/** How long a command may take to stop after a signal. Units: ms. */
const stopLimitMs = 700;

/** How long connections that are being closed may keep a command that is done. Units: ms. */
const leaveLimitMs = 500;

/**
 * Run a command to its end, and end the process with its code.
 *
 * @param args - the name of the command, and what it is to do.
 */
export async function startCommand([name, ...args]: readonly string[]): Promise<void> {
  const console = createConsole(process.stdout, process.stderr);
  const command = commandNamed(name);
  const stopped = command?.signals === 'own' ? () => undefined : stopOnSignals(console);

  // What is written last is known to have failed only now.
  process.on('exit', () => {
    const { outputError } = console;
    if (outputError === undefined) return;
    console.say(complaint(name, `stdout cannot be written to: ${outputError.code ?? outputError.message}`));
    process.exitCode = exitCodes.usage;
  });
  process.on('uncaughtException', async (error) => {
    process.exit(await fail(error, command, console));
  });

  if (command === undefined) leave(await fail(notACommand(name, args), undefined, console), stopped);
  else leave(await command.run(args, console).catch((error) => fail(error, command, console)), stopped);
}

/** @returns what the process ends with because of a signal; undefined when none came. */
function stopOnSignals(console: ProcessConsole): () => number | undefined {
  let stoppedWith: number | undefined;
  for (const [signal, code] of Object.entries(signalCodes)) {
    process.on(signal, () => {
      // The second time somebody is impatient.
      if (stoppedWith !== undefined) process.exit(stoppedWith);
      stoppedWith = code;
      process.exitCode = code;
      setTimeout(() => process.exit(code), stopLimitMs).unref();
      console.stop('signal');
    });
  }
  return () => stoppedWith;
}

function notACommand(name: string | undefined, args: readonly string[]): CommandError {
  const given = name === 'help' ? args[0] : name;
  if (given === undefined) return new CommandError('a command is missing; earshot --help lists them');
  if (given.startsWith('-'))
    return new CommandError(`there is no option ${given} without a command; see earshot --help`);
  const names = commands.map((command) => command.name);
  return new CommandError(
    `there is no command ${JSON.stringify(given)}; ${suggestion(given, names) ?? 'earshot --help lists them'}`,
  );
}

const suggestion = (given: string, known: readonly string[]): string | undefined => {
  const nearest = nearestName(given, known);
  return nearest && `did you mean ${nearest}?`;
};

/** One sentence, also for a bug: a stack tells whoever typed a command nothing. */
async function fail(error: unknown, command: Command | undefined, console: ProcessConsole): Promise<number> {
  const known = (command && (await unknownOption(error, command))) ?? explain(error);
  const bug = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const sentence = known?.sentence ?? printable(`this should not have happened, please report it: ${bug}`);
  console.say(complaint(command?.name, sentence));
  return known?.exitCode ?? exitCodes.bug;
}

async function unknownOption(error: unknown, { name, usage }: Command) {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return undefined;
  const [, flag = ''] = /^Unknown option '([^' ]+)/.exec(error.message) ?? [];
  const way = suggestion(flag, flagsIn(await usage())) ?? `earshot ${name} --help lists them`;
  return { sentence: printable(`there is no option ${flag}; ${way}`), exitCode: exitCodes.usage };
}

/** End with this code as soon as all is written, whatever is still open. */
function leave(code: number, stopped: () => number | undefined): void {
  process.exitCode = stopped() ?? code;
  setTimeout(function exit() {
    if (process.stdout.writableLength > 0) setTimeout(exit, leaveLimitMs);
    else process.exit();
  }, leaveLimitMs).unref();
}
