#!/usr/bin/env node
import { exitCodes } from './exit-codes.js';
import { toldBy } from './help.js';

// Node.js warns of what the gRPC library does with an address in the place of a name; nobody here can mend that.
process.noDeprecation = true;

const args = process.argv.slice(2);
const told = await toldBy(args);
// What a command needs is not loaded for help, which then is there at once.
if (told === undefined) await (await import('./start-command.js')).startCommand(args);
else print(told);

function print(text: string): void {
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    // Whoever read it went away, as `head` does.
    if (code === 'EPIPE') return;
    process.stderr.write(`earshot: stdout cannot be written to: ${code ?? message}\n`);
    process.exitCode = exitCodes.usage;
  });
  process.stdout.write(text);
}
