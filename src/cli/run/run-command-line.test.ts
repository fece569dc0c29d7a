import { describe, expect, it } from 'vitest';
import { readRunCommandLine } from './run-command-line.js';

describe('readRunCommandLine', () => {
  it('reads what is asked for', () => {
    const usual = { path: 'a.yaml', check: false, json: false, live: true, log: false };
    expect(readRunCommandLine(['a.yaml'])).toEqual(usual);
    expect(readRunCommandLine(['--check', 'a.yaml', '--json'])).toEqual({
      ...usual,
      check: true,
      json: true,
    });
    expect(readRunCommandLine(['--no-live', '--log', 'a.yaml'])).toEqual({
      ...usual,
      live: false,
      log: true,
    });
    expect(readRunCommandLine(['-h'])).toBe('help');
  });

  it.each([
    [[], 'the config is missing'],
    [[''], 'the config is missing'],
    [['a.yaml', 'b.yaml'], 'there can be one config, but there are 2'],
    [['--chek', 'a.yaml'], "Unknown option '--chek'"],
  ])('refuses %j', (args, message) => {
    expect(() => readRunCommandLine(args)).toThrow(message);
  });
});
