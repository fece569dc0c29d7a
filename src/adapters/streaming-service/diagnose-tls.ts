import type { UpstreamError } from '../../core/errors.js';
import { type TlsTerms, tlsTermsFor } from './secure-channel.js';
import { describeCertificate } from './server-certificate.js';
import { type HostAndPort, splitTarget } from './target.js';
import { type TlsFailure, tlsError, tlsFailureIn } from './tls-failure.js';
import { answersPlainHttp, type Handshake, shakeHands } from './tls-handshake.js';
import { plainFingerprint, type Trust } from './trust.js';

/** Longest time that looking for a reason may take, in milliseconds. */
const diagnosisLimitMs = 2000;

/** How to look. */
export interface DiagnosisOptions {
  /** What the failed connection said; read when the look finds nothing. */
  readonly said?: string | undefined;
  /** False where a connection of our own would go another way than the failed one, as past a proxy. Default true. */
  readonly look?: boolean | undefined;
  readonly limitMs?: number | undefined;
  /** Of the call that failed, for the error. */
  readonly grpcStatus?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where to look, and how long. The second look gets what the first has left. */
interface Place extends HostAndPort {
  readonly handshakeMs: number;
  readonly peekMs: number;
  readonly signal: AbortSignal | undefined;
}

interface Finding {
  readonly failure: TlsFailure;
  readonly handshake?: Handshake;
}

/**
 * Find out whether TLS is why a connection failed, and which part of it.
 *
 * @remarks
 * The gRPC library tells of half of the reasons only that it failed to connect, so this shakes hands once more with the
 * same settings, says nothing, and looks. Takes one connection, or two where the first was cut off without a word.
 * Timing: at most `limitMs`, 2000 without. Cancellation: `signal` ends it with undefined.
 * @param trust - as `resolveTrust` returned it.
 * @returns undefined when TLS is not the reason, or none was found.
 */
export async function diagnoseTls(
  target: string,
  trust: Trust,
  { said = '', look = true, limitMs = diagnosisLimitMs, grpcStatus, signal }: DiagnosisOptions = {},
): Promise<UpstreamError | undefined> {
  const at = splitTarget(target);
  if (at === undefined || signal?.aborted) return undefined;
  const tls = tlsTermsFor(target, trust);
  const place = { ...at, handshakeMs: limitMs * 0.6, peekMs: limitMs * 0.4, signal };
  const seen = look
    ? await (tls === undefined ? lookPlain(place) : lookSecured(place, tls, trust))
    : undefined;
  if (signal?.aborted) return undefined;
  const finding = seen ?? (tls === undefined ? undefined : findingIn(said));
  if (finding === undefined) return undefined;
  const { failure, handshake } = finding;
  const certificate = handshake?.type === 'done' ? handshake.certificate : undefined;
  return tlsError(failure, {
    target,
    trust,
    name: tls?.name ?? at.host,
    shown: certificate === undefined ? undefined : describeCertificate(certificate),
    grpcStatus,
    cause: handshake?.type === 'failed' ? handshake.error : said || undefined,
  });
}

/** Called in plain text: does it speak TLS? An alert is TLS, too. */
async function lookPlain(place: Place): Promise<Finding | undefined> {
  const { host, port, handshakeMs, signal } = place;
  const handshake = await shakeHands({ host, port, name: host, limitMs: handshakeMs, listen: false, signal });
  const speaksTls =
    handshake.type === 'done' ||
    (handshake.type === 'failed' && /SSL alert number/.test(handshake.error.message));
  return speaksTls ? { failure: 'tls-expected', handshake } : undefined;
}

async function lookSecured(place: Place, tls: TlsTerms, trust: Trust): Promise<Finding | undefined> {
  const { host, port, handshakeMs, peekMs, signal } = place;
  const { secureContext, name } = tls;
  const handshake = await shakeHands({
    host,
    port,
    secureContext,
    name,
    limitMs: handshakeMs,
    listen: true,
    signal,
  });
  if (handshake.type === 'done') {
    const failure = failureAfter(handshake, tls, trust);
    return failure && { failure, handshake };
  }
  if (handshake.type === 'failed') {
    const failure = failureOf(handshake.error, handshake.answered, trust);
    if (failure !== undefined) return { failure, handshake };
    if (handshake.answered || noWayThere.test(said(handshake.error))) return undefined;
  }
  const plain = await answersPlainHttp({ host, port }, peekMs, signal);
  return plain ? { failure: 'tls-unexpected', handshake } : undefined;
}

function failureAfter(
  { certificate, chainProblem, next }: Extract<Handshake, { type: 'done' }>,
  tls: TlsTerms,
  trust: Trust,
): TlsFailure | undefined {
  const { fingerprint } = trust;
  if (certificate !== undefined) {
    const pinned = fingerprint === null || plainFingerprint(certificate.fingerprint256) === fingerprint;
    // First of all, because a stranger's certificate may be as expired and as unsigned as it likes.
    if (!pinned) return 'wrong-pin';
    if (chainProblem !== '') return tlsFailureIn(chainProblem) ?? 'untrusted';
    if (tls.identify(certificate.toLegacyObject()) !== undefined) return 'wrong-name';
  }
  if (next === 'closed') return failureOf(new Error('closed'), true, trust);
  return next instanceof Error ? failureOf(next, true, trust) : undefined;
}

/** Some servers say why, and some hang up on a certificate that they do not accept without a word. */
function failureOf(error: Error, answered: boolean, trust: Trust): TlsFailure | undefined {
  const told = tlsFailureIn(said(error));
  return told ?? (answered && trust.clientCertificate !== null ? 'client-refused' : undefined);
}

function findingIn(text: string): Finding | undefined {
  const failure = tlsFailureIn(text);
  return failure && { failure };
}

const noWayThere = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/;

function said(error: Error): string {
  // One that stands for several addresses has its words in its code alone.
  const { code } = error as NodeJS.ErrnoException;
  return `${code ?? ''} ${error.message}`;
}
