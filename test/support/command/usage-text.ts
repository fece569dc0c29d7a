/** The command lines that a help text gives as examples: those without anything to fill in. Each as its arguments, without `earshot`. */
export function examplesIn(usage: string): readonly (readonly string[])[] {
  return usage
    .split('\n')
    .filter((line) => /^ {2}earshot /.test(line) && !/\[|\b[A-Z]{2,}\b/.test(line))
    .map((line) => wordsOf(line.trim().split(/ {2,}| [|>] /)[0] ?? '').slice(1));
}

/** As a shell reads it, as far as these need it. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

/** The exit codes that a help text documents, each with its meaning. */
export function exitCodesIn(usage: string): ReadonlyMap<number, string> {
  const [, told = ''] = usage.replace(/\s+/g, ' ').split(/\bExit codes?: /);
  const parts = [...told.matchAll(/(?:^|[;,] )(\d+) ([a-z].*?)(?=[;,] \d+ [a-z]|[.:](?: |$)|$)/g)];
  return new Map(parts.map(([, code, meaning = '']) => [Number(code), meaning]));
}

/** The long flags that stand at the beginning of a line of options. */
export const optionsIn = (usage: string): readonly string[] =>
  [...usage.matchAll(/^ {2}--([a-z][a-z-]*)/gm)].map(([, name = '']) => name);
