import { spawnSync } from 'node:child_process';

/** One command of a shell block, as words without their quotes. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** Line of the block it begins on, from 1. */
  readonly line: number;
}

/** What the shell says of a block that it cannot parse; undefined where it can. Nothing is run. */
export function syntaxProblem(code: string): string | undefined {
  const { status, stderr, error } = spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' });
  if (error) throw error;
  return status === 0 ? undefined : stderr.trim();
}

/** Longest first, since `&` begins `&&`. */
const separators = ['&&', '||', ';', '|', '&', '\n'];

/**
 * The simple commands of a block in order, whatever joins them. Knows quotes, comments, continued lines and here-documents; what is in
 * `$(...)` stays one word.
 */
export function shellCommands(code: string): readonly ShellCommand[] {
  const text = withoutHereDocuments(code).replace(/\\\n/g, ' \u0000');
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let word: string | undefined;
  let line = 1;
  let startLine = 1;

  const endWord = (): void => {
    if (word === undefined) return;
    if (words.length === 0) startLine = line;
    words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    // Variables that are set for one command are no part of it.
    const command = words.slice(words.findIndex((one) => !/^\w+=/.test(one)));
    if (words.some((one) => !/^\w+=/.test(one))) commands.push({ words: command, line: startLine });
    words = [];
  };

  for (let at = 0; at < text.length; ) {
    const char = text.charAt(at);
    const separator = separators.find((one) => text.startsWith(one, at));
    if (char === "'" || char === '"') {
      const end = text.indexOf(char, at + 1);
      if (end < 0) throw new Error(`line ${line} has a quote that is never closed`);
      word = (word ?? '') + text.slice(at + 1, end);
      at = end + 1;
    } else if (text.startsWith('$(', at)) {
      const end = text.indexOf(')', at);
      word = (word ?? '') + text.slice(at, end + 1);
      at = end + 1;
    } else if (char === '#' && word === undefined) {
      at = text.indexOf('\n', at);
      if (at < 0) break;
    } else if (separator !== undefined) {
      endCommand();
      if (separator === '\n') line += 1;
      at += separator.length;
    } else if (char === ' ' || char === '\u0000') {
      endWord();
      if (char === '\u0000') line += 1;
      at += 1;
    } else {
      word = (word ?? '') + char;
      at += 1;
    }
  }
  endCommand();
  return commands;
}

/** Their lines stay, empty, so that lines are counted right. */
function withoutHereDocuments(code: string): string {
  let end: string | undefined;
  return code
    .split('\n')
    .map((line) => {
      if (end !== undefined) {
        if (line.trim() === end) end = undefined;
        return '';
      }
      const here = /<<-?\s*['"]?(\w+)['"]?/.exec(line);
      end = here?.[1];
      return here ? line.slice(0, here.index) : line;
    })
    .join('\n');
}
