import type { SchedulerLike } from 'rxjs';
import { asyncScheduler } from 'rxjs';
import type { Check } from '../../core/options.js';
import { integerIn, numberIn, oneOf, resolveOptions } from '../../core/options.js';
import type { InterruptedReply } from '../../core/ports/upstream.js';
import { isTarget } from './target.js';
import type { Trust } from './trust.js';

/** How to reach a StreamingService, and how patient to be with it. @public */
export interface StreamingServiceOptions {
  /**
   * Where the service is, as `host:port`; an IPv6 address in brackets, such as `[::1]:50051`. Required.
   * Range of the port: 1..65535.
   */
  readonly target: string;
  /**
   * Names this device to the service, the same after each start. Required; never `unknown`, which servers refuse.
   */
  readonly hardwareId: string;
  /**
   * Talk plain text to a host that is not this machine. Everything said is then readable on the way, and nothing
   * proves who answers. A loopback host is called in plain text unless `trust` says how to call it with TLS; any other
   * is called with TLS unless this is true.
   * @defaultValue false
   */
  readonly insecure: boolean;
  /**
   * Longest wait from the request to the first message of its answer, in milliseconds. Range: 100..600000.
   * @defaultValue 15000
   * @remarks Ten times the 1.3 to 1.7 s that the first answer of a cold backend was measured to take.
   */
  readonly firstMessageMs: number;
  /**
   * Longest silence between two messages of an answer, in milliseconds. Range: 100..600000.
   * @defaultValue 15000
   * @remarks Servers stall for seconds between two sentences while a model thinks; a person has left after 15 s.
   */
  readonly betweenMessagesMs: number;
  /**
   * Longest time for one whole answer, in milliseconds. Range: 100..3600000.
   * @defaultValue 300000
   * @remarks The limit that operators of this service publish, and that their proxies enforce.
   */
  readonly deadlineMs: number;
  /**
   * How often a turn is asked again after its first attempt failed before anything of an answer came. Range: 0..10.
   * What the service refused is never asked again, nor is a turn of which any text, audio or action came. 0 for none.
   * @defaultValue 4
   * @remarks Operators of this service ask for four.
   */
  readonly maxRetries: number;
  /**
   * Wait before the second attempt, in milliseconds; doubles with each one after. Range: 10..60000.
   * @defaultValue 1000
   */
  readonly retryDelayMs: number;
  /** Longest such wait, in milliseconds, before jitter. Range: 10..600000. @defaultValue 8000 */
  readonly maxRetryDelayMs: number;
  /**
   * By how much a wait is made longer or shorter at random, as a part of it, so that devices that failed together do
   * not come back together. Range: 0..1.
   * @defaultValue 0.2
   * @remarks The spread that gRPC uses for its own connection back-off.
   */
  readonly retryJitter: number;
  /**
   * Tell the service what the user has said so far while the user speaks (COLLECT), and the whole when the turn ends
   * (COMMIT). Each partial transcript is a call of its own, and sent as far as two in a row agree; what turns out to be
   * wrong is left behind under its session id.
   * @defaultValue false
   */
  readonly partialTranscripts: boolean;
  /**
   * Send InterruptSession, too, when an answer is cut. The service then answers nothing of this device for 5 s
   * (measured), which is why it is off: cancelling the call stops the answer by itself.
   * @defaultValue false
   */
  readonly interruptOnCut: boolean;
  /**
   * What to ask with after the user cut an answer, made of what the user said and of what was heard of that answer; null to ask with
   * what the user said. The contract has no field for it, so it can only be put into words: a service that is not prompted to
   * expect them takes them for the user's own. Such a turn is asked apart from what was sent of it ahead.
   * @defaultValue null
   */
  readonly promptAfterCut: ((text: string, interrupted: InterruptedReply) => string) | null;
  /**
   * How far received audio may be ahead of what the user has heard, in milliseconds. Beyond it the call is paused, and
   * goes on when half of it is left, so that a long answer of a fast service is not held in memory whole. Where nobody
   * tells what was heard, the time since the first audio counts.
   * Range: 1000..600000.
   * @defaultValue 30000
   */
  readonly maxAheadMs: number;
  /**
   * Interval of keep-alive pings while a call runs, in milliseconds; null for none. Range: 10000..3600000.
   * @defaultValue null
   * @remarks A server made with the C library takes a few pings on a silent stream for an attack and closes the
   * connection (measured: pings each 5 s ended a healthy call after 20 s). Silence is watched in the call instead. Set it
   * where a proxy in between drops idle connections, to 300000 or more unless the proxy answers the pings itself.
   */
  readonly keepaliveMs: number | null;
  /**
   * Let the environment (`grpc_proxy`, `https_proxy`, `http_proxy`, `no_proxy`) choose a proxy for connections.
   * @defaultValue false
   */
  readonly useProxy: boolean;
  /**
   * Sent with every call, such as `{ authorization: 'Bearer ...' }`. Names are lower case; names that begin with
   * `grpc-` or end with `-bin` are not possible.
   * @defaultValue {}
   */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Whom to believe that it is the service, where it is called with TLS: roots, a pinned certificate, another name, a
   * certificate of our own. What is not given is as in `defaultTrust`: the roots of Node.js.
   * @defaultValue {}
   */
  readonly trust: Partial<Trust>;
  /**
   * Runs every timer of the adapter and stamps its events. Give it the pipeline's, or the two tell the time by different clocks: the default
   * tells the time of day. @defaultValue `asyncScheduler` of rxjs
   */
  readonly scheduler: SchedulerLike;
}

