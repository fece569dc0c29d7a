/**
 * How soon a person who speaks over an open loudspeaker is heard, and how often nobody is.
 *
 * Run: npm run bench:barge-in [-- --quick] [--tune] [--minutes 30] [--out folder]
 * Speech of real people and of synthesizers, simulated loudspeakers, rooms and clocks; the cancellers and the detector are the real
 * ones. What they make of each scene is kept in the cache of the user (XDG_CACHE_HOME), so rules are tried in seconds. Reports the
 * half of the scenarios that nothing was tuned on; `--tune` looks for better numbers on the other half, and reports with those.
 * `--quick` takes some of the scenarios, in three minutes on two cores; all of them take up to half an hour the first time.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadWebrtcApm } from '../../src/adapters/webrtc-apm/index.js';
import { breakDown } from './breakdown.js';
import { contenders, ourDefaults, strictness } from './contenders.js';
import { cacheFolder, gatherCorpus } from './corpus.js';
import { figuresFor, levelChangesOf, loadScored, type ScoredScenario } from './evaluate.js';
import { renderCurve } from './render-curve.js';
import { type Curve, type Results, renderReport } from './report.js';
import type { OurOptions } from './rules.js';
import { fullExtent, quickExtent, type Scenario, scenariosOf, trainingExtent } from './scenarios.js';
import { openScoreCache } from './score-cache.js';
import { frontEndsOf, scoreScenarios } from './score-scenarios.js';
import type { Half } from './speakers.js';
import { tune } from './tune.js';

/** Whether WebRTC's module can be used here; if not, what is missing. */
async function missingWebrtc(): Promise<string | undefined> {
  try {
    (await loadWebrtcApm()).close();
    return undefined;
  } catch (error) {
    return `WebRTC's canceller (${String(error)})`;
  }
}

function curvesOf(options: OurOptions, scored: readonly ScoredScenario[]): Curve[] {
  // Only what the curve shows is judged.
  const shown = scored.filter(({ scenario: { kind } }) => kind === 'echo' || kind === 'talk');
  return strictness(options).map(({ name, rules }) => ({
    name,
    points: rules.map((rule) => {
      const { steady, talk } = figuresFor(rule, shown);
      const weak = talk['-6'];
      return {
        rule: rule.name,
        falseCutsPerHour: steady.cutsPerHour,
        falseDucksPerMinute: steady.ducksPerMinute,
        silenceP50: weak?.silence.p50 ?? Number.NaN,
        silenceP90: weak?.silence.p90 ?? Number.NaN,
        missedPercent: 100 * (weak?.missedShare ?? Number.NaN),
      };
    }),
  }));
}

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    tune: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    out: { type: 'string' },
  },
});
const minutes = Number(values.minutes ?? (values.quick ? 10 : 60));
if (!(minutes >= 0)) throw new Error(`--minutes is ${values.minutes}; give a number of minutes`);
const extentOf = (half: Half) =>
  values.quick ? quickExtent : half === 'training' ? trainingExtent : fullExtent;
const folder = values.out ?? join(cacheFolder(), values.quick ? 'report-quick' : 'report');

const corpus = gatherCorpus();
const webrtcMissing = await missingWebrtc();
const missing = [...corpus.missing, ...(webrtcMissing ? [webrtcMissing] : [])];
for (const what of missing) console.log(`missing: ${what}`);
const isWebrtcThere = webrtcMissing === undefined;
const cache = openScoreCache(corpus.fingerprint);
// What is reported first, so that there is something to report when time is up; for tuning all of it.
const halves = values.tune ? (['held-out', 'training'] as const) : (['held-out'] as const);
const scenarios = halves.flatMap((half) => scenariosOf(half, extentOf(half)));
const seconds = scenarios.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0);
console.log(
  `${scenarios.length} scenarios, ${Math.round(seconds / 60)} minutes of sound, at most ${minutes} minutes to score them`,
);
let toldAt = 0;
const { failures } = await scoreScenarios(scenarios, cache, {
  isWebrtcThere,
  untilMs: performance.now() + minutes * 60_000,
  onProgress({ done, total }) {
    if (performance.now() - toldAt < 15_000 && done < total) return;
    toldAt = performance.now();
    console.log(`  ${done} of ${total} scored`);
  },
});
for (const failure of failures) console.log(`failed: ${failure}`);

const isWhole = ({ scenario, heard }: ScoredScenario) =>
  frontEndsOf(scenario, isWebrtcThere).every((name) => heard[name]);
const scoredOf = (wanted: readonly Scenario[]) => loadScored(wanted, cache).filter(isWhole);
const isUsual = ({ scenario }: ScoredScenario) => !scenario.place.isBeyondGoals;

let options = ourDefaults;
if (values.tune) {
  const training = scoredOf(scenariosOf('training', extentOf('training'))).filter(isUsual);
  const tuning = tune(ourDefaults, training, isWebrtcThere ? ['linear', 'webrtc'] : ['linear'], (line) =>
    console.log(`  ${line}`),
  );
  options = tuning.options;
  console.log(JSON.stringify(options, undefined, 2));
}

const wanted = scenariosOf('held-out', extentOf('held-out'));
const scored = scoredOf(wanted);
const usual = scored.filter(isUsual);
const beyond = scored.filter((one) => !isUsual(one));
// Without WebRTC's module the first that is left is ours without it.
const rules = contenders(options).filter(({ frontEnds }) => isWebrtcThere || !frontEnds.includes('webrtc'));
const results: Results = {
  when: new Date().toISOString().slice(0, 10),
  half: 'held-out',
  machine: `Node ${process.version}, ${cpus()[0]?.model}`,
  missing,
  unscored: wanted.length - scored.length,
  rows: rules.map((rule) => ({ name: rule.name, figures: figuresFor(rule, usual) })),
  beyond: rules.map((rule) => ({ name: rule.name, figures: figuresFor(rule, beyond) })),
  levels: {
    'linear canceller': levelChangesOf('linear', usual),
    ...(isWebrtcThere && { 'WebRTC (upstream)': levelChangesOf('webrtc', usual) }),
  },
  curves: curvesOf(options, usual),
  classes: rules[0] && usual.length > 0 ? breakDown(rules[0], usual) : [],
};
const report = renderReport(results);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'barge-in.md'), report);
writeFileSync(join(folder, 'barge-in.json'), JSON.stringify({ ...results, options }, undefined, 2));
writeFileSync(join(folder, 'barge-in.svg'), renderCurve(results.curves));
console.log(report);
console.log(`written to ${folder}: barge-in.md, barge-in.json, barge-in.svg`);
