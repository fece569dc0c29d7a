import { createGainRamp, type GainRamp, type GainRampState } from '../audio/gain.js';
import type { PlayoutOwner } from './playout-types.js';

/** How much of one owner's audio there is. Counts are samples at the rate of the loudspeaker. */
interface Account {
  readonly owner: PlayoutOwner;
  readonly pauses: readonly number[];
  appended: number;
  heard: number;
  ended: boolean;
  handedOver: boolean;
}

/** Audio as it was given, not yet written to the sink. */
interface Waiting {
  readonly account: Account;
  readonly samples: Float32Array;
}

/** Audio written to the sink and not yet heard to its end: kept so that it can be taken back. */
interface Written extends Waiting {
  /** Position of its first sample among all that was written and heard. */
  readonly start: number;
  /** The gain as it was at its first sample. */
  readonly ramp: GainRampState;
  counted: number;
}

/** Something of an owner that became known while playout went on. `sample` is a position like `Written.start`. */
export type Heard =
  | { readonly type: 'started'; readonly owner: PlayoutOwner; readonly sample: number }
  | {
      readonly type: 'ended';
      readonly owner: PlayoutOwner;
      readonly sample: number;
      readonly account: HeardAccount;
    };

export interface HeardAccount {
  readonly owner: PlayoutOwner;
  /** Samples of it that left the loudspeaker. */
  readonly heard: number;
  readonly handedOver: boolean;
}

/**
 * The audio between the conversation and the sink.
 *
 * What was written but not heard is kept until it is heard, so that a duck or a cut takes effect at the
 * loudspeaker's present position however far ahead the sink was filled: flush the sink, `rewindTo` where it
 * stopped, and write again.
 */
export interface PlayoutQueue {
  /** Samples waiting or written and not heard. */
  readonly unheard: number;
  /** Who is to be heard next, if anybody. */
  readonly current: HeardAccount | undefined;
  /** @returns samples taken; fewer than given when the bound is reached. */
  append(owner: PlayoutOwner, samples: Float32Array, pauses: readonly number[]): number;
  end(owner: PlayoutOwner, atSample: number): readonly Heard[];
  /** The next block to write, gain applied; undefined when nothing waits. */
  take(maxSamples: number): Float32Array | undefined;
  /** Undo the last `take`: the sink did not have room for it. */
  takeBack(): void;
  /** Whether a filler is there that has not been told to end yet. */
  readonly fillerToLeave: boolean;
  /** Account for everything up to this position. */
  markHeard(sample: number): readonly Heard[];
  /** Take back what the sink flushed: everything from this position on. What lies before it is still to be heard. */
  rewindTo(sample: number): void;
  /**
   * Let a filler that is being heard end at its next pause. What comes after that fades, beneath the first samples of the reply as
   * far as these are there, and before them for the rest.
   *
   * @param underSamples - how much of the reply is there.
   * @returns what fades beneath it, to be added. It counts as the reply's, not as heard of the filler.
   */
  handOver(maxWaitSamples: number, fadeSamples: number, underSamples: number): Float32Array;
  rampTo(gain: number, rampMs: number): void;
  /** Keep the next `tailSamples` faded to silence, forget the rest. @returns who was cut, with the tail counted as heard. */
  cut(tailSamples: number): { readonly tail: Float32Array; readonly cut: readonly HeardAccount[] };
}

