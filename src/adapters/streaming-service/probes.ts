import { UpstreamError } from '../../core/errors.js';
import { integerIn, resolveOptions } from '../../core/options.js';
import { requestJson } from './request-json.js';
import { isTarget } from './target.js';
import type { Trust } from './trust.js';
import { defaultTrust, resolveTrust } from './trust.js';

/** How to ask a service how it is. @public */
export interface ProbeOptions {
  /** Whom to believe, as for the calls. @defaultValue {} */
  readonly trust: Partial<Trust>;
  /** Longest wait for the whole answer, in milliseconds. Range: 100..60000. @defaultValue 5000 */
  readonly timeoutMs: number;
}

/** @public */
export const defaultProbeOptions = { trust: {}, timeoutMs: 5000 } as const satisfies ProbeOptions;

/** What `GET /health` says. What a server leaves out, or says in another type, is null. @public */
export interface ServiceHealth {
  /** True when it says so: status 200 and `status` is `OK` in any case of letters. */
  readonly healthy: boolean;
  readonly httpStatus: number;
  readonly status: string | null;
  readonly latestVersion: string | null;
  readonly latestBuild: string | null;
  readonly ffmpegAvailable: boolean | null;
  /** Why it is not healthy, in its words. */
  readonly error: string | null;
}

/** What `GET /status` says. What a server leaves out, or says in another type, is null. @public */
export interface ServiceStatus {
  /** True when it says so: status 200 and `status` is `running`. */
  readonly running: boolean;
  readonly httpStatus: number;
  readonly status: string | null;
  readonly service: string | null;
  readonly latestVersion: string | null;
  readonly latestBuild: string | null;
  /** `enabled` or `disabled`. */
  readonly updateServer: string | null;
  /** Where it says that its parts are, such as `grpc: 'port 50051'`. */
  readonly endpoints: Readonly<Record<string, string>>;
}

/**
 * Ask a service whether it is well.
 *
 * @remarks
 * A hint only: the part that answers here does not ask the part that answers calls. One that is not well is no error.
 * Secured as the calls are: TLS for all but a loopback address, with the same trust. The web port of a service on this
 * machine is another than that of its calls.
 * Timing: at most `timeoutMs`, and two seconds more to find out why TLS failed. Reads at most 64 KiB.
 *
 * @param target - `host:port`.
 * @throws OptionError `OPTION_INVALID`
 * @throws UpstreamError `UPSTREAM_UNREACHABLE`, `UPSTREAM_TIMEOUT`, one of `UPSTREAM_TLS_*`, `UPSTREAM_UNAUTHENTICATED`,
 * `UPSTREAM_FORBIDDEN`, `UPSTREAM_INCOMPATIBLE` when nothing of the kind is served there, `UPSTREAM_FAULT` when the
 * answer cannot be understood.
 * @public
 */
export async function probeHealth(
  target: string,
  options: Partial<ProbeOptions> = {},
): Promise<ServiceHealth> {
  const { httpStatus, body } = await probe('probeHealth', target, '/health', options);
  const status = text(body['status']);
  return {
    healthy: httpStatus === 200 && status?.toUpperCase() === 'OK',
    httpStatus,
    status,
    latestVersion: text(body['latest_version']),
    latestBuild: text(body['latest_build']),
    ffmpegAvailable: typeof body['ffmpeg_available'] === 'boolean' ? body['ffmpeg_available'] : null,
    error: text(body['error']),
  };
}

/**
 * Ask a service what it is.
 *
 * @remarks
 * As `probeHealth`.
 *
 * @param target - `host:port`.
 * @throws what `probeHealth` throws.
 * @public
 */
export async function probeStatus(
  target: string,
  options: Partial<ProbeOptions> = {},
): Promise<ServiceStatus> {
  const { httpStatus, body } = await probe('probeStatus', target, '/status', options);
  const status = text(body['status']);
  const endpoints = isRecord(body['endpoints']) ? body['endpoints'] : {};
  return {
    running: httpStatus === 200 && status?.toLowerCase() === 'running',
    httpStatus,
    status,
    service: text(body['service']),
    latestVersion: text(body['latest_version']),
    latestBuild: text(body['latest_build']),
    updateServer: text(body['update_server']),
    endpoints: Object.fromEntries(
      Object.entries(endpoints).flatMap(([name, value]) => {
        const where = text(value);
        return where === null ? [] : [[name, where] as const];
      }),
    ),
  };
}

async function probe(
  where: string,
  target: string,
  path: string,
  options: Partial<ProbeOptions>,
): Promise<{ readonly httpStatus: number; readonly body: Readonly<Record<string, unknown>> }> {
  const defaults = { ...defaultProbeOptions, target: '' };
  const given = { ...options, target };
  const settings = resolveOptions<ProbeOptions & { readonly target: string }>(where, defaults, given, {
    target: isTarget,
    timeoutMs: integerIn(100, 60_000, 'ms'),
    trust: (value) =>
      isRecord(value)
        ? undefined
        : `must be an object with fields of ${Object.keys(defaultTrust).join(', ')}`,
  });
  const trust = resolveTrust(settings.trust);
  const { httpStatus, body } = await requestJson({ target, path, trust, timeoutMs: settings.timeoutMs });
  if (isRecord(body)) return { httpStatus, body };
  throw new UpstreamError(
    'UPSTREAM_FAULT',
    `${target} answered ${path} with JSON that is no object; check that target is the web port of the service`,
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Versions come as numbers from some servers. */
const text = (value: unknown): string | null =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
