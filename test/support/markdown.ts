/** A fenced block of a page. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
  /** Line of the page that its first line stands on, from 1. */
  readonly line: number;
}

/** A heading with all that follows it, up to the next heading of its level or above. */
export interface Section {
  readonly title: string;
  readonly body: string;
}

/** Every fenced block, in order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: { language: string; lines: string[]; line: number }[] = [];
  let open = false;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)/.exec(text);
    if (fence && !open) blocks.push({ language: fence[1] ?? '', lines: [], line: index + 2 });
    else if (!fence && open) blocks.at(-1)?.lines.push(text);
    if (fence) open = !open;
  }
  if (open) throw new Error('a fenced block is never closed');
  return blocks.map(({ language, lines, line }) => ({ language, line, code: `${lines.join('\n')}\n` }));
}

/** The page without its fenced blocks; with `inline`, without `code` in its lines too. */
export function withoutCode(markdown: string, inline: 'keep-inline' | 'drop-inline'): string {
  const prose = markdown.replace(/^```[\s\S]*?^```/gm, '');
  return inline === 'keep-inline' ? prose : prose.replace(/`[^`\n]+`/g, '');
}

/** The sections below headings of this level, 1 to 6. */
export function sectionsOf(markdown: string, level: number): readonly Section[] {
  const mark = '#'.repeat(level);
  const parts = withoutCode(markdown, 'keep-inline')
    .split(new RegExp(`^${mark} `, 'm'))
    .slice(1);
  return parts.map((part) => {
    const [title = '', ...body] = part.split('\n');
    const text = body.join('\n');
    const end = text.search(new RegExp(`^#{1,${level}} `, 'm'));
    return { title: title.trim(), body: end < 0 ? text : text.slice(0, end) };
  });
}

/** Anchors that a page has, as code hosts make them out of its headings. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = [...withoutCode(markdown, 'keep-inline').matchAll(/^#{1,6} +(.+)$/gm)];
  return new Set(
    headings.map(([, title = '']) =>
      title
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  );
}
