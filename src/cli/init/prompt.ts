/** Whoever answers: a person at a terminal, or a test that plays one. */
export interface Prompt {
  /**
   * Put a question, and wait for the answer, however long somebody thinks.
   *
   * @throws AnswersEnded, as a rejection, when there will be none.
   */
  ask(question: string): Promise<string>;
  /** One line to read. */
  say(line: string): void;
  /** A line that is drawn anew by the next one; an empty one takes it away. */
  draw(line: string): void;
  /** Answers that were given ahead of their question do not count any more. */
  forget(): void;
}

/** How answers may end. */
export type AnswersEnd = 'interrupted' | 'closed';

/** Whoever answered has left, by Ctrl-C or Ctrl-D. Nothing is written then. */
export class AnswersEnded extends Error {
  readonly how: AnswersEnd;

  constructor(how: AnswersEnd) {
    super(how === 'interrupted' ? 'interrupted' : 'the answers ended');
    this.how = how;
  }
}

/** Settles as the work does, unless answers end before it. */
export function unlessEnded<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) {
      work.catch(() => {});
      end();
      return;
    }
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
