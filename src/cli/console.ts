import type { Observable } from 'rxjs';
import { ReplaySubject } from 'rxjs';
import { printableLines } from './printable.js';

/** Why a command is to stop early. */
export type StopReason = 'signal' | 'reader-gone';

/** Where a command writes to, and what tells it to stop. */
export interface Console {
  /** To stdout, as it is. */
  print(text: string): void;
  /** A piece of the answer to stdout: on a terminal without what would move its cursor or change its colours. */
  printWords(text: string): void;
  /** Ends the last line of the answer, if it has one. */
  endWords(): void;
  /** One line to stderr. */
  say(line: string): void;
  /** Whether a person looks at stdout, so that a line can be drawn anew. */
  readonly isTerminal: boolean;
  /** Tells also what was before the subscription. */
  readonly stop$: Observable<StopReason>;
}

/** A console, and what happens to it. */
export interface ProcessConsole extends Console {
  stop(reason: StopReason): void;
  /** Why stdout could not be written to, besides that nobody reads it; undefined when it could. */
  readonly outputError: NodeJS.ErrnoException | undefined;
}

/**
 * The console of a process.
 *
 * @remarks
 * When whoever reads stdout goes away, as `head` does, no more is written to it, `stop$` says so, and that is no error.
 */
export function createConsole(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream): ProcessConsole {
  const stop$ = new ReplaySubject<StopReason>(2);
  let lineIsOpen = false;
  let readable = true;
  let outputError: NodeJS.ErrnoException | undefined;

  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!readable) return;
    readable = false;
    if (error.code !== 'EPIPE') outputError = error;
    stop$.next('reader-gone');
  });
  // There is nobody left to be told.
  stderr.on('error', () => {});

  function print(text: string): void {
    if (readable && text !== '') stdout.write(text);
  }

  return {
    print,
    isTerminal: stdout.isTTY === true,
    printWords(text) {
      const words = stdout.isTTY ? printableLines(text) : text;
      if (words === '') return;
      lineIsOpen = !words.endsWith('\n');
      print(words);
    },
    endWords() {
      if (lineIsOpen) print('\n');
      lineIsOpen = false;
    },
    say(line) {
      // On a terminal both are one: a note in the middle of a line of the answer begins a new one.
      if (lineIsOpen && stdout.isTTY && stderr.isTTY) {
        print('\n');
        lineIsOpen = false;
      }
      stderr.write(`${line}\n`);
    },
    stop$: stop$.asObservable(),
    stop: (reason) => stop$.next(reason),
    get outputError() {
      return outputError;
    },
  };
}
