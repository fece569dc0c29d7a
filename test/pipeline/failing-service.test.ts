import { type PipelineEvent, type PlayoutOwner, UpstreamError } from 'earshot';
import { describe, expect, it } from 'vitest';
import { levelOf } from './failing-service.js';
import {
  type FailingServiceStory,
  failingServiceStory,
  fillerLevel,
  fillerWord,
} from './failing-service-story.js';
import { expectedApologies } from './owed-apologies.js';

/** What is wrong, in sentences; nothing when all is well. */
type Invariant = (story: FailingServiceStory) => readonly string[];

const nameOf = ({ kind, id }: PlayoutOwner) => `${kind} ${id}`;
const isApology = ({ nth }: { readonly nth: number }) => nth === 0;

const comesToRest: Invariant = ({ rest }) =>
  rest.state === 'idle' ? [] : [`it is ${rest.state} long after the service has come back`];

const answersAgain: Invariant = ({ it_, rest }) => {
  const [reply] = it_.of('reply-started').filter(({ atMs }) => atMs > rest.atMs);
  const end = it_.of('playout-ended').find(({ owner }) => owner.id === reply?.replyId);
  return end?.reason === 'heard' && Math.abs(end.heardMs - 900) < 1 && it_.state === 'idle'
    ? []
    : [`asked once more, it is ${it_.state}; of ${reply?.replyId} was heard ${JSON.stringify(end)}`];
};

/** From the first sample of each owner to its last. */
function spansOf({ it_ }: FailingServiceStory) {
  const ends = new Map(it_.of('playout-ended').map((end) => [nameOf(end.owner), end]));
  return it_.of('playout-started').map(({ owner, atMs }) => {
    const end = ends.get(nameOf(owner));
    return { owner, fromMs: atMs, toMs: end?.atMs ?? Number.POSITIVE_INFINITY, reason: end?.reason };
  });
}

/** A cut fades for so long. Units: ms. */
const cutMs = 10;

const speaksOneAtATime: Invariant = (story) => {
  const spans = spansOf(story);
  return spans.flatMap((span, index) => {
    const next = spans[index + 1];
    // The fade of a cut counts as heard, and gives way to what comes behind it.
    return next && next.fromMs < span.toMs - (span.reason === 'cut' ? cutMs : 0.2)
      ? [`${next.owner.id} begins at ${next.fromMs}, ${span.owner.id} ends at ${span.toMs}`]
      : [];
  });
};

/** A filler that gave way fades beneath the reply for so long. Units: ms. */
const handOverMs = 41;
const soundsLikeOneAtATime: Invariant = (story) => {
  const recorded = story.it_.loudspeaker.recorded();
  const wrong: string[] = [];
  let at = 0;
  const check = (toMs: number, level: number, who: string) => {
    const to = Math.min(recorded.length, Math.round(toMs * 8));
    for (; at < to; at++) {
      if ((recorded[at] as number) <= level + 1e-3) continue;
      wrong.push(`${recorded[at]} is heard at ${at / 8} while ${who}`);
      at = to;
    }
  };
  let beneath = 0;
  for (const { owner, fromMs, toMs, reason } of spansOf(story)) {
    const level = owner.kind === 'reply' ? levelOf(owner.id) : fillerLevel;
    check(fromMs - 0.2, 0, 'nobody speaks');
    check(Math.min(toMs, fromMs + handOverMs), level + beneath, `${owner.id} begins`);
    check(toMs - 0.2, level, `${owner.id} speaks`);
    // Onto the sample, which is a fraction of a millisecond; and a cut fades.
    check(toMs + (reason === 'cut' ? cutMs : 0.2), 1, `${owner.id} ends`);
    beneath = reason === 'handed-over' ? fillerLevel : 0;
  }
  check(Number.POSITIVE_INFINITY, 0, 'nobody speaks');
  return wrong;
};

const endsWhatBegins: Invariant = ({ it_ }) => {
  const count = (events: readonly { readonly owner: PlayoutOwner }[], owner: PlayoutOwner) =>
    events.filter((event) => nameOf(event.owner) === nameOf(owner)).length;
  const ended = it_.of('playout-ended');
  const fillers = it_.of('filler-spoken').flatMap(({ fillerId }) => {
    const times = count(ended, { kind: 'filler', id: fillerId });
    return times === 1 ? [] : [`the filler ${fillerId} was spoken, and ended ${times} times`];
  });
  const started = it_.of('playout-started').flatMap(({ owner }) => {
    const times = [count(it_.of('playout-started'), owner), count(ended, owner)];
    return times.join() === '1,1' ? [] : [`${nameOf(owner)} started and ended ${times} times`];
  });
  const spoken = it_.of('filler-spoken').map(({ fillerId }) => fillerId);
  const unknown = it_
    .of('state-changed')
    .flatMap(({ state }) =>
      'fillerId' in state && !spoken.includes(state.fillerId)
        ? [`${state.name} ${state.fillerId}, not spoken`]
        : [],
    );
  const replies = it_.of('reply-started').flatMap(({ replyId }) => {
    const times = it_.of('reply-ended').filter((end) => end.replyId === replyId).length;
    return times > 1 ? [`the reply ${replyId} ended ${times} times`] : [];
  });
  return [...fillers, ...started, ...unknown, ...replies];
};