export function createPlayoutQueue(
  sampleRateHz: number,
  maxSamples: number,
  startSample: number,
): PlayoutQueue {
  const ramp: GainRamp = createGainRamp(sampleRateHz, 1);
  let accounts: Account[] = [];
  let waiting: Waiting[] = [];
  let written: Written[] = [];
  let writtenEnd = startSample;

  const sameOwner = (a: PlayoutOwner, b: PlayoutOwner) => a.id === b.id && a.kind === b.kind;
  const find = (owner: PlayoutOwner) => accounts.find((account) => sameOwner(account.owner, owner));
  const unheard = () => accounts.reduce((sum, account) => sum + account.appended - account.heard, 0);

  const fillerToLeave = () =>
    accounts.find((account) => account.owner.kind === 'filler' && !account.handedOver);

  /** Who is over, in the order of their audio: nobody ends before those in front of him. */
  const settle = (sample: number): Heard[] => {
    const going = accounts.findIndex((account) => !account.ended || account.heard < account.appended);
    const done = accounts.slice(0, going < 0 ? accounts.length : going);
    accounts = accounts.filter((account) => !done.includes(account));
    // Nothing is left that a ramp could be heard on: whatever comes next begins where it was going.
    if (accounts.length === 0) ramp.rampTo(ramp.target, 0);
    return done.map((account) => ({ type: 'ended', owner: account.owner, sample, account }));
  };

  return {
    get unheard() {
      return unheard();
    },
    get current() {
      return accounts.find((account) => account.appended > account.heard) ?? accounts[0];
    },

    append(owner, samples, pauses) {
      let account = find(owner);
      if (!account) {
        account = { owner, pauses, appended: 0, heard: 0, ended: false, handedOver: false };
        accounts.push(account);
      }
      const room = Math.min(samples.length, Math.max(0, maxSamples - unheard()));
      if (room > 0) {
        waiting.push({ account, samples: samples.subarray(0, room) });
        account.appended += room;
      }
      return room;
    },

    end(owner, atSample) {
      let account = find(owner);
      if (!account) {
        account = { owner, pauses: [], appended: 0, heard: 0, ended: true, handedOver: false };
        accounts.push(account);
      }
      account.ended = true;
      return settle(atSample);
    },

    take(maxTake) {
      const first = waiting[0];
      if (!first) return undefined;
      const samples = first.samples.subarray(0, maxTake);
      if (samples.length === first.samples.length) waiting.shift();
      else waiting[0] = { account: first.account, samples: first.samples.subarray(samples.length) };
      written.push({ account: first.account, samples, start: writtenEnd, ramp: ramp.snapshot(), counted: 0 });
      writtenEnd += samples.length;
      return ramp.apply(samples);
    },

    takeBack() {
      const last = written.pop();
      if (!last) return;
      ramp.restore(last.ramp);
      waiting.unshift({ account: last.account, samples: last.samples });
      writtenEnd = last.start;
    },

    get fillerToLeave() {
      return fillerToLeave() !== undefined;
    },

    markHeard(sample) {
      const out: Heard[] = [];
      for (const block of written) {
        const heard = Math.min(block.samples.length, sample - block.start);
        if (heard <= block.counted) continue;
        if (block.account.heard === 0) {
          // A filler that gave way at once is over before the reply begins.
          out.push(...settle(block.start));
          out.push({ type: 'started', owner: block.account.owner, sample: block.start });
        }
        block.account.heard += heard - block.counted;
        block.counted = heard;
        out.push(...settle(block.start + heard));
      }
      written = written.filter((block) => block.counted < block.samples.length);
      return out;
    },

    rewindTo(sample) {
      const kept: Written[] = [];
      const back: Waiting[] = [];
      for (const block of written) {
        const stays = Math.max(0, Math.min(block.samples.length, sample - block.start));
        if (stays > 0) kept.push({ ...block, samples: block.samples.subarray(0, stays) });
        if (stays === block.samples.length) continue;
        if (back.length === 0) {
          ramp.restore(block.ramp);
          if (stays > 0) ramp.apply(block.samples.subarray(0, stays));
        }
        back.push({ account: block.account, samples: block.samples.subarray(stays) });
      }
      written = kept;
      waiting = [...back, ...waiting];
      writtenEnd = sample;
    },

    handOver(maxWaitSamples, fadeSamples, underSamples) {
      const filler = fillerToLeave();
      if (!filler) return new Float32Array(0);
      const outOfReach = written
        .filter((block) => block.account === filler)
        .reduce((sum, block) => sum + block.samples.length - block.counted, 0);
      const from = filler.heard + outOfReach;
      const alone = Math.max(0, fadeSamples - underSamples);
      const limit = Math.max(from, filler.heard + maxWaitSamples - alone);
      const boundary = filler.pauses.find((pause) => pause > from && pause <= limit) ?? limit;
      filler.ended = true;
      filler.handedOver = true;
      if (filler.appended <= boundary) return new Float32Array(0);

      const rest = waiting.filter(({ account }) => account === filler);
      const faded = new Float32Array(rest.reduce((sum, { samples }) => sum + samples.length, 0));
      let length = 0;
      for (const { samples } of rest) {
        faded.set(samples, length);
        length += samples.length;
      }
      for (let i = Math.max(0, boundary - from); i < length; i++) {
        const toEnd = boundary + fadeSamples - from - i;
        faded[i] = (faded[i] as number) * Math.max(0, (toEnd - 1) / fadeSamples);
      }
      const own = faded.slice(0, Math.min(length, boundary + alone - from));
      const first = waiting.findIndex(({ account }) => account === filler);
      waiting = waiting.flatMap((item, index) => {
        if (item.account !== filler) return [item];
        return index === first && own.length > 0 ? [{ account: filler, samples: own }] : [];
      });
      filler.appended = from + own.length;
      return faded.slice(own.length, Math.max(own.length, boundary + fadeSamples - from));
    },

    rampTo(gain, rampMs) {
      ramp.rampTo(gain, rampMs);
    },

    cut(tailSamples) {
      // Only what is being heard fades out: a cut never lets the first sample of anything else through.
      const head = waiting[0];
      const tail = head && head.account.heard > 0 ? head.samples.slice(0, tailSamples) : new Float32Array(0);
      if (head) head.account.heard += tail.length;
      ramp.rampTo(0, (tail.length * 1000) / sampleRateHz);
      const faded = ramp.apply(tail);
      ramp.rampTo(1, 0);
      const cut = accounts;
      accounts = [];
      waiting = [];
      written = [];
      writtenEnd += tail.length;
      return { tail: faded, cut };
    },
  };
}
