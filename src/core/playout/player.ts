import type { SchedulerLike, Subscription } from 'rxjs';
import { audioFrame } from '../audio/audio-frame.js';
import { dbToGain } from '../audio/gain.js';
import { fromMono } from '../audio/mix.js';
import { DeviceError } from '../errors.js';
import { createFrameConverter } from '../operators/convert-to.js';
import type { AudioSink, FlushKind } from '../ports/audio-sink.js';
import type { PlayoutOptions } from './playout-options.js';
import { createPlayoutQueue, type Heard, type HeardAccount } from './playout-queue.js';
import type { PlayoutCommand, PlayoutEvent, PlayoutOwner } from './playout-types.js';

/** Written in blocks of this length, so that a ramp starts on time. Units: ms. */
const blockMs = 10;
/** What a filler that is left has after its last word fades over this, beneath the reply. Units: ms. */
const handOverFadeMs = 40;
/** Heard of one owner between two reports of it. Units: ms. */
const progressMs = 500;

/** The samples with others beneath their beginning; a copy. */
function withBeneath(samples: Float32Array, beneath: Float32Array): Float32Array {
  if (beneath.length === 0) return samples;
  const mixed = samples.slice();
  for (let i = 0; i < Math.min(mixed.length, beneath.length); i++) {
    mixed[i] = Math.max(-1, Math.min(1, (mixed[i] as number) + (beneath[i] as number)));
  }
  return mixed;
}

export interface PlayerInput {
  readonly sink: AudioSink;
  readonly options: PlayoutOptions;
  readonly scheduler: SchedulerLike;
  readonly tell: (event: PlayoutEvent) => void;
  /** All that waited was heard, after `finish`. */
  readonly finished: () => void;
  readonly failed: (error: unknown) => void;
}

/** Keeps a sink filled from a queue, and takes back what it holds when the volume changes or everything is cut. */
export interface Player {
  obey(command: PlayoutCommand): void;
  /** No command will follow. */
  finish(): void;
  /** The sink failed: tell what was heard, then pass the error on. */
  fail(error: unknown): void;
  /** Leave at once; the sink is flushed. */
  stop(): void;
}

