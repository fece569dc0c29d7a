import { isVoiceError } from '../../index.js';
import type { ConfigPath, LibraryProblem } from './config-check.js';
import { trialsOf, UnreadableFile } from './config-trials.js';
import type { EarshotConfig } from './earshot-config.js';
import type { ConfigSurroundings } from './referenced-text.js';
import { rulesAcross } from './rules-across.js';

/**
 * What the library refuses although the schema allows it: what has to fit together, and texts with a form of their own.
 *
 * @param config - what is right of it; what the schema refused is left out.
 * @param spoilt - top-level groups in which something is wrong already; what has to fit together with them is not looked at.
 */
export function libraryProblems(
  config: Partial<EarshotConfig>,
  spoilt: ReadonlySet<string>,
  surroundings: ConfigSurroundings,
): readonly LibraryProblem[] {
  const whole = Object.entries(config).filter(([name]) => !spoilt.has(name));
  const refused = trialsOf(config, surroundings).flatMap(({ path, make }) => refusedBy(config, path, make));
  return [...refused, ...rulesAcross(Object.fromEntries(whole))];
}

function refusedBy(
  config: Partial<EarshotConfig>,
  path: ConfigPath,
  make: () => unknown,
): readonly LibraryProblem[] {
  try {
    make();
    return [];
  } catch (error) {
    if (error instanceof UnreadableFile) return [{ path, message: error.message }];
    if (!isVoiceError(error)) return [{ path, message: `cannot be used (${String(error)})` }];
    const said = error.message
      .replace(/^\[\w+\] /, '')
      .replace(/^(?:[\w. -]+: )+(?=\S+ )/, '')
      // What a parser shows of a file, which may be any file, and of an object, which is nothing.
      .replace(/ \(Unexpected .*?\)(?=; )/s, '')
      .replace(/, but is \[object Object\]/, '');
    const parts = said.split(/; (?=[\w.]+ (?:must|is|has|cannot|\())/);
    return parts.map((part) => placed(valueAt(config, path), path, part));
  }
}

/** The words of the library begin with the name of the option; where there is one, that is where it is. */
function placed(group: unknown, path: ConfigPath, said: string): LibraryProblem {
  const [, name = '', rest = ''] = /^([\w.]+) (.*)$/s.exec(said) ?? [];
  const steps = name.split('.');
  const found = valueAt(group, steps) !== undefined ? steps : inside(group, steps);
  if (found) return { path: [...path, ...found], message: rest };
  // What is not written there, as a default that does not fit, is told of the group that it is in.
  const [first = '', ...deeper] = steps;
  const inner = deeper.length > 0 ? valueAt(group, [first]) : undefined;
  if (inner !== undefined) return placed(inner, [...path, first], `${deeper.join('.')} ${rest}`);
  return { path, message: `cannot be used: ${said}` };
}

/** The same name one level deeper, where only one group has it. */
function inside(group: unknown, steps: readonly string[]): ConfigPath | undefined {
  if (typeof group !== 'object' || group === null) return undefined;
  const homes = Object.entries(group).filter(([, value]) => valueAt(value, steps) !== undefined);
  return homes.length === 1 ? [homes[0]?.[0] ?? '', ...steps] : undefined;
}

function valueAt(value: unknown, path: ConfigPath): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = (found as Readonly<Record<string | number, unknown>>)[step];
  }
  return found;
}
