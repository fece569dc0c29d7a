import { checkValue } from './check-value.js';
import { type ConfigCheck, type ConfigPath, tell } from './config-check.js';
import { type ConfigProblem, pathText } from './config-problem.js';
import type { EarshotConfig } from './earshot-config.js';
import { configSchema } from './generated/config-schema.js';
import { libraryProblems } from './library-problems.js';
import { type ConfigNode, maxProblems, type Place, parseYaml } from './parse-yaml.js';
import { type ConfigSurroundings, referencedText } from './referenced-text.js';
import { rulesOfFiles } from './rules-across.js';
import { withoutMissingTexts } from './service-init.js';

/** A config that holds, or all that is wrong with it. */
export type ConfigReading = (
  | { readonly config: EarshotConfig; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[]; readonly config?: never }
) & {
  /** Texts that are not here, where that is not a problem; left out where there are none. */
  readonly notes?: readonly ConfigProblem[];
};

/** How a config is read. */
export interface ReadConfigOptions {
  /**
   * What it is that a text cannot be looked up, because its file or its variable may be there where the loop runs alone. With `note` the
   * config is for looking at: what `withoutMissingTexts` leaves of it can be used. @defaultValue 'problem'
   */
  readonly unresolved?: 'problem' | 'note';
}

/**
 * Read a config: YAML, checked against the schema, with the texts that it refers to, and then against what the library itself would refuse.
 *
 * @remarks
 * Never throws. Nothing is opened and no peer is needed. Asks `surroundings` only for what the config names. Time is bounded by the
 * length of a config: 5 ms for one of 4 KB, and less than a second for the longest that is made to take long, on a 2-core x86 machine.
 *
 * Order: problems by line. At most 50 are told, and that there are more.
 * Range: texts that were looked up are in the config as `ReferencedText`, which serialises as where they come from.
 */
export function readConfig(
  text: string,
  surroundings: ConfigSurroundings,
  { unresolved = 'problem' }: ReadConfigOptions = {},
): ConfigReading {
  const { root, problems: unreadable } = parseYaml(text);
  const check: ConfigCheck = {
    ...{ schema: configSchema, surroundings, unresolved },
    problems: [...unreadable],
    notes: [],
  };
  if (root === undefined) return { problems: inOrder(check.problems) };
  const isEmpty = root.kind === 'scalar' && root.value === null;
  const top: ConfigNode = isEmpty ? { line: 1, column: 1, kind: 'map', entries: new Map() } : root;
  const config = checkValue(check, configSchema, top, []) as Partial<EarshotConfig> | undefined;
  const spoilt = new Set(check.problems.map(({ path }) => /^[^.[]*/.exec(path)?.[0] ?? ''));
  if (config !== undefined && unreadable.length === 0) {
    const known = check.problems.map(({ path }) => path);
    const found = libraryProblems(withStandIns(config), spoilt, surroundings);
    for (const { path, message } of [...found, ...rulesOfFiles(config, surroundings)]) {
      // What is said of a group as a whole may come of what was told of a part of it.
      const text = pathText(path);
      const isExplained = known.some((at) => at.startsWith(text) && !/^\w/.test(at.slice(text.length)));
      if (!isExplained) tell(check, placeOf(top, path), path, message);
    }
  }
  const notes = check.notes.length > 0 && { notes: inOrder(check.notes) };
  return check.problems.length > 0
    ? { problems: inOrder(check.problems), ...notes }
    : { config: config as EarshotConfig, ...notes };
}

/** What can be checked where not every text is here: names of metadata stay, and get a text that nobody will see. */
function withStandIns(config: Partial<EarshotConfig>): Partial<EarshotConfig> {
  const { upstream } = config;
  if (upstream === undefined) return config;
  const { metadata } = upstream;
  const { known } = withoutMissingTexts(upstream);
  const texts = Object.entries(metadata ?? {}).map(([name, text]) => [
    name,
    text.isMissing ? referencedText('missing', text.origin) : text,
  ]);
  return { ...config, upstream: { ...known, ...(metadata && { metadata: Object.fromEntries(texts) }) } };
}

/** Where a value stands; where what it belongs to stands, when it is not there. */
function placeOf(root: ConfigNode, path: ConfigPath): Place {
  let node = root;
  for (const step of path) {
    const inside =
      node.kind === 'map'
        ? node.entries.get(String(step))?.value
        : node.kind === 'list'
          ? node.items[Number(step)]
          : undefined;
    if (inside === undefined) break;
    node = inside;
  }
  return node;
}

function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const last = sorted.at(-1);
  if (sorted.length < maxProblems || !last) return sorted;
  const { line, column } = last;
  return [...sorted, { line, column, path: '', message: 'there are more problems; mend these first' }];
}
