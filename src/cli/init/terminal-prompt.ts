import { createInterface } from 'node:readline/promises';
import { printable } from '../printable.js';
import { AnswersEnded, type Prompt } from './prompt.js';

/** A prompt, and how to give its terminal back. */
export interface TerminalPrompt extends Prompt {
  /** The terminal is as it was. Idempotent. */
  close(): void;
}

/** Most lines that are kept for questions to come, as somebody pastes them. */
const longestAhead = 100;

/** Back to the beginning of the line, and empty it. */
const clearLine = '\r\x1b[K';

/**
 * Questions at a terminal.
 *
 * @param end - aborted with `AnswersEnded` by Ctrl-C and Ctrl-D, also while nothing is asked.
 */
export function terminalPrompt(
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
  end: AbortController,
): TerminalPrompt {
  // The library takes the terminal, and Ctrl-C comes as a key from then on.
  const lines = createInterface({ input, output, terminal: true, historySize: 0 });
  const ahead: string[] = [];
  const { signal } = end;
  let isClosed = false;
  lines.on('line', (line) => {
    if (ahead.length < longestAhead) ahead.push(line);
  });
  lines.once('SIGINT', () => end.abort(new AnswersEnded('interrupted')));
  // Does not abort anew what was aborted already.
  lines.once('close', () => end.abort(new AnswersEnded('closed')));

  return {
    async ask(question) {
      if (signal.aborted) throw signal.reason;
      const answer = ahead.shift();
      if (answer !== undefined) {
        output.write(`${question}${printable(answer)}\n`);
        return answer;
      }
      try {
        return await lines.question(question, { signal });
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      }
    },
    say: (line) => void output.write(`${line}\n`),
    draw: (line) => void output.write(`${clearLine}${line}`),
    forget() {
      ahead.length = 0;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      // The question stays on its line.
      if (signal.aborted) output.write('\n');
      lines.close();
    },
  };
}
