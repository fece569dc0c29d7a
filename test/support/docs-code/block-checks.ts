import { parse } from 'yaml';
import { problemLine } from '../../../src/cli/config/config-problem.js';
import { readConfig } from '../../../src/cli/config/read-config.js';
import type { ConfigSurroundings } from '../../../src/cli/config/referenced-text.js';
import { makeCertificate } from '../certificates.js';
import type { CodeBlock } from '../markdown.js';
import { commandProblems } from './known-commands.js';
import { shellCommands, syntaxProblem } from './shell-commands.js';

/** What is wrong with a block, one sentence each; none for one that holds. */
export type BlockCheck = (block: CodeBlock) => readonly string[] | Promise<readonly string[]>;

async function checkShell({ code }: CodeBlock): Promise<readonly string[]> {
  const problem = syntaxProblem(code);
  if (problem !== undefined) return [problem];
  const found = await Promise.all(
    shellCommands(code).map(async (command) =>
      (await commandProblems(command)).map((text) => `line ${command.line} of the block: ${text}`),
    ),
  );
  return found.flat();
}

const service = makeCertificate({ commonName: 'service', authority: true });

/** Everything that a page may refer to is there. */
const surroundings: ConfigSurroundings = {
  env: new Proxy({}, { get: () => 'a text from the environment' }),
  readFile: (path) =>
    /\.key$/.test(path) ? service.keyPem : /\.pem$/.test(path) ? service.pem : 'a text from a file',
};

/** What a config needs at least; a fragment is completed with what it leaves out of it. */
const least = {
  upstream: 'upstream: { target: 127.0.0.1:50051 }',
  transcriber: 'transcriber: { engine: moonshine }',
};

/** Groups by which files of other programs are known, which are YAML and nothing that we can check further. */
const othersGroups = ['scrape_configs', 'groups'];

function checkYaml({ code }: CodeBlock): readonly string[] {
  let content: unknown;
  try {
    content = parse(code);
  } catch (cause) {
    return [String(cause)];
  }
  const names = Object.keys((content ?? {}) as object);
  if (names.some((name) => othersGroups.includes(name))) return [];
  const missing = Object.entries(least).filter(([name]) => !names.includes(name));
  const whole = [code, ...missing.map(([, line]) => line)].join('\n');
  return (readConfig(whole, surroundings).problems ?? []).map((problem) => problemLine('the block', problem));
}

function checkJson({ code }: CodeBlock): readonly string[] {
  try {
    JSON.parse(code);
    return [];
  } catch (cause) {
    return [String(cause)];
  }
}

/** As npm, systemd and the boot loader of a Raspberry Pi have it: groups, and names with values. */
function checkIni({ code }: CodeBlock): readonly string[] {
  return code
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*([#;].*|\[[^[\]]+\]|[\w@/.:-]+\s*=.*)$/.test(line))
    .map((line) => `${JSON.stringify(line)} is neither a group nor a name with a value`);
}

/** Languages of blocks, but for TypeScript, which is compiled all at once. `text` is what nobody can check. */
export const blockChecks: Readonly<Record<string, BlockCheck>> = {
  sh: checkShell,
  yaml: checkYaml,
  json: checkJson,
  ini: checkIni,
  text: () => [],
  ts: () => [],
};

/** @returns what is wrong with it, a language that nobody checks among it. */
export async function blockProblems(block: CodeBlock): Promise<readonly string[]> {
  const check = blockChecks[block.language];
  return check
    ? check(block)
    : [`blocks are of one of ${Object.keys(blockChecks).join(', ')}, not ${JSON.stringify(block.language)}`];
}
