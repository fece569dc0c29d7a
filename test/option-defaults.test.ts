import { asyncScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  type DocumentedOption,
  defaultsOf,
  type OptionInterface,
  optionInterfaces,
  publicNames,
} from './support/option-interfaces.js';

const entries = publicNames();
const interfaces = optionInterfaces().filter(({ name }) =>
  [...entries.values()].some((names) => names.has(name)),
);
const defaults = new Map(
  await Promise.all(interfaces.map(async (of) => [of, await defaultsOf(of)] as const)),
);
const groups = new Set([...defaults.values()].filter((values) => values !== undefined));

const cases = interfaces.flatMap((of) =>
  of.options.map((option) => {
    const values = defaults.get(of) ?? {};
    const hasDefault = option.name in values;
    return { title: `${of.name}.${option.name}`, ...option, hasDefault, value: values[option.name] };
  }),
);

/** Whether an option's default is the default of a whole group, which documents its own options. */
const isGroup = (value: unknown): boolean => groups.has(value as Readonly<Record<string, unknown>>);

/** Whether a documented default says what the code does. */
function says(text: string, value: unknown): boolean {
  const first = /^[^\s,:;]+/.exec(text.replace(/^`|`/g, ''))?.[0] ?? '';
  switch (typeof value) {
    case 'number': {
      const said = Number(first.replace(/_/g, ''));
      return said === value;
    }
    case 'string':
      return text.startsWith(`'${value}'`);
    case 'boolean':
    case 'undefined':
      return first === String(value);
    case 'function':
      return text !== '';
    default: {
      if (value === null) return first === 'null';
      if (value === asyncScheduler) return first === 'asyncScheduler';
      if (Array.isArray(value) && value.length === 0) return first === 'none';
      const format = /^(\d+) kHz,? mono/.exec(text);
      if (format) {
        return (
          JSON.stringify({ sampleRateHz: Number(format[1]) * 1000, channels: 1 }) === JSON.stringify(value)
        );
      }
      const [, base, name = '', changed] =
        /^`(default\w+)`, but for an? `(\w+)` of ([\d_]+)/.exec(text) ?? [];
      if (changed !== undefined) {
        const of = [...defaults].find(([{ name }]) => base === `default${name}`)?.[1];
        return JSON.stringify({ ...of, [name]: Number(changed.replace(/_/g, '')) }) === JSON.stringify(value);
      }
      const literal = text.replace(/(\w+):/g, '"$1":');
      try {
        return JSON.stringify(JSON.parse(literal)) === JSON.stringify(value);
      } catch {
        return false;
      }
    }
  }
}

const units: readonly (readonly [RegExp, RegExp])[] = [
  [/Ms$/, /\bms\b|\bmilliseconds\b/],
  [/Hz$/, /\bHz\b|\bhertz\b/],
  [/Db$/, /\bdB\b/],
  [/Bytes$/, /\bbytes\b/],
  [/Samples$/, /\bsamples\b/],
];

const single = cases.filter(({ value }) => !isGroup(value));
const numeric = single.filter(({ value }) => typeof value === 'number');
const checked = cases.flatMap(({ title, text, checkedRange }) => {
  const [, min, max] = /Range(?:[^:.]*): (-?[\d_.]*\d)\.\.(-?[\d_.]*\d)/.exec(text) ?? [];
  if (min === undefined || max === undefined || !checkedRange) return [];
  return [{ title, said: [min, max].map((bound) => Number(bound.replace(/_/g, ''))), checkedRange }];
});

describe('every option', () => {
  it('is found: the interfaces, defaults and checks are where this test looks for them', () => {
    const names = interfaces.map(({ name }) => name);
    for (const name of ['UtteranceOptions', 'PlayoutOptions', 'SileroVadOptions'])
      expect(names).toContain(name);
    expect(cases.filter(({ hasDefault }) => hasDefault).length).toBeGreaterThan(40);
    expect(checked.length).toBeGreaterThan(20);
  });

  it.each(single)('$title is documented', ({ text }) => {
    expect(text).not.toBe('');
  });

  it.each(single.filter(({ hasDefault }) => hasDefault))(
    '$title has the default that its comment says',
    ({ text, defaultText, value }) => {
      // One whose default cannot be used must be given, and says so.
      if (defaultText === undefined) expect(text).toMatch(/\bRequired\b/);
      else expect([defaultText, says(defaultText, value)]).toEqual([defaultText, true]);
    },
  );

  it.each(numeric)('$title says its range and its unit', ({ name, text }) => {
    expect(text).toMatch(/\bRange\b/);
    for (const [ending, unit] of units) if (ending.test(name)) expect(text).toMatch(unit);
  });

  it.each(checked)('$title is checked for the range that its comment says', ({ said, checkedRange }) => {
    expect(said).toEqual(checkedRange);
  });
});

/** One table row; a default that is no plain value is told in words. */
function row(of: OptionInterface, { name, text, defaultText }: DocumentedOption): string {
  const value = defaults.get(of)?.[name];
  const group = isGroup(value) ? [...defaults].find(([, values]) => values === value)?.[0] : undefined;
  const shown = group
    ? `see \`${group.name}\``
    : typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
      ? `\`${typeof value === 'string' ? JSON.stringify(value) : value}\``
      : (defaultText?.replace(/^\{.*\}$/, '`$&`') ?? 'none: must be given');
  const cell = (words: string) => words.replaceAll('|', '\\|');
  return `| \`${name}\` | ${cell(shown)} | ${cell(text || (group?.text ?? ''))} |`;
}

describe('docs/reference/options.md', () => {
  it('lists every option that a user can set, with its default', async () => {
    const pages = [...entries].flatMap(([entry, names]) => {
      const ofEntry = interfaces
        .filter((of) => names.has(of.name) && defaults.get(of) !== undefined)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      if (ofEntry.length === 0) return [];
      const tables = ofEntry.map((of) =>
        [
          `### ${of.name}`,
          '',
          ...(of.text === '' ? [] : [of.text, '']),
          `Defaults: \`default${of.name}\`.`,
          '',
          '| option | default | meaning |',
          '| --- | --- | --- |',
          ...of.options.map((option) => row(of, option)),
          '',
        ].join('\n'),
      );
      return [`## ${entry}\n`, ...tables];
    });
    const page = [
      '# Options\n',
      'Written from the comments in the sources by the test of the options, which fails when this page and the code differ.',
      'Refresh it with `npx vitest run test/option-defaults.test.ts -u`, and read the difference.\n',
      'Units are in the names. A value out of range throws `OPTION_INVALID` where it is given, before anything is opened; the',
      'message names every bad option at once, by its path as you wrote it (`endpointing.minSilenceMs`).\n',
      ...pages,
    ].join('\n');

    await expect(`${page.trimEnd()}\n`).toMatchFileSnapshot('../docs/reference/options.md');
  });
});
