import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/cli/config/read-config.js';
import { codeBlocks, withoutCode } from './support/markdown.js';
import { readProjectFile } from './support/project.js';

const folder = 'examples/raspberry-pi';
const readme = readProjectFile(`${folder}/README.md`);
const picture = readProjectFile(`${folder}/images/wiring.svg`);

/** Where a piece of a config may belong. */
const places = [
  (piece: string) => piece,
  (piece: string) => `upstream: { target: "127.0.0.1:9", ${piece} }`,
  (piece: string) => `voice: { ladder: [{ engine: earcon }], ${piece} }`,
  (piece: string) => `devices: { ${piece} }`,
  (piece: string) => `devices: { playout: { ${piece} } }`,
  (piece: string) => `echoCancellers: { ${piece} }`,
  (piece: string) => `pipeline: { endpointing: { ${piece} } }`,
  (piece: string) => `transcriber: { engine: moonshine, ${piece} }`,
];

describe('README.md of the Raspberry Pi', () => {
  it('tells pieces of a config that are taken where they belong', () => {
    const pieces = [...withoutCode(readme, 'keep-inline').matchAll(/`([a-zA-Z]+: [^`]+)`/g)].map(
      ([, piece = '']) => piece,
    );
    expect(pieces.length).toBeGreaterThan(6);
    for (const piece of pieces) {
      const problems = places.map((place) => {
        const group = place(piece);
        const rest = ['upstream: { target: "127.0.0.1:9" }', 'transcriber: { engine: moonshine }'].filter(
          (line) => line.split(':')[0] !== group.split(':')[0],
        );
        const text = [...rest, group].join('\n');
        // A calibration of another room is not asked for.
        return readConfig(text, { env: {}, readFile: () => calibration }).problems?.[0]?.message;
      });
      expect([piece, problems.some((problem) => problem === undefined)]).toEqual([piece, true]);
    }
  });

  it('has a config to try without a model, of recordings and questions that come with the package', () => {
    const config = /<<'END'\n(.*?)\nEND\n/s.exec(readme)?.[1] ?? '';
    const sources = config.replaceAll('/opt/earshot/node_modules/earshot/dist/demo', 'examples/demo');
    const read = readConfig(sources, { env: {}, readFile: (path) => readProjectFile(path) });
    expect([read.problems, read.config?.devices]).toMatchObject([undefined, { kind: 'wav-file' }]);
    for (const path of sources.match(/examples\/\S+/g) ?? []) expect(readProjectFile(path)).not.toBe('');
    const asked = /ask "([^"]*)" --target/.exec(readme)?.[1] ?? '';
    const known = [...(/The server knows ([^\n]*) too\./.exec(readme)?.[1] ?? '').matchAll(/"([^"]*)"/g)];
    const questions = known.map(([, question]) => question);
    expect(questions).toContain(asked);
    const answers: unknown = JSON.parse(readProjectFile('examples/demo/answers.json'));
    expect(answers).toMatchObject(
      Object.fromEntries(questions.map((question) => [question, expect.any(Array)])),
    );
  });

  it('wires what the picture shows, to the lines that the config has', () => {
    const wired = [...readme.matchAll(/^\| (?:amplifier|button|LED)[^|]*\|[^|]*\| ([^|]*)\|$/gm)];
    const lines = wired.flatMap(([, names = '']) => names.match(/GPIO\d+/g) ?? []);
    expect(lines.sort()).toEqual(['GPIO17', 'GPIO18', 'GPIO19', 'GPIO21', 'GPIO27']);
    for (const line of lines) expect(picture).toMatch(new RegExp(`class="taken[^>]*>${line}<`));
    const config = readProjectFile(`${folder}/earshot.yaml`);
    expect([config.includes('line: GPIO17'), config.includes('white: GPIO27')]).toEqual([true, true]);
  });

  it('names programs, folders and files where the installer puts them', () => {
    const installer = readProjectFile(`${folder}/install.sh`);
    const commands = codeBlocks(readme)
      .map(({ code }) => code)
      .join('');
    for (const path of ['/opt/earshot', '/etc/earshot/earshot.yaml', '/etc/earshot/token']) {
      expect([path, commands.includes(path)]).toEqual([path, true]);
    }
    // Whoever composes by hand gets the same versions.
    const peers = commands.match(/(?<= )@?[a-z/-]+@\d[\d.]+(?= )/g) ?? [];
    expect(peers).toHaveLength(4);
    for (const peer of peers) expect(installer).toContain(peer);
    const lines = readProjectFile(`${folder}/main.ts`).trimEnd().split('\n').length;
    expect([readme.includes('in some 100 lines'), lines > 85 && lines < 115]).toEqual([true, true]);
  });
});

const calibration = JSON.stringify({
  earshot: 'calibration',
  version: 1,
  measuredAt: '2026-03-01T12:00:00Z',
  devices: { capture: 'default', playout: 'default' },
  figures: {
    ...{
      delayMs: 40,
      delaySpreadMs: 2,
      returnLossDb: 10,
      noiseDb: -60,
      reverberationMs: 300,
      clippedShare: 0,
    },
    ...{ driftPpm: 10, driftErrorPpm: 2, wakeLossMs: 0, wakeSilenceMs: null },
  },
});
