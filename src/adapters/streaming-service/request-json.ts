import { type IncomingMessage, request as requestPlain } from 'node:http';
import { type RequestOptions, request as requestSecured } from 'node:https';
import { isIP } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { ErrorCode } from '../../core/errors.js';
import { UpstreamError } from '../../core/errors.js';
import { diagnoseTls } from './diagnose-tls.js';
import { type TlsTerms, tlsTermsFor } from './secure-channel.js';
import { splitTarget } from './target.js';
import { tlsError } from './tls-failure.js';
import type { Trust } from './trust.js';

/** Longest answer that is read. Those of this service have some hundred bytes. */
const maxBytes = 64 * 1024;

/** What to ask for. */
export interface JsonRequest {
  /** A valid `host:port`. */
  readonly target: string;
  readonly path: string;
  /** As `resolveTrust` returned it. */
  readonly trust: Trust;
  readonly timeoutMs: number;
  /** Of the call that this is to explain, for an error of TLS. */
  readonly grpcStatus?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came back. */
export interface JsonAnswer {
  readonly httpStatus: number;
  readonly body: unknown;
}

/**
 * GET a JSON text.
 *
 * @remarks
 * Follows no redirection: the trust is for this service and no other. Answers with status 200, and with 5xx where there
 * is JSON in them: that is how a service says that it is not well.
 */
export async function requestJson(wanted: JsonRequest): Promise<JsonAnswer> {
  const { target, path, trust, grpcStatus } = wanted;
  const { httpStatus, bytes, location } = await get(wanted).catch(async (error: unknown) => {
    if (error instanceof UpstreamError) throw error;
    throw (await diagnose(wanted, error)) ?? failed(wanted, error);
  });
  if (httpStatus === 400 && /SSL certificate/i.test(bytes.toString('latin1'))) {
    const name = splitTarget(target)?.host ?? target;
    throw tlsError('client-refused', { target, trust, name, grpcStatus });
  }
  const meaning = refusals[httpStatus];
  if (meaning !== undefined) {
    const [code, advice] = meaning;
    throw new UpstreamError(code, `${target} answered ${path} with HTTP status ${httpStatus}; ${advice}`);
  }
  const body = parse(bytes);
  if (body !== undefined && (httpStatus === 200 || httpStatus >= 500)) return { httpStatus, body };
  // A web server tells who sends plain text to its port for TLS so, in a page made for people.
  const tlsWanted = httpStatus === 400 ? await diagnoseTls(target, trust) : undefined;
  if (tlsWanted !== undefined) throw tlsWanted;
  const what = `${target} answered ${path} with HTTP status ${httpStatus}`;
  if (httpStatus >= 500) {
    throw new UpstreamError(
      'UPSTREAM_FAULT',
      `${what} and no JSON; look at the log of the service, then try again`,
      {
        retryable: true,
      },
    );
  }
  const where = location === undefined ? '' : ` to ${location.slice(0, 200)}`;
  const advice = 'check that target is the web port of the service';
  throw new UpstreamError(
    'UPSTREAM_INCOMPATIBLE',
    `${what}${where}${httpStatus === 200 ? ' and no JSON' : ''}; ${advice}`,
  );
}

const refusals: { readonly [httpStatus: number]: readonly [ErrorCode, string] } = {
  401: ['UPSTREAM_UNAUTHENTICATED', 'ask whoever runs the service who may see it'],
  403: ['UPSTREAM_FORBIDDEN', 'ask whoever runs the service who may see it'],
  404: ['UPSTREAM_INCOMPATIBLE', 'check that target is the web port of the service'],
};

interface RawAnswer {
  readonly httpStatus: number;
  readonly bytes: Buffer;
  readonly location: string | undefined;
}

function get({ target, path, trust, timeoutMs, signal }: JsonRequest): Promise<RawAnswer> {
  const { host, port } = splitTarget(target) ?? { host: target, port: 0 };
  const tls = tlsTermsFor(target, trust);
  const common = { host, port, path, headers: { accept: 'application/json' }, agent: false, signal } as const;
  return new Promise((resolve, reject) => {
    const request = tls === undefined ? requestPlain(common) : requestSecured(securedOptions(common, tls));
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
      request.destroy();
    };
    const timer = setTimeout(() => fail(tooLate(target, path, timeoutMs)), timeoutMs);
    request.on('error', fail);
    request.on('response', (response: IncomingMessage) => {
      const pieces: Buffer[] = [];
      let received = 0;
      response.on('error', fail);
      response.on('data', (piece: Buffer) => {
        received += piece.length;
        if (received > maxBytes) fail(tooLong(target, path));
        else pieces.push(piece);
      });
      response.on('end', () => {
        clearTimeout(timer);
        const { statusCode: httpStatus = 0, headers } = response;
        resolve({ httpStatus, bytes: Buffer.concat(pieces), location: headers.location });
      });
    });
    request.end();
  });
}

function securedOptions(common: RequestOptions, { secureContext, name, identify }: TlsTerms): RequestOptions {
  const secured: RequestOptions & { readonly secureContext: SecureContext } = {
    ...common,
    secureContext,
    // An IP address is no name to ask for (RFC 6066).
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => identify(certificate),
    // Written out, because the environment can switch the default off.
    rejectUnauthorized: true,
  };
  return secured;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}

function diagnose(
  { target, trust, signal }: JsonRequest,
  error: unknown,
): Promise<UpstreamError | undefined> {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  return diagnoseTls(target, trust, { said: `${code} ${message}`, signal });
}

function failed({ target }: JsonRequest, cause: unknown): UpstreamError {
  const { code = 'no reason given', message = '' } = cause as NodeJS.ErrnoException;
  return new UpstreamError(
    'UPSTREAM_UNREACHABLE',
    `${target} cannot be reached (${message || code}); check that the service runs there and that the address is right`,
    { retryable: true, cause },
  );
}

function tooLate(target: string, path: string, timeoutMs: number): UpstreamError {
  return new UpstreamError(
    'UPSTREAM_TIMEOUT',
    `${target} did not answer ${path} within ${timeoutMs} ms; try again, or raise timeoutMs`,
    { retryable: true },
  );
}

function tooLong(target: string, path: string): UpstreamError {
  return new UpstreamError(
    'UPSTREAM_FAULT',
    `${target} answered ${path} with more than ${maxBytes} bytes; check that target is the web port of the service`,
  );
}
