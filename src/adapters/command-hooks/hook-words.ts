/** `{text}`, `{state.name}`: what is put in place of it comes from the event. */
const placeholder = /\{([A-Za-z][\w]*(?:\.[A-Za-z][\w]*)*)\}/g;

/** What an argument can be at most. Linux takes 128 KiB; what a person says in one go is some hundred characters. Units: characters. */
const longestValue = 4096;

/** Values alone: of an error its name, message and what it tells of itself, and nothing of its stack. */
export function plainFields(event: { readonly type: string; readonly atMs: number }): unknown {
  const plainly = (_: string, value: unknown) =>
    value instanceof Error ? { name: value.name, message: value.message } : value;
  try {
    return JSON.parse(JSON.stringify(event, plainly));
  } catch {
    // What a service or a foreign part has put into it may have no end.
    return { type: event.type, atMs: event.atMs };
  }
}

/** The value at a path such as `state.name`; undefined where there is none. Only what an object has itself is looked at. */
export function valueAt(fields: unknown, path: string): unknown {
  let value = fields;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (!Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** As an argument: text as it is, nothing for what is not there, JSON for what has parts. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? (JSON.stringify(value) ?? '') : String(value);
  // No argument can hold a zero byte; a character of two halves is not cut in the middle.
  const clean = text.replaceAll('\0', '');
  return clean.length <= longestValue ? clean : clean.slice(0, longestValue).replace(/[\uD800-\uDBFF]$/, '');
}

/**
 * Put values in place of the placeholders.
 *
 * Each argument stays one argument, whatever is in the value: no shell reads it, and nothing splits it.
 */
export function fillArguments(args: readonly string[], fields: unknown): readonly string[] {
  return args.map((arg) => arg.replace(placeholder, (_, path: string) => textOf(valueAt(fields, path))));
}

/** What is wrong with a command, if anything. */
export function commandProblem(command: unknown): string | undefined {
  if (!Array.isArray(command) || command.length === 0 || command.length > 100)
    return 'must be a list of 1 to 100 strings: the program and its arguments';
  const wrong = command.find(
    (word) => typeof word !== 'string' || word.includes('\0') || word.length > 10_000,
  );
  if (wrong !== undefined) return 'must hold strings of at most 10000 characters, without zero bytes';
  const [program] = command as readonly string[];
  if (program === undefined || program.trim() === '') return 'must begin with the name of a program';
  if (program.search(placeholder) >= 0) return 'must name its program itself, not by a placeholder';
  if (command.length === 1 && /\s/.test(program) && !program.startsWith('/'))
    return `must be a list, as ${JSON.stringify(program.trim().split(/\s+/))}: no shell splits it`;
  return undefined;
}
