import type { AcousticFigures, AcousticJudgement } from '../../index.js';
import { judgeAcoustics } from '../../index.js';
import { explain } from '../command-error.js';
import { printable } from '../printable.js';

/** What an examination came to. */
export interface DoctorReport {
  /** Nothing is bad. */
  readonly ok: boolean;
  readonly verdict: string;
  readonly devices: { readonly capture: string; readonly playout: string };
  readonly judgements: readonly AcousticJudgement[];
  readonly figures: AcousticFigures;
}

export function doctorReport(figures: AcousticFigures, devices: DoctorReport['devices']): DoctorReport {
  const judgements = judgeAcoustics(figures);
  const of = (rating: AcousticJudgement['rating']): readonly string[] =>
    judgements.filter((one) => one.rating === rating).map(({ about }) => about);
  const [bad, fair] = [of('bad'), of('fair')];
  const verdict =
    bad.length > 0
      ? `bad: ${bad.join(', ')}`
      : fair.length > 0
        ? `it works, and could be better: ${fair.join(', ')}`
        : 'all is well';
  return { ok: bad.length === 0, verdict, devices, judgements, figures };
}

/** What programs get of an examination that came to nothing: the same fields, and what people are told as the verdict. */
export function failureReport(
  error: unknown,
  devices: DoctorReport['devices'],
): Omit<DoctorReport, 'figures'> & { readonly figures: null } {
  const verdict = explain(error)?.sentence ?? printable(String(error));
  return { ok: false, verdict, devices, judgements: [], figures: null };
}

/** For people: a line for each judgement, with what to do below it, and the verdict. */
export function doctorWords({ devices, judgements, verdict }: DoctorReport): string {
  const width = Math.max(...judgements.map(({ about }) => about.length));
  const lines = judgements.flatMap(({ rating, about, finding, cure }) => [
    `  ${rating}  ${about.padEnd(width)}  ${printable(finding)}`,
    ...(cure === null ? [] : [`${' '.repeat(width + 10)}${printable(cure)}`]),
  ]);
  const heading = `from the loudspeaker ${printable(devices.playout)} to the microphone ${printable(devices.capture)}`;
  return [heading, ...lines, verdict, ''].join('\n');
}
