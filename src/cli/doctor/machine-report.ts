import { type CheckGroup, type Finding, groupOf, type Rating } from './finding.js';

/** What programs get of an examination. */
export interface MachineReport {
  /** Nothing is red. */
  readonly ok: boolean;
  readonly verdict: string;
  /** The config as it was given; null without one. */
  readonly config: string | null;
  readonly counts: Readonly<Record<Rating, number>>;
  readonly checks: readonly (Finding & { readonly group: CheckGroup })[];
}

export function machineReport(findings: readonly Finding[], config: string | undefined): MachineReport {
  const of = (rating: Rating): readonly Finding[] => findings.filter((one) => one.rating === rating);
  const counts = { green: of('green').length, amber: of('amber').length, red: of('red').length };
  return {
    ok: counts.red === 0,
    verdict: verdictOf(of('red'), of('amber')),
    config: config ?? null,
    counts,
    checks: findings.map((one) => ({ group: groupOf(one.id), ...one })),
  };
}

function verdictOf(reds: readonly Finding[], ambers: readonly Finding[]): string {
  if (reds.length > 0) return `red: ${namesOf(reds)}`;
  return ambers.length > 0 ? `nothing is red; amber: ${namesOf(ambers)}` : 'all is well';
}

const namesOf = (findings: readonly Finding[]): string =>
  findings.map(({ id, about }) => (about === id ? id : `${id} ${about}`)).join(', ');

const leastWidth = 16;

const labelOf = ({ id, about }: Finding): string => (about === id ? id : about);

/** One finding, for people, with what to do below it. @param width - of the column of labels. */
function findingWords(found: Finding, width: number): string {
  const { rating, finding, cure } = found;
  const lines = [
    `  ${rating.padEnd(5)}  ${labelOf(found).padEnd(width)}  ${finding}`,
    ...(cure === null ? [] : [`${' '.repeat(width + 11)}${cure}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Prints findings as they come, each group below its name. */
export function groupedWords(): (findings: readonly Finding[]) => string {
  let open: CheckGroup | undefined;
  return (findings) => {
    const width = Math.max(leastWidth, ...findings.map((one) => labelOf(one).length));
    return findings
      .map((finding) => {
        const group = groupOf(finding.id);
        const heading = group === open ? '' : `${open === undefined ? '' : '\n'}${group}\n`;
        open = group;
        return heading + findingWords(finding, width);
      })
      .join('');
  };
}
