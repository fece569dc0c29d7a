import { type Audify, apis, type RtAudio, type RtAudioDevice } from '../../src/devices/audify/rt-audio.js';

/** Everything that was given to `openStream`. */
type OpenCall = Parameters<RtAudio['openStream']>;

/** A device of the fake, with what is special about it. */
export interface FakeDevice extends Partial<RtAudioDevice> {
  readonly name: string;
  /** Opens at this rate whatever is asked for, as ALSA does. */
  readonly fixedRateHz?: number;
  /** Opening throws this, as RtAudio says it. */
  readonly refuses?: string;
}

/** One `RtAudio` object of the fake. */
export interface FakeRtAudio extends RtAudio {
  readonly opened: OpenCall | undefined;
  isOpen: boolean;
  isStarted: boolean;
  /** How often it was closed. */
  closes: number;
  /** Buffers in its queue. */
  readonly queue: Uint8Array[];
  latency: number;
  /** Take buffers from the queue as the driver does; of an empty queue nothing is taken. Also after closing, as calls that were posted before. */
  pop(count?: number): void;
  /** Hand in buffers of these samples. */
  deliver(samples: Float32Array, count?: number): void;
}

/** The native library without anything native, and what it is made to do. */
export interface FakeAudify {
  readonly audify: Audify;
  /** What it lists from now on. */
  devices: readonly FakeDevice[];
  /** What `getApi` answers when it was built without what is asked for. */
  answer: string | undefined;
  readonly objects: FakeRtAudio[];
  /** The one that is open; the last when several are. */
  readonly running: FakeRtAudio;
  /** `PULSE_LATENCY_MSEC` at each opening. */
  readonly latencies: (string | undefined)[];
  /** Say something, as the library does: to the callback that was given last. */
  say(text: string): void;
}

/** A library that lists these devices, with numbers that begin at 129 in each object, as RtAudio does. */
export function createFakeAudify(...devices: readonly FakeDevice[]): FakeAudify {
  let onError: OpenCall[9] | undefined;
  const objects: FakeRtAudio[] = [];
  const latencies: (string | undefined)[] = [];
  const fake: FakeAudify = {
    audify: {
      RtAudio: function make(api: number) {
        return create(api);
      } as unknown as Audify['RtAudio'],
    },
    devices,
    answer: undefined,
    objects,
    latencies,
    get running() {
      const open = objects.filter((each) => each.isOpen).at(-1);
      if (!open) throw new Error('no stream is open');
      return open;
    },
    say: (text) => onError?.(0, text),
  };

  function create(api: number): FakeRtAudio {
    let call: OpenCall | undefined;
    let rate = 0;
    const listed = (): (FakeDevice & RtAudioDevice)[] =>
      fake.devices.map((device, index) => ({
        id: 129 + index,
        outputChannels: 0,
        inputChannels: 0,
        isDefaultOutput: false,
        isDefaultInput: false,
        sampleRates: [44_100, 48_000],
        preferredSampleRate: 48_000,
        ...device,
      }));
    const object: FakeRtAudio = {
      isOpen: false,
      isStarted: false,
      closes: 0,
      queue: [],
      latency: 0,
      get opened() {
        return call;
      },
      openStream(...given) {
        latencies.push(process.env['PULSE_LATENCY_MSEC']);
        onError = given[9];
        const device = listed().find(({ id }) => id === (given[0] ?? given[1])?.deviceId);
        if (!device)
          throw new Error(
            "RtAudio Error: Code: 7, Message: 'RtApi::openStream: output device ID is invalid.'",
          );
        if (device.refuses) throw new Error(`RtAudio Error: Code: 10, Message: '${device.refuses}'`);
        call = given;
        rate = device.fixedRateHz ?? given[3];
        object.isOpen = true;
        return given[4];
      },
      closeStream() {
        object.closes += 1;
        object.isOpen = false;
      },
      start() {
        object.isStarted = true;
      },
      write(pcm) {
        object.queue.push(pcm.slice());
      },
      clearOutputQueue() {
        object.queue.length = 0;
      },
      getApi: () =>
        fake.answer ?? Object.values(apis).find(({ number }) => number === api)?.answer ?? 'Unknown',
      getStreamLatency: () => object.latency,
      getStreamSampleRate: () => rate,
      getDevices: listed,
      pop(count = 1) {
        for (let left = count; left > 0; left -= 1) if (object.queue.shift()) call?.[7]?.();
      },
      deliver(samples, count = 1) {
        for (let left = count; left > 0; left -= 1) call?.[6]?.(new Uint8Array(samples.slice().buffer));
      },
    };
    objects.push(object);
    return object;
  }
  return fake;
}
