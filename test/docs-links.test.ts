import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, codeBlocks, withoutCode } from './support/markdown.js';
import { projectFiles, projectFolder, readProjectFile } from './support/project.js';

const paths = projectFiles('.md');
const pages = paths.map((path) => ({ path, text: readProjectFile(path) }));
const { scripts, exports, files } = JSON.parse(readProjectFile('package.json')) as {
  readonly files: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, unknown>>;
};

/** Targets of links and pictures that are no addresses. */
function linksIn(markdown: string): readonly string[] {
  const links = withoutCode(markdown, 'drop-inline').matchAll(/\]\(([^)\s]+)\)/g);
  return [...links].map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/** Whether npm packs a file; what it packs whatever it is told is the first three. */
function isPacked(path: string): boolean {
  const always = ['package.json', 'README.md', 'LICENSE'];
  return [...always, ...files].some((entry) => path === entry || path.startsWith(`${entry}/`));
}

/** Whether a page sends its reader to the sources, which only a checkout has. */
const isForContributors = (path: string): boolean =>
  /^(ARCHITECTURE|CONTRIBUTING|GLOSSARY|CHANGELOG)\.md$|^docs\/adr\//.test(path);

/** `code` in the lines of a page. */
function inlineCode(markdown: string): readonly string[] {
  const prose = withoutCode(markdown, 'keep-inline');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** Whether a subpath of the package is exported; patterns end in a star. */
function isExported(subpath: string): boolean {
  return Object.keys(exports).some((key) =>
    key.endsWith('*')
      ? subpath.startsWith(key.slice(1, -1))
      : `.${subpath}` === key || subpath === `${key.slice(1)}*`,
  );
}

describe('the documentation', () => {
  it('is found', () => {
    expect(paths).toEqual(expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'docs/conversation.md']));
  });

  it.each(pages)('links to what is there: $path', ({ path, text }) => {
    for (const link of linksIn(text)) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : normalize(join(dirname(path), file));
      expect([link, existsSync(projectFolder + target)]).toEqual([link, true]);
      if (anchor !== undefined) {
        expect([link, anchorsOf(readProjectFile(target)).has(anchor)]).toEqual([link, true]);
      }
    }
  });

  it.each(pages.filter(({ path }) => isPacked(path)))(
    'sends who has the package to nothing that is not in it: $path',
    ({ path, text }) => {
      for (const link of linksIn(text)) {
        const [file = ''] = link.split('#');
        const target = file === '' ? path : normalize(join(dirname(path), file)).replace(/\/$/, '');
        expect([link, isPacked(target)]).toEqual([link, true]);
      }
      if (isForContributors(path)) return;
      const named = inlineCode(text).filter((name) =>
        /^(src|test|scripts|bench|examples)\/[\w./-]*$/.test(name),
      );
      for (const name of named) expect([name, isPacked(name)]).toEqual([name, true]);
    },
  );

  it.each(pages)('names files, scripts and subpaths that are there: $path', ({ text }) => {
    const code = inlineCode(text);
    const files = code.filter((name) =>
      /^(src|test|docs|examples|scripts|proto|bench|assets|\.ci)\/[\w./-]*$/.test(name),
    );
    for (const name of files) expect([name, existsSync(projectFolder + name)]).toEqual([name, true]);

    const commands = [...code, ...codeBlocks(text).map((block) => block.code)].join('\n');
    for (const [, script = ''] of commands.matchAll(/npm run ([\w:-]+)/g)) {
      expect([script, script in scripts]).toEqual([script, true]);
    }
    const subpaths = code
      .filter((name) => /^earshot\/[\w/*-]+$/.test(name))
      .map((name) => name.slice('earshot'.length));
    for (const subpath of subpaths) {
      const known = subpath.endsWith('/*')
        ? Object.keys(exports).some((key) => key.startsWith(`.${subpath.slice(0, -1)}`))
        : isExported(subpath);
      expect([subpath, known]).toEqual([subpath, true]);
    }
  });

  it('has no emoji, and promises nothing', () => {
    const unwanted = /\p{Emoji_Presentation}|\u{FE0F}|\b(?:TODO|TBD|FIXME|coming soon)\b/u;
    for (const { path, text } of pages) expect([path, unwanted.exec(text)?.[0]]).toEqual([path, undefined]);
  });
});

describe('retired words', () => {
  const retired = /\b(playback|manager|helpers?|utils|misc)\b/i;
  /** Names and texts of other people's programs. */
  const theirs =
    /(?:pulseaudio|alsa)-utils|--playback|: playback |\(playback\)|playback(?:\/recording| stream)|PLAYBACK/gi;
  const retiredIn = (text: string): string | undefined => retired.exec(text.replace(theirs, ''))?.[0];
  const sources = projectFiles('.ts', 'src').filter((path) => !path.includes('/generated/'));

  it('stand in no page but the glossary that retires them', () => {
    for (const { path, text } of pages) {
      if (path === 'GLOSSARY.md') continue;
      expect([path, retiredIn(text)]).toEqual([path, undefined]);
    }
  });

  it('stand in no source and in no name of one', () => {
    expect(sources.length).toBeGreaterThan(50);
    for (const path of sources) {
      expect([path, retiredIn(path) ?? retiredIn(readProjectFile(path))]).toEqual([path, undefined]);
    }
  });
});
