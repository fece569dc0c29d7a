import type { TimelineBargeIn } from './data.js';
import { milliseconds } from './html.js';
import { type BargeInLimits, bargeInLatencies } from './outcome.js';

interface Step {
  readonly name: 'ducking' | 'silencing' | 'restoring';
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** The limit, in ms from the onset; null when this step has none. */
  readonly limitMs: number | null;
}

const titles = {
  filler: 'Barge-in during a filler',
  reply: 'Barge-in during a reply',
  cough: 'Cough during a reply',
} as const;

/** What is shown of the time before the onset. */
const leadMs = 150;

/** One waterfall per barge-in, all on one scale. */
export function renderBargeIns(bargeIns: readonly TimelineBargeIn[], limits: BargeInLimits): string {
  if (bargeIns.length === 0) return '<p class="none">Nobody barged in.</p>';
  const all = bargeIns.map((bargeIn) => ({ bargeIn, steps: stepsOf(bargeIn, limits) }));
  const ends = all.flatMap(({ steps }) => steps.flatMap(({ toMs, limitMs }) => [toMs, limitMs ?? 0]));
  const scaleMs = leadMs + Math.ceil((Math.max(...ends, 100) * 1.06) / 50) * 50;
  const cards = all.map(({ bargeIn, steps }, i) => renderBargeIn(bargeIn, steps, scaleMs, i)).join('\n');
  return `<div class="barge-ins">
${cards}
</div>
<div class="legend"><span><i class="swatch onset"></i>onset of the user's sound</span><span><i class="swatch limit"></i>limit</span><span>sounds and bars on one scale, ${scaleMs} ms wide</span></div>`;
}

function stepsOf(bargeIn: TimelineBargeIn, limits: BargeInLimits): readonly Step[] {
  const { ducked, silent, restored } = bargeInLatencies(bargeIn);
  const isCough = bargeIn.kind === 'cough';
  const steps: Step[] = [
    {
      name: 'ducking',
      text: 'ducked',
      fromMs: 0,
      toMs: ducked,
      limitMs: isCough ? null : limits.duckedMs,
    },
  ];
  if (silent !== null) {
    steps.push({
      name: 'silencing',
      text: 'silent',
      fromMs: ducked,
      toMs: silent,
      limitMs: limits.silentMs,
    });
  }
  if (restored !== null) {
    const limitMs = ducked + limits.restoredMs;
    steps.push({ name: 'restoring', text: 'restored', fromMs: ducked, toMs: ducked + restored, limitMs });
  }
  return steps;
}

function renderBargeIn(
  bargeIn: TimelineBargeIn,
  steps: readonly Step[],
  scaleMs: number,
  index: number,
): string {
  const width = (ms: number) => `${((Math.max(0, ms) / scaleMs) * 100).toFixed(2)}%`;
  const left = (ms: number) => width(ms + leadMs);
  const rows = steps
    .map((step) => {
      const late = step.limitMs !== null && step.toMs > step.limitMs;
      const limit = step.limitMs === null ? '' : `<i class="limit" style="left:${left(step.limitMs)}"></i>`;
      const lasts =
        step.name === 'restoring'
          ? `${milliseconds(step.toMs - step.fromMs)} later`
          : `after ${milliseconds(step.toMs)}`;
      // That of restoring counts from the duck.
      const since = step.name === 'restoring' ? step.fromMs : 0;
      const allowed = step.limitMs === null ? null : Math.round(step.limitMs - since);
      const verdict = allowed === null ? '' : `<small>limit ${allowed} ms</small>`;
      return `<div class="step${late ? ' late' : ''}"><span>${step.text} <b>${lasts}</b>${verdict}</span>
<div class="track"><i class="onset" style="left:${left(0)}"></i><i class="${step.name}" style="left:${left(step.fromMs)};width:${width(step.toMs - step.fromMs)}"></i>${limit}</div></div>`;
    })
    .join('\n');
  const missing = bargeIn.kind === 'cough' ? bargeIn.restoredMs === null : bargeIn.silentMs === null;
  const never = bargeIn.kind === 'cough' ? 'never restored' : 'never silent';
  return `<article class="barge-in">
<h3>${titles[bargeIn.kind]}<small>at ${(bargeIn.speechOnsetMs / 1000).toFixed(2)} s</small></h3>
<canvas class="moment" data-barge-in="${index}" data-from-ms="${-leadMs}" data-scale-ms="${scaleMs}" role="img" aria-label="Microphone above, loudspeaker below"></canvas>
${rows}${missing ? `<p class="late">${never}</p>` : ''}
</article>`;
}
