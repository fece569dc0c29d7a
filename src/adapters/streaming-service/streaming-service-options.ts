import type { SchedulerLike } from 'rxjs';
import { asyncScheduler } from 'rxjs';
import type { Check } from '../../core/options.js';
import { integerIn, oneOf, resolveOptions } from '../../core/options.js';

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
   * proves who answers. A loopback host is always called in plain text, any other with TLS and the roots of the
   * system unless this is true.
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
  /** Runs every timer of the adapter. @defaultValue `asyncScheduler` of rxjs */
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
  scheduler: asyncScheduler,
} as const satisfies StreamingServiceOptions;

/** What `streamingService` takes. @public */
export type StreamingServiceInit = Pick<StreamingServiceOptions, 'target' | 'hardwareId'> &
  Partial<StreamingServiceOptions>;

/** @throws OptionError `OPTION_INVALID` that names every bad option. */
export function resolveStreamingServiceOptions(given: StreamingServiceInit): StreamingServiceOptions {
  return resolveOptions<StreamingServiceOptions>('streamingService', defaultStreamingServiceOptions, given, {
    target: hostAndPort,
    hardwareId: isHardwareId,
    insecure: oneOf(true, false),
    firstMessageMs: integerIn(100, 600_000, 'ms'),
    betweenMessagesMs: integerIn(100, 600_000, 'ms'),
    deadlineMs: integerIn(100, 3_600_000, 'ms'),
    scheduler: isScheduler,
  });
}

/** Whether a `host:port` is this machine, whose traffic nobody else sees. */
export function isLoopback(target: string): boolean {
  const host = splitTarget(target)?.host.toLowerCase();
  return host === 'localhost' || host === '[::1]' || (host !== undefined && /^127(\.\d{1,3}){3}$/.test(host));
}

function splitTarget(target: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] =
    /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?):(\d{1,5})$/i.exec(target) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

const hostAndPort: Check = (value) => {
  const found = typeof value === 'string' ? splitTarget(value) : undefined;
  return found !== undefined && found.port >= 1 && found.port <= 65_535
    ? undefined
    : 'must be host:port with a port from 1 to 65535, such as 127.0.0.1:50051';
};

const isHardwareId: Check = (value) => {
  const usable = typeof value === 'string' && value.trim() !== '' && value.trim().toLowerCase() !== 'unknown';
  return usable ? undefined : 'must be a non-empty string that names this device, and not "unknown"';
};

const isScheduler: Check = (value) =>
  typeof value === 'object' && value !== null && 'schedule' in value && 'now' in value
    ? undefined
    : 'must be a scheduler of rxjs';
