import type { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { HostAndPort } from './target.js';

/** What came of a handshake that nothing was said after. */
export type Handshake =
  | {
      readonly type: 'done';
      readonly certificate: X509Certificate | undefined;
      /** Why the chain of the certificate is not trusted, as OpenSSL names it; empty when it is. */
      readonly chainProblem: string;
      /** What the service did then, as far as it was waited for. */
      readonly next: 'spoke' | 'closed' | 'silent' | Error;
    }
  | {
      readonly type: 'failed';
      readonly error: Error;
      /** Whether anything came back. */
      readonly answered: boolean;
    }
  | { readonly type: 'timed-out' };

/** How to shake hands. */
export interface HandshakeInit extends HostAndPort {
  readonly secureContext?: SecureContext;
  /** Name asked for. An IP address is not sent, as RFC 6066 has it. */
  readonly name: string;
  readonly limitMs: number;
  /** Wait for what the service does after the handshake: with TLS 1.3 only then it refuses a caller. */
  readonly listen: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Shake hands and hang up.
 *
 * @remarks
 * The handshake goes on whatever certificate is shown, in order to see it. Nothing is ever sent on such a connection,
 * and nothing that comes on it is used.
 */
export function shakeHands(init: HandshakeInit): Promise<Handshake> {
  const { host, port, secureContext, name, limitMs, listen, signal } = init;
  return new Promise((resolve) => {
    let done: Extract<Handshake, { type: 'done' }> | undefined;
    // A socket of our own, because one of TLS does not count what came before the handshake was done.
    const tcp = connectTcp({ host, port });
    const socket = connectTls({
      socket: tcp,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
      // Otherwise a wrong name is told in the place where the trouble with the chain is.
      checkServerIdentity: () => undefined,
      ...(secureContext !== undefined && { secureContext }),
      ...(isIP(name) === 0 && { servername: name }),
    });
    const finish = (result: Handshake): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', expire);
      resolve(result);
      socket.destroy();
      tcp.destroy();
    };
    const failed = (error: Error): Handshake => ({
      type: 'failed',
      error,
      answered: tcp.bytesRead > 0,
    });
    const expire = (): void => finish(done ?? { type: 'timed-out' });
    const timer = setTimeout(expire, limitMs);
    signal?.addEventListener('abort', expire);
    socket.on('secureConnect', () => {
      // Typed as an error, and at runtime its code.
      const chainProblem = socket.authorizationError as unknown;
      done = {
        type: 'done',
        certificate: socket.getPeerX509Certificate(),
        chainProblem: typeof chainProblem === 'string' ? chainProblem : '',
        next: 'silent',
      };
      if (!listen || done.chainProblem !== '') finish(done);
    });
    socket.on('data', () => done && finish({ ...done, next: 'spoke' }));
    socket.on('error', (error) => finish(done ? { ...done, next: error } : failed(error)));
    socket.on('close', () => {
      finish(done ? { ...done, next: 'closed' } : failed(new Error('the connection was closed')));
    });
    if (signal?.aborted) expire();
  });
}

/** What HTTP/2 begins with, and an empty SETTINGS frame (RFC 9113, sections 3.4 and 6.5). */
const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'),
  Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0),
]);

/** Whether a port answers HTTP in plain text. Sends what every HTTP/2 client begins with, and nothing of ours. */
export function answersPlainHttp(
  { host, port }: HostAndPort,
  limitMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port });
    let received = Buffer.alloc(0);
    const finish = (answer: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      resolve(answer);
      socket.destroy();
    };
    const giveUp = (): void => finish(false);
    const timer = setTimeout(giveUp, limitMs);
    signal?.addEventListener('abort', giveUp);
    socket.on('connect', () => socket.write(preface));
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      if (received.length >= 9) finish(beginsHttp(received));
    });
    socket.on('error', giveUp);
    socket.on('close', giveUp);
    if (signal?.aborted) giveUp();
  });
}

/** A SETTINGS frame of stream 0 has entries of 6 bytes; the answer of HTTP/1 says its name. */
function beginsHttp(bytes: Buffer): boolean {
  if (bytes.toString('latin1', 0, 5) === 'HTTP/') return true;
  return bytes.readUIntBE(0, 3) % 6 === 0 && bytes[3] === 4 && bytes[4] === 0 && bytes.readUInt32BE(5) === 0;
}
