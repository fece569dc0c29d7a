import type { PipelineEvent } from 'earshot';
import { describe, expect, it } from 'vitest';
import { fillerLevel, levelOfReply, type SoakStory, soakStory } from './soak-story.js';

/** One seed again, or as many as wanted: `SOAK_SEED=7` or `SOAK_SEEDS=1000`. */
function chosenSeeds({ SOAK_SEED, SOAK_SEEDS }: NodeJS.ProcessEnv): readonly number[] {
  const given = SOAK_SEED ?? SOAK_SEEDS ?? '40';
  const number = Number(given);
  if (!Number.isInteger(number) || number < 1) {
    throw new Error(`SOAK_SEED and SOAK_SEEDS take a whole number from 1, not ${given}`);
  }
  return SOAK_SEED === undefined ? Array.from({ length: number }, (_, index) => index + 1) : [number];
}
const seeds = chosenSeeds(process.env);

type Kiosk = SoakStory['it_'];
/** What is wrong, in sentences; nothing when all is well. */
type Invariant = (it_: Kiosk, recorded: Float32Array) => readonly string[];

const sampleAt = (ms: number) => Math.round(ms * 48);
/** Where the first sound between two samples is. Units: ms. */
function soundBetween(recorded: Float32Array, from: number, to: number): number | undefined {
  const found = recorded
    .subarray(Math.max(0, from), Math.max(0, from, to))
    .findIndex((sample) => sample !== 0);
  return found < 0 ? undefined : (Math.max(0, from) + found) / 48;
}
const sameOwner = (a: { readonly kind: string; readonly id: string }, b: typeof a) =>
  a.kind === b.kind && a.id === b.id;

const comesToRest: Invariant = (it_, recorded) => {
  const wrong: string[] = [];
  if (it_.end !== 'running') wrong.push(`the loop ended: ${it_.end}`);
  if (it_.state !== 'idle') wrong.push(`it is ${it_.state} after a long quiet`);
  if (it_.upstream.openCalls() !== 0) wrong.push(`${it_.upstream.openCalls()} calls are still open`);
  const sound = soundBetween(recorded, recorded.length - sampleAt(5000), recorded.length);
  if (sound !== undefined) wrong.push(`sound at ${sound} ms, at the end of a long quiet`);
  return wrong;
};

const staysSilencedUntilSomethingStarts: Invariant = (it_, recorded) =>
  it_.of('silenced').flatMap((silenced) => {
    const later = it_.events.slice(it_.events.indexOf(silenced) + 1);
    const untilMs = later.find(({ type }) => type === 'playout-started')?.atMs ?? it_.clock.nowMs;
    const sound = soundBetween(recorded, sampleAt(silenced.atMs) + 2, sampleAt(untilMs) - 2);
    return sound === undefined ? [] : [`silenced at ${silenced.atMs}, and yet sound at ${sound}`];
  });

const endsOnceWhatStarted: Invariant = (it_) =>
  it_.of('playout-started').flatMap(({ owner, atMs }) => {
    const ends = it_.of('playout-ended').filter((end) => sameOwner(end.owner, owner));
    return ends.length === 1 ? [] : [`${owner.id}, started at ${atMs}, ended ${ends.length} times`];
  });

const endsEveryReplyOnce: Invariant = (it_) => {
  const ids = it_.of('reply-ended').map(({ replyId }) => replyId);
  return new Set(ids).size === ids.length ? [] : [`a reply ended twice: ${ids}`];
};

const accountsForWhatWasHeard: Invariant = (it_, recorded) => {
  const toldMs = it_.of('playout-ended').reduce((sum, { heardMs }) => sum + heardMs, 0);
  const heardMs = recorded.reduce((count, sample) => (sample === 0 ? count : count + 1), 0) / 48;
  const losses = it_.of('device-lost').filter(({ device }) => device === 'loudspeaker').length;
  // A fade may end in exact zeros, and a loudspeaker vanishes within one of its periods of 10 ms.
  const toleranceMs = 1 + 0.05 * it_.of('silenced').length + 10.1 * losses;
  return Math.abs(heardMs - toldMs) <= toleranceMs
    ? []
    : [`${toldMs} ms are told as heard, ${heardMs} ms were`];
};

const volumeEvents: readonly PipelineEvent['type'][] = ['ducked', 'restored', 'silenced', 'device-opened'];

