import { setTimeout as sleep } from 'node:timers/promises';
import type { DeviceRole } from 'earshot';
import { expect } from 'vitest';
import { answerIn } from './find-answer.js';
import type { LiveConversation } from './live-conversation.js';
import type { Place } from './places.js';
import { grownMb, measureLag, resourceUsage } from './resource-usage.js';
import { waitUntil } from './wait-until.js';

/** Something that happens to devices, for real. */
export interface Failure {
  /** Whose loss is to be told. */
  readonly loses: readonly DeviceRole[];
  /** What has to be there for it; before each time. */
  prepare?(): Promise<unknown>;
  strike(): Promise<unknown>;
  /** Undo it. @returns since when the devices are back, or begin to come back. Units: ms of `performance.now()`. */
  mend(): Promise<number>;
}

/** What was measured of one failure. Units: ms, but for the memory. */
export interface Outage {
  /** From the failure, which some program had to bring about, to the loss that was told last. */
  readonly lostAfterMs: number;
  /** How long that program took. */
  readonly strikeMs: number;
  /** From the return to the first frame of the microphone, and to the first sample from the loudspeaker. */
  readonly heardAfterMs: number;
  readonly audibleAfterMs: number;
  /** How much of a core was busy meanwhile. */
  readonly cpuShare: number;
  readonly grownMb: number;
  /** How late timers of this process were at worst, while the loss was to be seen and while the devices came back. */
  readonly lagMs: readonly [lost: number, back: number];
}

/** How long an outage is looked at. Units: ms. */
const outageMs = 600;
/** Longer than it takes until somebody records it. Units: ms. */
const answerMs = 900;

/** Somebody has asked something; the devices fail and return; the answer comes, and is heard as soon as there is a loudspeaker. */
export async function goAndReturn(
  place: Place,
  conversation: LiveConversation,
  { loses, prepare, strike, mend }: Failure,
): Promise<Outage> {
  await prepare?.();
  conversation.hold(true);
  await conversation.ask(answerMs);
  const before = resourceUsage();

  const lagOfLoss = measureLag();
  const struckMs = performance.now();
  const striking = strike().then(() => performance.now());
  const lossOf = (device: DeviceRole) =>
    conversation.of('device-lost', struckMs).find((event) => event.device === device);
  await waitUntil(`${loses.join(' and ')} is lost`, () => loses.every(lossOf));
  lagOfLoss.stop();
  const strikeMs = (await striking) - struckMs;
  const lostAfterMs = Math.max(...loses.map((device) => (lossOf(device)?.atMs ?? Number.NaN) - struckMs));

  const from = resourceUsage();
  const fromMs = performance.now();
  await sleep(outageMs);
  const to = resourceUsage();
  const cpuShare = (to.cpuMs - from.cpuMs) / (performance.now() - fromMs);

  const lagOfReturn = measureLag();
  const backMs = await mend();
  conversation.hold(false);
  const recorder = await place.recordLoudspeaker();
  await waitUntil('frames come', () => conversation.firstFrameAfter(backMs) !== undefined);
  const heardAfterMs = (conversation.firstFrameAfter(backMs) ?? Number.NaN) - backMs;
  await conversation.opened();
  await conversation.answered();
  lagOfReturn.stop();
  const { onsetMs = Number.NaN } = answerIn(await recorder.stop(), backMs);
  return {
    lostAfterMs,
    strikeMs,
    heardAfterMs,
    audibleAfterMs: onsetMs - backMs,
    cpuShare,
    grownMb: grownMb(before, resourceUsage()),
    lagMs: [lagOfLoss.worstMs, lagOfReturn.worstMs],
  };
}

/** What is asked of every way. Units: ms. */
const lostWithinMs = 500;
const backWithinMs = 1000;
/** A dead sound server makes libraries spin on one core or two; an attempt to open a device takes 10 to 20 ms of one. */
const mostCpuShare = 0.5;
/** What a dead server repeats, and nobody stops, takes 400 a second. Units: MB. */
const mostGrownMb = 30;
/** A stall of this machine can spoil one time, but not the middle one of three. */
const trials = 3;

/** A child in which a stream hangs is replaced, each time that one is opened: several programs of Node begin meanwhile. Of a core. */
export const replacedChildren = 1.2;

/** A failure is seen in time and got over in time, with nothing spinning or growing meanwhile, and with the answer to what was asked before it. */
export async function expectToSurvive(
  { place, conversation }: { readonly place: Place; readonly conversation: LiveConversation },
  failure: Failure,
  allowedCpuShare = mostCpuShare,
): Promise<void> {
  await conversation.opened();
  const outages: Outage[] = [];
  const median = (of: (outage: Outage) => number): number =>
    outages.map(of).sort((a, b) => a - b)[Math.floor(outages.length / 2)] ?? Number.NaN;
  /** What this process saw late because it stood still was not seen late by the devices. */
  const times = () => ({
    lost: median(({ lostAfterMs, strikeMs, lagMs: [lag] }) => lostAfterMs - strikeMs - lag),
    heard: median(({ heardAfterMs, lagMs: [, lag] }) => heardAfterMs - lag),
    audible: median(({ audibleAfterMs, lagMs: [, lag] }) => audibleAfterMs - lag),
    cpuShare: median((outage) => outage.cpuShare),
    grownMb: median((outage) => outage.grownMb),
  });
  const isGood = ({ lost, heard, audible, ...used }: ReturnType<typeof times>): boolean =>
    lost <= lostWithinMs &&
    heard <= backWithinMs &&
    audible <= backWithinMs &&
    used.cpuShare < allowedCpuShare &&
    used.grownMb < mostGrownMb;
  do {
    outages.push(await goAndReturn(place, conversation, failure));
  } while (outages.length < trials && (outages.length === 2 || !isGood(times())));
  // For whoever wants to know the figures.
  if (process.env['EARSHOT_SHOW_OUTAGES'] !== undefined) {
    console.info(expect.getState().currentTestName, JSON.stringify(outages, rounded));
  }

  expect(times(), JSON.stringify(outages, rounded)).toSatisfy(isGood);
  for (const { error } of conversation.of('device-lost')) {
    expect(error, error.message).toMatchObject({ retryable: true });
  }
}

const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 100) / 100 : value;
