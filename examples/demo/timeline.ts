import { readFileSync } from 'node:fs';
import { demoFile } from './demo-files.js';
import { renderBargeIns } from './timeline/barge-in-waterfall.js';
import type { Envelope, TimelineData } from './timeline/data.js';
import { escapeHtml, milliseconds } from './timeline/html.js';
import { findProblems, limitsOn, summaryTiles } from './timeline/outcome.js';
import { renderTurns } from './timeline/turn-bars.js';
import { renderWaits } from './timeline/wait-table.js';

/**
 * The outline of a recording, small enough to draw.
 *
 * @param samples - in [-1, 1].
 * @param stepMs - length of one step; the last one may be shorter.
 */
export function envelope(samples: Float32Array, sampleRateHz: number, stepMs: number): Envelope {
  if (!(stepMs > 0) || !(sampleRateHz > 0)) {
    throw new RangeError(`envelope needs a positive step and rate, not ${stepMs} ms at ${sampleRateHz} Hz`);
  }
  const steps = Math.ceil((samples.length * 1000) / sampleRateHz / stepMs);
  const min: number[] = [];
  const max: number[] = [];
  for (let step = 0; step < steps; step++) {
    const from = Math.floor((step * stepMs * sampleRateHz) / 1000);
    const to = Math.min(
      samples.length,
      Math.max(from + 1, Math.floor(((step + 1) * stepMs * sampleRateHz) / 1000)),
    );
    let low = samples[from] ?? 0;
    let high = low;
    for (let i = from + 1; i < to; i++) {
      const sample = samples[i] ?? 0;
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
    min.push(thousandth(low));
    max.push(thousandth(high));
  }
  return { min, max, stepMs };
}

/**
 * One HTML page that tells what happened: sound, speech probability, states, events and latencies.
 * It needs nothing but itself: no network, no other file.
 */
export function renderTimeline(data: TimelineData): string {
  const problems = findProblems(data);
  const outcome = problems.length === 0 ? 'passed' : 'failed';
  const tiles = summaryTiles(data)
    .map(
      ({ value, label, note }) =>
        `<div class="tile"><b>${escapeHtml(value)}</b><span>${escapeHtml(label)}</span><small>${escapeHtml(note)}</small></div>`,
    )
    .join('\n');
  const problemList = problems.map((problem) => `<li>${escapeHtml(problem)}</li>`).join('');
  const speechList = (data.speech ?? []).map((line) => `<li>${escapeHtml(line)}</li>`).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(data.title)}: what happened</title>
<style>
${asset('page.css')}</style>
</head>
<body>
<header>
<h1>${escapeHtml(data.title)}</h1>
<span class="outcome ${outcome}">${outcome}</span>
<span class="length">${milliseconds(data.durationMs)} of conversation${escapeHtml(openLoudspeaker(data))}</span>
</header>
${speechList === '' ? '' : `<ul class="speech">${speechList}</ul>`}
${problemList === '' ? '' : `<ul class="problems">${problemList}</ul>`}
<section class="tiles">
${tiles}
</section>
<section class="card">
<div class="card-head"><h2>Timeline</h2><p class="hint">Wheel or + and - zoom, drag or arrow keys move, 0 shows all</p></div>
<div class="stage"><canvas id="timeline" tabindex="0" role="img" aria-label="Sound, speech probability, states and events over time"></canvas><div id="readout" hidden></div></div>
<div class="legend" id="legend"></div>
<noscript>The drawing needs JavaScript; the figures below do not.</noscript>
</section>
<section class="card">
<h2>Turns: from the end of speech to the first word of the answer</h2>
${renderTurns(data.turns)}
</section>
<section class="card">
<h2>Fillers: which, why, and for how long a wait</h2>
${renderWaits(data.turns)}
</section>
<section class="card">
<h2>Barge-ins: from the first sound of the user to silence</h2>
${renderBargeIns(data.bargeIns, limitsOn(data.place, data.echoDb))}
</section>
<script type="application/json" id="data">${embedJson(data)}</script>
<script>
${asset('view.js')}</script>
</body>
</html>
`;
}

/** How open the loudspeaker was, where it was. */
function openLoudspeaker({ echoDb }: TimelineData): string {
  return echoDb === null || echoDb === undefined
    ? ''
    : `, on an open loudspeaker: the microphone hears it at ${echoDb} dB`;
}

function thousandth(sample: number): number {
  return Math.round(sample * 1000) / 1000;
}

function asset(name: string): string {
  return readFileSync(demoFile(`timeline/${name}`), 'utf8');
}

/** JSON that cannot end the script element it stands in. */
function embedJson(data: TimelineData): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}