const isDegradedNoLongerThanTheServiceIsAway: Invariant = ({ it_ }) => {
  let isOn = false;
  const wrong: string[] = [];
  const expectOff = (why: string, event: PipelineEvent) => {
    if (isOn) wrong.push(`the degraded mode goes on at ${event.atMs}, though ${why}`);
  };
  it_.events.forEach((event, index) => {
    if (event.type === 'degraded-mode-entered' || event.type === 'degraded-mode-left') {
      const isEntered = event.type === 'degraded-mode-entered';
      if (isEntered === isOn) wrong.push(`${event.type} at ${event.atMs}, twice`);
      isOn = isEntered;
    }
    if (it_.events[index - 1]?.type === 'session-opened') expectOff('a session was opened', event);
    if (event.type === 'reply-started') expectOff('a reply has begun', event);
  });
  if (isOn) wrong.push('the degraded mode goes on to the end');
  return wrong;
};

/** What somebody was told of a reply. */
interface Told {
  readonly replyId: string | null;
  readonly heardMs: number;
  readonly heardText: string;
}

const tellsOfRepliesWhatWasHeardOfThem: Invariant = ({ it_ }) => {
  const told = [
    ...it_.of('barge-in').map(({ replyId, heardMs, heardText }) => ({ replyId, heardMs, heardText })),
    ...it_.requests.flatMap((request): readonly Told[] => {
      if (request.type === 'reply-cancelled') return [request];
      return 'interrupted' in request && request.interrupted ? [request.interrupted] : [];
    }),
  ];
  return told.flatMap(({ replyId, heardMs, heardText }) => {
    const text = it_
      .of('reply-text')
      .filter((event) => event.replyId === replyId)
      .map((event) => event.text)
      .join('');
    const played =
      it_.of('playout-ended').find(({ owner }) => nameOf(owner) === `reply ${replyId}`)?.heardMs ?? 0;
    const wrong: string[] = [];
    if (heardText.includes(fillerWord) || !text.startsWith(heardText)) {
      wrong.push(`of ${replyId}, "${text}", "${heardText}" is told as heard`);
    }
    if (heardMs > played + 0.01) wrong.push(`of ${replyId} ${heardMs} ms are told as heard, ${played} were`);
    return wrong;
  });
};

const apologisesToWhomeverItOwes: Invariant = ({ it_ }) => {
  if (!it_.hasApology) {
    return it_.of('filler-spoken').some(isApology) ? ['an apology from nowhere'] : [];
  }
  const expected = expectedApologies(it_.events);
  const spoken = it_
    .of('filler-spoken')
    .filter(isApology)
    .map(({ turnId, atMs }) => `${turnId} at ${atMs}`);
  return spoken.join() === expected.join() ? [] : [`apologies: ${spoken}; expected: ${expected}`];
};

const invariants = [
  comesToRest,
  answersAgain,
  speaksOneAtATime,
  soundsLikeOneAtATime,
  endsWhatBegins,
  isDegradedNoLongerThanTheServiceIsAway,
  tellsOfRepliesWhatWasHeardOfThem,
  apologisesToWhomeverItOwes,
];

/** All that happened, for whoever has to find out why. */
function report(seed: number, { it_, log }: FailingServiceStory): string {
  const happened = it_.events.map(
    ({ atMs, type, ...rest }) =>
      `${atMs} ${type} ${JSON.stringify(rest, (key, value: unknown) =>
        key === 'previous' ? undefined : value instanceof UpstreamError ? value.code : value,
      ).slice(0, 160)}`,
  );
  return [`seed ${seed}`, ...log, '', ...happened, ''].join('\n');
}

const perTest = 60;
const stories = 300;

describe('a service that is lost at any moment', () => {
  const met = new Map<string, number>();
  const meet = (what: string) => met.set(what, (met.get(what) ?? 0) + 1);

  it.each(Array.from({ length: stories / perTest }, (_, index) => index * perTest + 1))(
    'leaves nobody without a word, and nothing undone: stories from %i on',
    (first) => {
      for (let seed = first; seed < first + perTest; seed++) {
        const story = failingServiceStory(seed);
        const wrong = invariants.flatMap((invariant) => invariant(story));
        expect(wrong, wrong.length > 0 ? report(seed, story) : '').toEqual([]);
        for (const { type } of story.it_.events) meet(type);
        for (const event of story.it_.of('filler-spoken')) if (isApology(event)) meet('apology');
      }
    },
  );

  it('is lost in every way that it is about', () => {
    for (const what of [
      'apology',
      'barge-in',
      'degraded-mode-left',
      'filler-spoken',
      'session-lost',
      'turn-failed',
    ]) {
      expect(met.get(what) ?? 0, what).toBeGreaterThan(50);
    }
  });
});
