/** Cuts what a program prints into lines. */
export interface LineReader {
  read(bytes: Uint8Array): void;
  /** Nothing more comes: what is left is a line. */
  end(): void;
}

/** A longer line is cut into several, so that a program that prints rubbish without an end costs no memory. Units: characters. */
const longestLine = 4096;
/** Programs that rewrite a line on a terminal end it with a carriage return and clear the rest with this. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for.
const clearToEnd = /\u001b\[K/g;

/** @param take - gets each line, trimmed; empty ones are left out. */
export function createLineReader(take: (line: string) => void): LineReader {
  const decoder = new TextDecoder();
  let rest = '';

  function give(line: string): void {
    const text = line.replace(clearToEnd, '').trim();
    if (text !== '') take(text);
  }

  return {
    read(bytes) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split(/[\r\n]+/);
      rest = lines.pop() ?? '';
      for (const line of lines) give(line);
      for (; rest.length > longestLine; rest = rest.slice(longestLine)) give(rest.slice(0, longestLine));
    },
    end() {
      give(rest + decoder.decode());
      rest = '';
    },
  };
}
