#!/usr/bin/env node
import { ask } from './ask.js';
import { CommandError, exitCodes, explain } from './command-error.js';
import type { Console } from './console.js';
import { createConsole } from './console.js';
import { devices } from './devices.js';
import { doctor } from './doctor.js';
import { fetchCertificate } from './fetch-certificate.js';
import { fillers } from './fillers.js';
import { printable } from './printable.js';
import { usage, version } from './usage.js';

/** 128 and the number of the signal, as a shell has it. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** How long a command may take to stop after a signal. Units: ms. */
const stopLimitMs = 700;

/** How long connections that are being closed may keep a command that is done. Units: ms. */
const leaveLimitMs = 500;

async function run([command, ...args]: readonly string[], console: Console): Promise<number> {
  switch (command) {
    case 'devices':
      return devices(args, console);
    case 'doctor':
      return doctor(args, console);
    case 'ask':
      return ask(args, console);
    case 'fillers':
      return fillers(args, console);
    case 'fetch-certificate':
      return fetchCertificate(args, console);
    case '--version':
    case '-v':
      console.print(`${version()}\n`);
      return exitCodes.done;
    case '--help':
    case '-h':
    case 'help':
      console.print(usage);
      return exitCodes.done;
    case undefined:
      throw new CommandError(
        'a command is missing: devices, doctor, fillers, ask or fetch-certificate; see --help',
      );
    default:
      throw new CommandError(
        `there is no command ${JSON.stringify(command)}; there are devices, doctor, fillers, ask and fetch-certificate`,
      );
  }
}

// Node.js warns of what the gRPC library does with an address in the place of a name; nobody here can mend that.
process.noDeprecation = true;

const console = createConsole(process.stdout, process.stderr);
let stoppedWith: number | undefined;

for (const [signal, code] of Object.entries(signals)) {
  process.on(signal, () => {
    // The second time somebody is impatient.
    if (stoppedWith !== undefined) process.exit(stoppedWith);
    stoppedWith = code;
    process.exitCode = code;
    setTimeout(() => process.exit(code), stopLimitMs).unref();
    console.stop('signal');
  });
}

/** One sentence, also for a bug: a stack tells whoever typed a command nothing. */
function fail(error: unknown): number {
  const known = explain(error);
  const bug = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  console.say(known?.sentence ?? printable(`this should not have happened, please report it: ${bug}`));
  return known?.exitCode ?? 1;
}

/** End with this code as soon as all is written, whatever is still open. */
function leave(code: number): void {
  process.exitCode = stoppedWith ?? code;
  setTimeout(function exit() {
    if (process.stdout.writableLength > 0) setTimeout(exit, leaveLimitMs);
    else process.exit();
  }, leaveLimitMs).unref();
}

// What is written last is known to have failed only now.
process.on('exit', () => {
  const { outputError } = console;
  if (outputError === undefined) return;
  console.say(`stdout cannot be written to: ${outputError.code ?? outputError.message}`);
  process.exitCode = exitCodes.usage;
});

process.on('uncaughtException', (error) => {
  process.exit(fail(error));
});

leave(await run(process.argv.slice(2), console).catch(fail));
