import type { Curve } from './report.js';

const width = 760;
const height = 460;
const left = 70;
const right = 200;
const top = 30;
const bottom = 60;
const slowestMs = 1000;
const colours = ['#0a7', '#37c', '#c70', '#999'];
/** False cuts per hour go over powers of ten; none at all lies below the first of them. */
const levels = [0, 1, 10, 100, 1000];

function heightOf(perHour: number): number {
  const steps = levels.length - 1;
  const step = perHour < 1 ? perHour : Math.min(steps, 1 + Math.log10(perHour));
  return height - bottom - (step / steps) * (height - top - bottom);
}

const across = (ms: number) => left + (Math.min(ms, slowestMs) / slowestMs) * (width - left - right);

/** Latency against false cuts, in SVG. */
export function renderCurve(curves: readonly Curve[]): string {
  const text = (x: number, y: number, what: string, more = '') =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${what.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
  const grid = [
    ...levels.map((level) => {
      const y = heightOf(level);
      return `<line x1="${left}" x2="${width - right}" y1="${y}" y2="${y}" stroke="#ddd"/>${text(left - 8, y + 4, String(level), 'text-anchor="end"')}`;
    }),
    ...[0, 200, 400, 600, 800, 1000].map((ms) => {
      const x = across(ms);
      const label = ms === slowestMs ? `${ms}+` : String(ms);
      return `<line x1="${x}" x2="${x}" y1="${top}" y2="${height - bottom}" stroke="#eee"/>${text(x, height - bottom + 18, label, 'text-anchor="middle"')}`;
    }),
  ];
  const lines = curves.map(({ name, points }, index) => {
    const colour = colours[index % colours.length] ?? '#000';
    const places = points
      .filter(
        ({ falseCutsPerHour, silenceP50 }) => !Number.isNaN(falseCutsPerHour) && !Number.isNaN(silenceP50),
      )
      .map(({ silenceP50, falseCutsPerHour }) => [across(silenceP50), heightOf(falseCutsPerHour)] as const);
    const path = places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    const dots = places
      .map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${colour}"/>`)
      .join('');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${text(width - right + 16, top + 20 + 22 * index, name, `fill="${colour}"`)}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    '<title>How long until the loudspeaker is silent, against how often nobody had spoken</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...grid,
    ...lines,
    text(
      (left + width - right) / 2,
      height - 16,
      'onset to silent at -6 dB, median, ms',
      'text-anchor="middle"',
    ),
    text(16, top - 10, 'false cuts per hour of replies'),
    '</svg>',
    '',
  ].join('\n');
}
