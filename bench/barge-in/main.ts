import { gatherCorpus } from './corpus.js';
import { fullExtent, quickExtent, scenariosOf } from './scenarios.js';
import { openScoreCache } from './score-cache.js';
import { scoreScenarios } from './score-scenarios.js';

const isQuick = process.argv.includes('--quick');
const corpus = gatherCorpus();
const cache = openScoreCache(corpus.fingerprint);
const extent = isQuick ? quickExtent : fullExtent;
const all = [...scenariosOf('training', extent), ...scenariosOf('held-out', extent)];
const r = await scoreScenarios(all, cache, {
  isWebrtcThere: true,
  untilMs: performance.now() + 30 * 60_000,
  onProgress: ({ done, total }) => {
    if (done % 20 === 0) console.log(done, total, Math.round(performance.now() / 1000));
  },
});
console.log(r);