const startsRepliesAtFullVolume: Invariant = (it_, recorded) =>
  it_.of('playout-started').flatMap((started) => {
    if (started.owner.kind !== 'reply') return [];
    const volume = it_.events
      .slice(0, it_.events.indexOf(started))
      .findLast(
        (event) => volumeEvents.includes(event.type) && !('device' in event && event.device === 'microphone'),
      );
    if (volume?.type === 'ducked' || (volume?.type === 'restored' && volume.atMs > started.atMs)) return [];
    const expected = levelOfReply(Number(started.owner.id.split('-')[1]));
    const level = recorded[sampleAt(started.atMs) + 1] ?? 0;
    // What a filler that gave way has left fades beneath the reply.
    const beneath = it_
      .of('playout-ended')
      .some(({ reason, atMs }) => reason === 'handed-over' && Math.abs(atMs - started.atMs) < 1);
    return level >= expected - 1e-3 && level <= expected + 1e-3 + (beneath ? fillerLevel : 0)
      ? []
      : [`${started.owner.id} starts at ${level} instead of ${expected}, at ${started.atMs}`];
  });

const tellsTheServiceWhatWasHeard: Invariant = (it_) =>
  it_.requests.flatMap((request) => {
    if (request.type !== 'reply-cancelled' || !request.replyId) return [];
    const { replyId, heardMs } = request;
    const told = `the cancellation of ${replyId} says that ${heardMs} ms were heard`;
    const end = it_.of('playout-ended').find(({ owner }) => sameOwner(owner, { kind: 'reply', id: replyId }));
    if (!end) return heardMs > 0 ? [`${told}, it was never played`] : [];
    if (heardMs > end.heardMs + 0.01) return [`${told}, it was ${end.heardMs}`];
    if (end.reason === 'cut' && heardMs < end.heardMs - 0.01)
      return [`${told}, it was cut at ${end.heardMs}`];
    return [];
  });

/** The longest fade of a cut, and a moment. Units: ms. */
const fadeMs = 125;

const isSilentUnlessItHasTheFloor: Invariant = (it_, recorded) => {
  const changes = it_.of('state-changed');
  const spans = [
    { name: 'idle', fromMs: 0, toMs: changes[0]?.atMs ?? it_.clock.nowMs },
    ...changes.map(({ state, atMs }, index) => ({
      name: state.name,
      fromMs: atMs,
      toMs: changes[index + 1]?.atMs ?? it_.clock.nowMs,
    })),
  ];
  return spans.flatMap(({ name, fromMs, toMs }) => {
    if (name !== 'idle' && name !== 'listening') return [];
    const sound = soundBetween(recorded, sampleAt(fromMs + fadeMs), sampleAt(toMs));
    return sound === undefined ? [] : [`sound at ${sound} while ${name} since ${fromMs}`];
  });
};

const invariants = [
  comesToRest,
  staysSilencedUntilSomethingStarts,
  endsOnceWhatStarted,
  endsEveryReplyOnce,
  accountsForWhatWasHeard,
  startsRepliesAtFullVolume,
  tellsTheServiceWhatWasHeard,
  isSilentUnlessItHasTheFloor,
];

/** All that happened, for whoever has to find out why. */
function report(seed: number, { it_, log }: SoakStory): string {
  const happened = it_.events.flatMap(({ atMs, type, ...rest }) =>
    type === 'level' || type === 'speech-probability'
      ? []
      : [
          `${atMs} ${type} ${JSON.stringify(rest, (key, value: unknown) => (key === 'previous' ? undefined : value)).slice(0, 160)}`,
        ],
  );
  return [`run it alone with SOAK_SEED=${seed}`, ...log, '', ...happened, ''].join('\n');
}

describe('a conversation in which anything may happen', () => {
  const met = new Set<string>();

  it.each(seeds)('keeps its promises with seed %i', (seed) => {
    const story = soakStory(seed);
    const recorded = story.it_.loudspeaker.recorded();
    const wrong = invariants.flatMap((invariant) => invariant(story.it_, recorded));
    for (const event of story.it_.events) {
      met.add(event.type);
      if (event.type === 'state-changed') met.add(event.state.name);
    }
    expect(wrong, wrong.length > 0 ? report(seed, story) : '').toEqual([]);
  });

  // Few seeds need not meet everything.
  if (seeds.length < 40) return;
  it('meets every kind of trouble that it is about', () => {
    expect([...met]).toEqual(
      expect.arrayContaining([
        'apologising',
        'barge-in',
        'degraded-mode-left',
        'device-lost',
        'ducked',
        'filler-spoken',
        'playout-ended',
        'restored',
        'session-lost',
        'silenced',
        'turn-failed',
      ]),
    );
  });
});
