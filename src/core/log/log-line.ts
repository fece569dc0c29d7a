import { type Check, integerIn, oneOf, resolveOptions } from '../options.js';
import { isoTime } from './iso-time.js';
import { maskSecrets } from './mask-secrets.js';
import { createRepeatLimit } from './repeat-limit.js';

/** How much a line matters, from least to most. @public */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * How a line is written.
 *
 * - `fields`: `ts=... level=WARN scope=device method=device-lost decision=reopen ctx={...}`, to read and to grep.
 * - `json`: the same as one object of JSON.
 * - `journal`: that with the priority before it, such as `<4>`, which systemd takes off a line of a service's output and keeps.
 * @public
 */
export type LogFormat = 'fields' | 'json' | 'journal';

/** What is written to a log, and what is kept out of it. @public */
export interface LogLineOptions {
  /** The least that is worth a line: `debug`, `info`, `warn` or `error`. What comes many times a second is `debug`. @defaultValue 'info' */
  readonly minLevel: LogLevel;
  /**
   * Whether what people say and what is answered may be in the log, and with it what the service is doing for them. Without, a line tells how long a text is.
   * @defaultValue false
   */
  readonly showText: boolean;
  /** Values to keep out wherever they turn up, such as those of `metadata`. From 4 characters on. @defaultValue none */
  readonly secrets: readonly string[];
  /** `fields`, `json` or `journal`. @defaultValue 'fields' */
  readonly format: LogFormat;
  /**
   * How many warnings and errors of one kind are written in a minute; the next one after it says in `unwritten` how many were not. Range: 1..100000.
   * A fault that comes with each period of a sound card would fill a memory card in a night. @defaultValue 30
   */
  readonly maxRepeatsPerMinute: number;
}

/** No audio, no text, and only what looks like a secret masked. @public */
export const defaultLogLineOptions = {
  minLevel: 'info',
  showText: false,
  secrets: [],
  format: 'fields',
  maxRepeatsPerMinute: 30,
} as const satisfies LogLineOptions;

/** What a line says. @public */
export interface LogEntry {
  readonly level: LogLevel;
  /** The part of the system. One word. */
  readonly scope: string;
  /** What happened there, or was called. One word. */
  readonly method: string;
  /** What came of it. One word. */
  readonly decision: string;
  readonly ctx: Readonly<Record<string, unknown>>;
}

/** Writes entries as lines; undefined for one that matters too little, or comes too often. @public */
export interface LogLineWriter {
  readonly showText: boolean;
  write(entry: LogEntry, atMs: number): string | undefined;
}

/** Longest text in a line; what follows is cut. Units: characters. */
const maxTextLength = 300;
/** What is looked at of a longer one, so that a message of 4 MiB costs no time. Units: characters. */
const maxLookedAt = 4000;

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** Of syslog. */
const priorities = { debug: 7, info: 6, warn: 4, error: 3 } as const satisfies Record<LogLevel, number>;

/**
 * Log lines of a program of one's own, in the form of those of `pipelineLogLines`, so that one log can have both.
 *
 * @remarks
 * It writes nothing. Shape: one line each, whatever is in the entry. Units: `atMs` is milliseconds since 1970.
 * @param where - what is being configured, for the message of the error.
 * @throws OptionError `OPTION_INVALID`
 * @public
 */
export function createLogLineWriter(where: string, options: Partial<LogLineOptions>): LogLineWriter {
  const { minLevel, showText, secrets, format, maxRepeatsPerMinute } = resolveOptions<LogLineOptions>(
    where,
    defaultLogLineOptions,
    options,
    {
      minLevel: oneOf(...levels),
      showText: oneOf(true, false),
      secrets: areStrings,
      format: oneOf('fields', 'json', 'journal'),
      maxRepeatsPerMinute: integerIn(1, 100_000),
    },
  );
  const known = [...secrets];
  const repeats = createRepeatLimit(maxRepeatsPerMinute);

  /** Only texts can hold a secret; masked one by one, so that the JSON around them stays whole. */
  const shown = (_name: string, value: unknown): unknown => {
    if (typeof value === 'number' && !Number.isInteger(value)) return Math.round(value * 1000) / 1000;
    if (typeof value !== 'string') return value;
    const text = maskSecrets(value.slice(0, maxLookedAt), known);
    return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}...` : text;
  };

  return {
    showText,
    write({ level, scope, method, decision, ctx }, atMs) {
      if (levels.indexOf(level) < levels.indexOf(minLevel)) return undefined;
      const named = { scope: word(scope), method: word(method), decision: word(decision) };
      const isTrouble = level === 'warn' || level === 'error';
      const unwritten = isTrouble ? repeats.ask(Object.values(named).join(' '), atMs) : 0;
      if (unwritten === undefined) return undefined;
      const told = unwritten === 0 ? ctx : { ...ctx, unwritten };
      const head = { ts: isoTime(atMs), level: level.toUpperCase(), ...named };
      if (format !== 'fields') {
        const json = oneLine(JSON.stringify({ ...head, ctx: told }, shown));
        return format === 'json' ? json : `<${priorities[level]}>${json}`;
      }
      const fields = Object.entries(head).map(([name, value]) => `${name}=${value}`);
      return [...fields, `ctx=${oneLine(JSON.stringify(told, shown))}`].join(' ');
    },
  };
}

/** Without what is null: it says nothing in a line. */
export function present(ctx: Readonly<Record<string, unknown>>): LogEntry['ctx'] {
  return Object.fromEntries(Object.entries(ctx).filter(([, value]) => value !== null));
}

const areStrings: Check = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')
    ? undefined
    : 'must be an array of strings';

/** Some are named by a service; a space in one would begin another field. */
const word = (text: string): string => text.slice(0, 60).replace(/[^\w.-]/g, '_') || '_';

/** JSON escapes line feeds; these end a line elsewhere and are no control characters to it. */
const oneLine = (json: string): string =>
  json.replace(/[\u007f-\u009f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
