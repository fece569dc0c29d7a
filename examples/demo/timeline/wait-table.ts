import { purposeOf } from '../summary/fillers.js';
import type { TimelineTurn } from './data.js';
import { escapeHtml, milliseconds } from './html.js';

interface Row {
  readonly number: number;
  readonly atMs: number;
  readonly what: string;
  readonly why: string;
  readonly expectedWaitMs: number | null;
  readonly waited: string;
}

/** For each wait: what was spoken or why nothing was, how long the wait was expected to be by then, and how long it was. */
export function renderWaits(turns: readonly TimelineTurn[]): string {
  const rows = turns
    .flatMap((turn, i) => [
      ...(turn.earlierRevisions ?? []).flatMap((one) => rowsOf(one, i + 1, 'cut short')),
      ...rowsOf(turn, i + 1, 'no answer'),
    ])
    .map(renderRow);
  if (rows.length === 0)
    return '<p class="none">Nobody had to wait for so long that there was one to choose.</p>';
  return `<table class="waits">
<thead><tr><th>turn</th><th>at</th><th>filler</th><th>why</th><th>wait expected</th><th>waited</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<p class="none">What is expected is learned from the waits before. Both count from when the turn was sent.</p>`;
}

function rowsOf(
  { fillers = [], heldBack, waitedMs = null }: TimelineTurn,
  number: number,
  otherwise: string,
): Row[] {
  const waited = waitedMs === null ? otherwise : milliseconds(waitedMs);
  const spoken = fillers.map(({ atMs, text, context, expectedWaitMs }): Row => {
    return { number, atMs, what: text, why: purposeOf(context), expectedWaitMs, waited };
  });
  if (!heldBack) return spoken;
  const { atMs, reason, expectedWaitMs } = heldBack;
  return [...spoken, { number, atMs, what: 'none', why: reason, expectedWaitMs, waited }];
}

function renderRow({ number, atMs, what, why, expectedWaitMs, waited }: Row): string {
  const expected = expectedWaitMs === null ? '' : milliseconds(expectedWaitMs);
  const cells = [String(number), `${(atMs / 1000).toFixed(2)} s`, what, why, expected, waited];
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
}