/** The defaults; `target` and `hardwareId` have none and must be given. @public */
export const defaultStreamingServiceOptions = {
  target: '',
  hardwareId: '',
  insecure: false,
  firstMessageMs: 15_000,
  betweenMessagesMs: 15_000,
  deadlineMs: 300_000,
  maxRetries: 4,
  retryDelayMs: 1000,
  maxRetryDelayMs: 8000,
  retryJitter: 0.2,
  partialTranscripts: false,
  interruptOnCut: false,
  promptAfterCut: null,
  maxAheadMs: 30_000,
  keepaliveMs: null,
  useProxy: false,
  metadata: {},
  trust: {},
  scheduler: asyncScheduler,
} as const satisfies StreamingServiceOptions;

/** What `streamingService` takes. @public */
export type StreamingServiceInit = Pick<StreamingServiceOptions, 'target' | 'hardwareId'> &
  Partial<StreamingServiceOptions>;

/** @throws OptionError `OPTION_INVALID` that names every bad option. */
export function resolveStreamingServiceOptions(given: StreamingServiceInit): StreamingServiceOptions {
  return resolveOptions<StreamingServiceOptions>('streamingService', defaultStreamingServiceOptions, given, {
    target: isTarget,
    hardwareId: isHardwareId,
    insecure: oneOf(true, false),
    firstMessageMs: integerIn(100, 600_000, 'ms'),
    betweenMessagesMs: integerIn(100, 600_000, 'ms'),
    deadlineMs: integerIn(100, 3_600_000, 'ms'),
    maxRetries: integerIn(0, 10),
    retryDelayMs: integerIn(10, 60_000, 'ms'),
    maxRetryDelayMs: integerIn(10, 600_000, 'ms'),
    retryJitter: numberIn(0, 1),
    partialTranscripts: oneOf(true, false),
    interruptOnCut: oneOf(true, false),
    promptAfterCut: (value) =>
      value === null || typeof value === 'function'
        ? undefined
        : 'must be null or a function from a text and an interrupted reply to a prompt',
    maxAheadMs: integerIn(1000, 600_000, 'ms'),
    keepaliveMs: (value) =>
      value === null || integerIn(10_000, 3_600_000)(value) === undefined
        ? undefined
        : 'must be null or a whole number from 10000 to 3600000 ms',
    useProxy: oneOf(true, false),
    metadata: isMetadata,
    trust: isObject,
    scheduler: isScheduler,
  });
}

const isHardwareId: Check = (value) => {
  const usable = typeof value === 'string' && value.trim() !== '' && value.trim().toLowerCase() !== 'unknown';
  return usable ? undefined : 'must be a non-empty string that names this device, and not "unknown"';
};

const isObject: Check = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'must be an object';

const isMetadata: Check = (value) => {
  const usable = ([name, text]: [string, unknown]) =>
    /^(?!grpc-)[0-9a-z_.-]+(?<!-bin)$/.test(name) && typeof text === 'string' && /^[ -~]*$/.test(text);
  return isObject(value) ?? (Object.entries(value as object).every(usable) ? undefined : metadataRule);
};

const metadataRule =
  'must have lower-case names of a-z 0-9 _ . - that neither begin with grpc- nor end with -bin, and values of printable ASCII';

const isScheduler: Check = (value) =>
  typeof value === 'object' && value !== null && 'schedule' in value && 'now' in value
    ? undefined
    : 'must be a scheduler of rxjs';
