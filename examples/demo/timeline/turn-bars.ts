import type { TimelineTurn } from './data.js';
import { escapeHtml, milliseconds } from './html.js';

const phases = {
  endpointing: 'deciding that the turn is over',
  quiet: 'waiting in silence',
  filler: 'filler and what was left of the wait',
} as const;

type Phase = { readonly name: keyof typeof phases; readonly lastsMs: number };

/** One bar per turn, all on one scale that starts at the end of speech. */
export function renderTurns(turns: readonly TimelineTurn[]): string {
  if (turns.length === 0) return '<p class="none">No turns.</p>';
  const scaleMs = Math.max(1, ...turns.map((turn) => lastMomentMs(turn) - turn.endOfSpeechMs));
  const rows = turns.map((turn, i) => renderTurn(turn, i + 1, scaleMs)).join('\n');
  const legend = Object.entries(phases)
    .map(([name, meaning]) => `<span><i class="swatch ${name}"></i>${meaning}</span>`)
    .join('');
  return `<div class="turns">
${rows}
</div>
<div class="legend">${legend}<span><i class="swatch mark"></i>first word of the reply</span></div>`;
}

function renderTurn(turn: TimelineTurn, number: number, scaleMs: number): string {
  const percent = (ms: number) => `${((ms / scaleMs) * 100).toFixed(2)}%`;
  const bars = splitWait(turn)
    .map(({ name, lastsMs }) => {
      const text = `${phases[name]}: ${milliseconds(lastsMs)}`;
      return `<i class="${name}" style="width:${percent(lastsMs)}" title="${text}">${Math.round(lastsMs)}</i>`;
    })
    .join('');
  const reply =
    turn.firstReplyHeardMs === null
      ? 'no reply heard'
      : milliseconds(turn.firstReplyHeardMs - turn.endOfSpeechMs);
  const heard = turn.replyHeardMs > 0 ? `, then ${milliseconds(turn.replyHeardMs)} heard` : '';
  const mark = turn.firstReplyHeardMs === null ? 'none' : 'mark';
  return `<article class="turn">
<div class="words"><b>${number}</b><p class="said">${escapeHtml(turn.said)}</p><p class="answered">${escapeHtml(turn.answered)}</p></div>
<div class="wait"><div class="bar">${bars}<i class="${mark}"></i></div>
<p><b>${reply}</b>${heard}<span class="tag">${escapeHtml(turn.outcome)}</span></p></div>
</article>`;
}

/** What the user waited for, phase by phase, from the end of speech on. */
function splitWait(turn: TimelineTurn): readonly Phase[] {
  const { endOfSpeechMs, turnEndedMs, fillerHeardMs, firstReplyHeardMs } = turn;
  const until = lastMomentMs(turn);
  const quietUntil = fillerHeardMs ?? firstReplyHeardMs ?? turnEndedMs;
  const split: readonly Phase[] = [
    { name: 'endpointing', lastsMs: turnEndedMs - endOfSpeechMs },
    { name: 'quiet', lastsMs: quietUntil - turnEndedMs },
    { name: 'filler', lastsMs: fillerHeardMs === null ? 0 : until - fillerHeardMs },
  ];
  return split.filter(({ lastsMs }) => lastsMs > 0);
}

function lastMomentMs(turn: TimelineTurn): number {
  return turn.firstReplyHeardMs ?? turn.fillerHeardMs ?? turn.turnEndedMs;
}
