/** What a service asked the device to do, or why that cannot be told. */
export type ReadAction =
  | { readonly type: 'action'; readonly command: string; readonly args: unknown }
  | { readonly type: 'unreadable'; readonly detail: string };

/** Longer than any command seen (about 1 kB); what is longer is not parsed. Units: UTF-16 code units. */
const maxLength = 65_536;

/**
 * Read the `action_json` of an ActionMessage: `{command, args}`, or the same inside `payload` as older servers have it.
 *
 * @remarks
 * Never throws, whatever the text. Of the text itself nothing is repeated, since it may hold what the user said.
 */
export function readAction(json: string): ReadAction {
  if (json.length > maxLength) return unreadable(`is longer than ${maxLength} characters`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return unreadable('is no JSON');
  }
  if (!isObject(parsed)) return unreadable('is no JSON object');
  const { payload } = parsed;
  const { command, args } = typeof parsed.command !== 'string' && isObject(payload) ? payload : parsed;
  if (typeof command !== 'string' || command.trim() === '') return unreadable('names no command');
  return { type: 'action', command, args: args ?? {} };
}

function unreadable(why: string): ReadAction {
  return { type: 'unreadable', detail: `action_json ${why}` };
}

interface ActionFields {
  readonly command?: unknown;
  readonly args?: unknown;
  readonly payload?: unknown;
}

function isObject(value: unknown): value is ActionFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What the oldest servers put before an action that they send as text. */
const commandPrefix = '__MCP__';

/** Whether a text is an action, as the oldest servers send it: not to be shown or spoken. */
export function isCommandText(text: string): boolean {
  return text.startsWith(commandPrefix);
}

/** Read an action from such a text: `__MCP__` and then JSON with the command in its `payload`. */
export function readCommandText(text: string): ReadAction {
  return readAction(text.slice(commandPrefix.length));
}
