import { type FillerLibrary, type PipelineOptions, UpstreamError } from 'earshot';
import type { Script } from 'earshot/testing';
import { of } from 'rxjs';
import { type Random, randomOf } from '../support/random.js';
import { answerOf, type KioskOptions, kiosk, steady } from './kiosk.js';

const lost = new UpstreamError('UPSTREAM_UNREACHABLE', 'the connection broke; it will be tried again', {
  retryable: true,
});
const refused = new UpstreamError('UPSTREAM_REJECTED', 'the service refuses this; ask for something else');

/** Every reply has a level of its own, so that it can be told from any other. */
export const levelOfReply = (number: number): number => 0.2 + 0.01 * (number % 50);
export const fillerLevel = 0.1;

/** What the service does with one turn: in half of the cases, what it should. */
function answerBy({ integer }: Random, number: number): Script {
  const text = `One two three four five ${number}.`;
  const whole = answerOf(text, integer(100, 4000), levelOfReply(number), integer(50, 2500));
  switch (integer(0, 11)) {
    case 0:
      return [];
    case 1:
      return whole.slice(0, -1);
    case 2:
      return [...whole.slice(0, Math.max(1, whole.length - 4)), { type: 'stop' }];
    case 3:
      return [{ type: 'fail', error: refused, afterMs: integer(0, 500) }];
    case 4:
      return [...whole.slice(0, 2), { type: 'lose-session', error: lost, afterMs: integer(0, 300) }];
    case 5:
      return [
        { type: 'text', text: 'hm', afterMs: 100 },
        { type: 'end', afterMs: integer(0, 400) },
      ];
    case 6:
      return [{ type: 'lose-session', error: lost, afterMs: integer(0, 1000) }];
    default:
      return whole;
  }
}

function optionsBy({ pick }: Random): Partial<PipelineOptions> {
  const leadMs = pick(20, 40, 120, 1000, 5000);
  return {
    reopenWindowMs: pick(0, 800),
    filler: { delayMs: pick(0, 300, 600), againAfterMs: pick(500, 6000) },
    playout: {
      leadMs,
      pollMs: pick(1, 10, leadMs > 200 ? 100 : 10),
      cutRampMs: pick(0, 8, 100),
      duckRampMs: pick(1, 30, 1000),
      restoreRampMs: pick(1, 120, 3000),
      maxHandOverMs: pick(0, 300, 2000),
    },
    patience: {
      replyTimeoutMs: 3000,
      replyStallMs: 2000,
      transcriptTimeoutMs: 500,
      loudspeakerTimeoutMs: pick(0, 1000, 3000),
      captureStallMs: 500,
      reopenDelayMs: pick(10, 250),
      maxReopenDelayMs: 500,
      maxDeviceReopenDelayMs: 500,
    },
  };
}

/** Which devices vanish now and then. */
type Unsteady = 'none' | 'loudspeaker' | 'both';

/** One for every wait, a longer one for long waits, and an apology. */
const someFillers = (ms: number): FillerLibrary => ({
  loadFillers: () =>
    of([
      { fillerId: 'moment', text: 'One moment.', audio: steady(ms, fillerLevel) },
      {
        fillerId: 'still',
        text: 'Still there.',
        contexts: ['long-wait'],
        audio: steady(ms + 300, fillerLevel),
      },
      { fillerId: 'sorry', text: 'No server.', contexts: ['apology'], audio: steady(ms, fillerLevel) },
    ]),
});

function kioskBy(random: Random) {
  let answers = 0;
  const configuration: KioskOptions = {
    answer: () => {
      answers += 1;
      return answerBy(random, answers);
    },
    accepts: random.pick('text', 'audio'),
    interruptible: random.next() < 0.8,
    ...(random.next() < 0.6 ? { ports: { fillers: someFillers(random.integer(100, 2000)) } } : {}),
    options: optionsBy(random),
  };
  return { configuration, it_: kiosk(configuration) };
}

/** What the world does next. */
function step({ it_, random, unsteady, number, note }: StepInput): void {
  const { next, integer } = random;
  const { microphone, loudspeaker } = it_;
  const act = integer(0, 9);
  if (act <= 2) {
    const ms = integer(200, 1500);
    note(`say ${ms} ms`);
    it_.say(ms, next() < 0.9 ? `words ${number}` : '');
  } else if (act === 3) {
    const ms = integer(30, 120);
    note(`cough ${ms} ms`);
    it_.say(ms);
  } else if (act === 4 && unsteady !== 'none') {
    note('the loudspeaker vanishes');
    loudspeaker.vanish();
    it_.wait(integer(0, 50));
    if (next() > 0.7) return;
    it_.wait(integer(0, 1500));
    note('the loudspeaker comes back');
    loudspeaker.comeBack();
  } else if (act === 5) {
    note('both devices are there');
    loudspeaker.comeBack();
    microphone.comeBack();
  } else if (act === 6 && unsteady === 'both') {
    note('the microphone vanishes');
    microphone.vanish();
    if (next() > 0.8) return;
    it_.wait(integer(0, 800));
    note('the microphone comes back');
    microphone.comeBack();
  } else {
    it_.wait(integer(10, 2500));
  }
}
interface StepInput {
  readonly it_: ReturnType<typeof kiosk>;
  readonly random: Random;
  readonly unsteady: Unsteady;
  readonly number: number;
  readonly note: (what: string) => void;
}

/** How long everything is quiet after the last thing that happens: longer than any wait there is. */
const quietMs = 25_000;

/** A conversation in which anything may happen, the same for the same seed, and then a long quiet. */
export function soakStory(seed: number) {
  const unsteady = (['none', 'loudspeaker', 'both'] as const)[seed % 3] ?? 'both';
  const random = randomOf(seed);
  const { configuration, it_ } = kioskBy(random);
  const log = [`unsteady devices: ${unsteady}`, JSON.stringify(configuration)];
  const note = (what: string) => log.push(`${it_.clock.nowMs} ${what}`);
  it_.wait(300);
  const steps = random.integer(5, 20);
  for (let number = 0; number < steps; number += 1) step({ it_, random, unsteady, number, note });
  it_.loudspeaker.comeBack();
  it_.microphone.comeBack();
  note('quiet');
  it_.wait(quietMs);
  return { it_, log };
}
export type SoakStory = ReturnType<typeof soakStory>;
