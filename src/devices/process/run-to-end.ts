import { Observable, type SchedulerLike } from 'rxjs';
import { type Complaints, createComplaints } from './complaints.js';
import { type ProgramCall, type ProgramEnd, startProgram } from './program.js';

/** What a program that ran to its end has left. */
export interface FinishedProgram {
  readonly output: string;
  /** What it said, line by line, as much as is kept. */
  readonly lines: readonly string[];
  readonly complaints: Complaints;
  /** How it ended; undefined when it was killed because its time was up. */
  readonly end: ProgramEnd | undefined;
}

/** A list of devices is a few kilobytes; what is longer is none. Units: characters. */
const longestOutput = 4_000_000;
const mostLines = 1000;

/**
 * Run a short program, with nothing on its standard input.
 *
 * @remarks
 * Cold. Emits once and completes; never errors. Bounded: after `timeoutMs` it is killed. Cancellation: kills it.
 */
export function runToEnd(
  call: ProgramCall,
  timeoutMs: number,
  scheduler: SchedulerLike,
): Observable<FinishedProgram> {
  return new Observable((observer) => {
    const decoder = new TextDecoder();
    const complaints = createComplaints();
    const lines: string[] = [];
    let output = '';

    function finish(end: ProgramEnd | undefined): void {
      observer.next({ output, lines, complaints, end });
      observer.complete();
    }
    const program = startProgram(call, scheduler, {
      output(bytes) {
        if (output.length < longestOutput) output += decoder.decode(bytes, { stream: true });
      },
      line(text) {
        complaints.add(text);
        if (lines.length < mostLines) lines.push(text);
      },
      end: finish,
    });
    program.endInput();
    const timeout = scheduler.schedule(() => {
      program.kill();
      finish(undefined);
    }, timeoutMs);
    return () => {
      timeout.unsubscribe();
      program.kill();
    };
  });
}

/** Whether it did what it was to do. */
export function succeeded({ end }: FinishedProgram): boolean {
  return end?.type === 'exited' && end.code === 0;
}