export function createPlayer({ sink, options, scheduler, ...output }: PlayerInput): Player {
  const { sampleRateHz, channels } = sink.format;
  const samplesOf = (ms: number) => Math.round((ms * sampleRateHz) / 1000);
  const msOf = (samples: number) => (samples * 1000) / sampleRateHz;
  const keyOf = ({ kind, id }: PlayoutOwner) => `${kind} ${id}`;
  const heardSample = () => samplesOf(sink.position().heardMs);

  const queue = createPlayoutQueue(sampleRateHz, samplesOf(options.maxQueuedMs), heardSample());
  /** Samples that were not taken because the queue was full. */
  const refused = new Map<string, { readonly total: number; readonly told: number }>();
  const converters = new Map<string, ReturnType<typeof createFrameConverter>>();
  /** Told when the work at hand is done, so that whoever listens may give the next command. */
  const outbox: PlayoutEvent[] = [];
  const tell = (event: PlayoutEvent) => outbox.push(event);
  /** Asked for while something else is done: a sink renders whenever it is looked at, and whoever hears that may ask. */
  const later: (() => void)[] = [];
  let isAtWork = false;
  let isGivingUp = false;
  let failure: { readonly error: unknown } | undefined;
  let timer: Subscription | undefined;
  let state: 'running' | 'finishing' | 'stopped' = 'running';
  let starved: PlayoutOwner | undefined;
  let isDucked = false;
  /** What was told of the one being heard. */
  let reported: { readonly id: string; readonly heard: number } = { id: '', heard: 0 };
  /** Nothing was there to be heard when the sink was looked at last. */
  let resting = true;
  let progress = { sample: heardSample(), atMs: scheduler.now() };

  /** `sample` leaves the loudspeaker at `sampleMs`; earlier ones left it earlier. */
  const tellHeard = (heard: readonly Heard[], sample: number, sampleMs: number) => {
    for (const item of heard) {
      const { owner } = item;
      const atMs = sampleMs - msOf(sample - item.sample);
      if (item.type === 'started') {
        tell({ type: 'playout-started', owner, atMs });
      } else {
        const reason = item.account.handedOver ? 'handed-over' : 'heard';
        tell({ type: 'playout-ended', owner, atMs, heardMs: msOf(item.account.heard), reason });
      }
    }
  };
  const tellCut = (cut: readonly HeardAccount[], atMs: number) => {
    for (const { owner, heard } of cut) {
      tell({ type: 'playout-ended', owner, atMs, heardMs: msOf(heard), reason: 'cut' });
    }
  };
  const tellProgress = () => {
    const current = queue.current;
    if (!current || current.heard === 0) return;
    const { owner, heard } = current;
    const before = reported.id === keyOf(owner) ? reported.heard : 0;
    if (heard - before < samplesOf(progressMs)) return;
    reported = { id: keyOf(owner), heard };
    tell({ type: 'playout-progress', owner, atMs: scheduler.now(), heardMs: msOf(heard) });
  };
  const tellStarved = () => {
    const current = queue.current;
    if (queue.unheard > 0 || !current || current.heard === 0 || starved === current.owner) return;
    starved = current.owner;
    tell({ type: 'playout-starved', owner: starved, atMs: scheduler.now(), heardMs: msOf(current.heard) });
  };

  const write = (mono: Float32Array) => {
    const dueMs = scheduler.now() + sink.position().queuedMs;
    sink.write(audioFrame(sink.format, channels === 1 ? mono : fromMono(mono, channels), dueMs));
  };
  /** All that the sink ever took and did not give back; time passing does not change it. Units: ms. */
  const taken = () => {
    const { heardMs, queuedMs } = sink.position();
    return heardMs + queuedMs;
  };
  const fill = () => {
    while (sink.position().queuedMs < options.leadMs) {
      const block = queue.take(samplesOf(blockMs));
      if (!block) return;
      const before = taken();
      write(block);
      // A sink that holds less than the lead takes no more: keep the block for later.
      if (taken() - before < msOf(block.length) / 2) return queue.takeBack();
    }
  };
  const checkProgress = (sample: number) => {
    const nowMs = scheduler.now();
    if (sample !== progress.sample || resting) progress = { sample, atMs: nowMs };
    else if (nowMs - progress.atMs >= options.stallMs) {
      throw new DeviceError(
        'DEVICE_LOST',
        `the loudspeaker took no audio for ${options.stallMs} ms; check the device, it will be opened again`,
        { retryable: true },
      );
    }
  };

  /** Everything that depends on where the loudspeaker is. */
  const advance = () => {
    const sample = heardSample();
    tellHeard(queue.markHeard(sample), sample, scheduler.now());
    tellProgress();
    tellStarved();
    checkProgress(sample);
    fill();
    resting = queue.unheard === 0;
    if (!resting) lookAgain();
  };
  const lookAgain = () => {
    if (timer || state === 'stopped') return;
    timer = scheduler.schedule(() => {
      timer = undefined;
      guarded(advance);
    }, options.pollMs);
  };

  /** Take back what the sink has not played. @returns when the last sample that could not be recalled is over. */
  const rewind = (kind: FlushKind) => {
    const { heardMs } = sink.position();
    const stopped = sink.flush(kind);
    const atMs = (position: number) => scheduler.now() + position - heardMs;
    const reachedMs = Math.min(stopped.heardMs, sink.position().heardMs);
    const sample = samplesOf(reachedMs);
    tellHeard(queue.markHeard(sample), sample, atMs(reachedMs));
    queue.rewindTo(samplesOf(stopped.heardMs));
    progress = { sample, atMs: scheduler.now() };
    return atMs(stopped.heardMs);
  };
  /** @returns when the new gain is reached at the loudspeaker; at once when nothing is being heard. */
  const rampTo = (gain: number, rampMs: number) => {
    if (queue.unheard === 0) {
      queue.rampTo(gain, 0);
      return scheduler.now();
    }
    const fromMs = rewind('soft');
    queue.rampTo(gain, rampMs);
    return fromMs + rampMs;
  };
  const cut = () => {
    const fromMs = rewind('hard');
    const { tail, cut: discarded } = queue.cut(sink.isSeamless ? samplesOf(options.cutRampMs) : 0);
    if (tail.length > 0) write(tail);
    converters.clear();
    refused.clear();
    starved = undefined;
    const atMs = fromMs + msOf(tail.length);
    tellCut(discarded, atMs);
    // Where there was nothing to cut nobody hears a difference.
    if (discarded.length > 0 || isDucked) tell({ type: 'silenced', atMs });
    isDucked = false;
  };

  /** Told at the first sample that was not taken and, with all of them, at the end. */
  const overflow = (owner: PlayoutOwner, samples: number) => {
    const { total = 0, told = samples } = refused.get(keyOf(owner)) ?? {};
    refused.set(keyOf(owner), { total: total + samples, told });
    if (total === 0) tell({ type: 'playout-overflow', owner, droppedMs: msOf(samples) });
  };
  const append = (owner: PlayoutOwner, samples: Float32Array, pausesMs: readonly number[] = []) => {
    const accepted = queue.append(owner, samples, pausesMs.map(samplesOf));
    if (accepted < samples.length) overflow(owner, samples.length - accepted);
    if (accepted > 0) starved = undefined;
  };
  /** @returns what the filler that is left still has, to be heard beneath the reply, of which so much is there. */
  const leaveFiller = (replySamples: number): Float32Array => {
    rewind('soft');
    return queue.handOver(samplesOf(options.maxHandOverMs), samplesOf(handOverFadeMs), replySamples);
  };
  const play = ({ owner, frame, pausesMs }: Extract<PlayoutCommand, { type: 'play' }>) => {
    const converter = converters.get(keyOf(owner)) ?? createFrameConverter({ sampleRateHz, channels: 1 });
    converters.set(keyOf(owner), converter);
    const pieces = converter.next(frame).map(({ samples }) => samples);
    if (owner.kind === 'reply' && queue.fillerToLeave) {
      const [first = new Float32Array(0), ...more] = pieces;
      append(owner, withBeneath(first, leaveFiller(first.length)));
      for (const samples of more) append(owner, samples);
      return;
    }
    if (pieces.length === 0) append(owner, new Float32Array(0), pausesMs);
    for (const samples of pieces) append(owner, samples, pausesMs);
  };
  const end = (owner: PlayoutOwner) => {
    for (const { samples } of converters.get(keyOf(owner))?.end() ?? []) append(owner, samples);
    converters.delete(keyOf(owner));
    const dropped = refused.get(keyOf(owner));
    refused.delete(keyOf(owner));
    if (dropped && dropped.total > dropped.told) {
      tell({ type: 'playout-overflow', owner, droppedMs: msOf(dropped.total) });
    }
    const sample = heardSample();
    tellHeard(queue.end(owner, sample), sample, scheduler.now());
  };

  const follow = (command: PlayoutCommand) => {
    switch (command.type) {
      case 'play':
        return play(command);
      case 'end':
        // It has ended.
        return isGivingUp ? undefined : end(command.owner);
      case 'duck':
        isDucked = true;
        return tell({ type: 'ducked', atMs: rampTo(dbToGain(options.duckGainDb), options.duckRampMs) });
      case 'restore':
        isDucked = false;
        return tell({ type: 'restored', atMs: rampTo(1, options.restoreRampMs) });
      case 'cut':
        return cut();
    }
  };
  const deliver = () => {
    for (let event = outbox.shift(); event && state !== 'stopped'; event = outbox.shift()) output.tell(event);
  };
  // A function, because it changes while work is done.
  const isStopped = () => state === 'stopped';
  const workOff = (work: () => void) => {
    isAtWork = true;
    try {
      for (let next: typeof work | undefined = work; next && !isStopped(); next = later.shift()) next();
    } catch (error) {
      failure ??= { error };
    }
    isAtWork = false;
  };
  const giveUp = (error: unknown) => {
    const isFirst = !isGivingUp;
    isGivingUp = true;
    const sample = heardSample();
    tellHeard(queue.markHeard(sample), sample, scheduler.now());
    tellCut(queue.cut(0).cut, scheduler.now());
    // What is spoken when an end is told ends as well, and is told by the one who tells already.
    if (!isFirst) return;
    deliver();
    output.failed(error);
  };
  const guarded = (work: () => void) => {
    if (isStopped()) return;
    if (isAtWork) {
      later.push(work);
      return;
    }
    workOff(work);
    if (isStopped()) {
      // What was under way may have written after that.
      sink.flush();
      return;
    }
    if (failure) {
      giveUp(failure.error);
      return;
    }
    const finished = state === 'finishing' && resting;
    deliver();
    if (finished && state === 'finishing') output.finished();
  };

  const player: Player = {
    obey: (command) =>
      guarded(() => {
        follow(command);
        advance();
      }),
    finish() {
      state = 'finishing';
      guarded(advance);
    },
    fail(error) {
      // What fails because of it afterwards says less.
      failure ??= { error };
      guarded(() => {});
    },
    stop() {
      state = 'stopped';
      timer?.unsubscribe();
      if (!isAtWork) sink.flush();
    },
  };
  return player;
}
