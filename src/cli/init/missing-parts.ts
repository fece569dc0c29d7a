import type { EarshotConfig } from '../config/earshot-config.js';
import { needOfPackage } from '../doctor/checks/package-needs.js';
import { installWord, optionalPackages } from '../doctor/checks/packages.js';
import { wantedPrograms } from '../doctor/checks/program-needs.js';
import type { Machine } from '../doctor/machine.js';
import { type ModelDownload, modelsOf } from './models-of.js';
import { shellWord } from './shell-word.js';

/** Where a config is to run. */
export interface Site extends Pick<Machine, 'platform' | 'findPackage' | 'findProgram'> {
  /** Whether it is started by systemd. */
  readonly hasSystemd: boolean;
  /** The folder in which packages are installed; undefined for the one that a command runs in. */
  readonly packagesFolder: string | undefined;
  /** Whether a model was downloaded already, for whoever runs the config. */
  hasModel(model: ModelDownload): Promise<boolean>;
}

/** What a config needs, and is not here yet. */
export interface MissingParts {
  /** Packages and programs, each with what needs it. */
  readonly parts: readonly { readonly name: string; readonly why: string }[];
  /** Commands that install them. */
  readonly commands: readonly string[];
  /** What the first start downloads. */
  readonly downloads: readonly Pick<ModelDownload, 'name' | 'megabytes'>[];
}

export const nothingMissing: MissingParts = { parts: [], commands: [], downloads: [] };

const apt = 'sudo apt install ';

/** What has to come before the first start. Asks for nothing that a config does not need. */
export async function missingParts(config: EarshotConfig, site: Site): Promise<MissingParts> {
  const packages = [];
  for (const [name, range] of Object.entries(optionalPackages())) {
    const { why, when } = needOfPackage(name, config, site.platform);
    if (when !== 'never' && (await site.findPackage(name)) === null) packages.push({ name, why, range });
  }
  const programs = [];
  for (const { name, why, when, cure, programs: wanted } of wantedPrograms(config, site)) {
    if (when === 'never') continue;
    const found = await Promise.all(wanted.map((program) => site.findProgram(program)));
    if (found.includes(null)) programs.push({ name, why, cure });
  }
  const downloads = [];
  for (const model of modelsOf(config)) {
    if (!(await site.hasModel(model))) downloads.push({ name: model.name, megabytes: model.megabytes });
  }
  const words = packages.map(({ name, range }) => installWord(name, range));
  const where = site.packagesFolder === undefined ? '' : `--prefix ${shellWord(site.packagesFolder)} `;
  const cures = programs.map(({ cure }) => cure.replace(/^run: /, ''));
  const fromApt = cures.filter((cure) => cure.startsWith(apt)).map((cure) => cure.slice(apt.length));
  return {
    parts: [...packages, ...programs].map(({ name, why }) => ({ name, why })),
    commands: [
      ...(words.length > 0 ? [`npm install ${where}${words.join(' ')}`] : []),
      ...(fromApt.length > 0 ? [`${apt}${fromApt.join(' ')}`] : []),
      // Cures of what is no package of the system are sentences.
      ...cures.filter((cure) => /^\w+ install /.test(cure)),
    ],
    downloads,
  };
}

/** The same for people: one block, or nothing where nothing is missing. */
export function missingWords({ parts, commands, downloads }: MissingParts): readonly string[] {
  const named = parts.map(({ name, why }) => `${name} (for ${why})`);
  const models = downloads.map(({ name, megabytes }) => `${name}, some ${megabytes} MB`);
  return [
    ...(named.length > 0 ? [`Not installed yet: ${named.join(', ')}.`, ''] : []),
    ...commands.map((command) => `  ${command}`),
    ...(commands.length > 0 ? [''] : []),
    ...(models.length > 0 ? [`The first start downloads ${models.join(', and ')}.`, ''] : []),
  ];
}
