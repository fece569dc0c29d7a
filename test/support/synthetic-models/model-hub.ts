import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelFiles } from './model-folder.js';

/** What the hub does wrong, once, with the next body of a file that it is asked for. */
export type HubFault =
  /** The connection breaks after so many bytes of this answer. */
  | { readonly type: 'cut'; readonly afterBytes: number }
  /** So many bytes of this answer, and then nothing more. */
  | { readonly type: 'stall'; readonly afterBytes: number }
  /** One bit is wrong. */
  | { readonly type: 'bit-flip' }
  /** It says the right length and sends more than that, by the way of chunked transfer. */
  | { readonly type: 'too-long' }
  /** What a proxy answers that wants a login first. */
  | { readonly type: 'html' }
  | { readonly type: 'status'; readonly status: number }
  /** The same to the question what the file is, before it is asked for. */
  | { readonly type: 'head-status'; readonly status: number };

/** How a hub is, as long as it runs. */
export interface HubInit {
  readonly repo: string;
  readonly files: ModelFiles;
  /** @defaultValue 'main' */
  readonly revision?: string;
  /** False for a server that sends whole files only. @defaultValue true */
  readonly knowsRanges?: boolean;
  /** False for one that tells no checksums. @defaultValue true */
  readonly tellsDigests?: boolean;
  /** False for one that does not answer HEAD. @defaultValue true */
  readonly knowsHead?: boolean;
  /** Bytes of each piece of a body; the pieces follow each other as fast as they are taken. @defaultValue 16384 */
  readonly pieceBytes?: number;
}

/** One request as the hub saw it. */
export interface HubRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
}

/** A server on the loopback that answers as huggingface.co does. */
export interface ModelHub {
  /** Its address, for the `source` of a model. */
  readonly source: string;
  readonly requests: readonly HubRequest[];
  /** Bytes of bodies that were sent. */
  sentBytes(): number;
  /** Faults of a file, by its path in the model, in the order in which they come. */
  spoil(path: string, ...faults: readonly HubFault[]): void;
  /** Settles when nobody is in the middle of an answer. */
  untilIdle(): Promise<void>;
  /** Settles when so many bytes of bodies were sent. */
  untilSent(bytes: number): Promise<void>;
  /** Stop sending until `resume`: what is under way waits where it is. */
  pause(): void;
  resume(): void;
  /** Put other content in the place of a file. */
  replace(path: string, bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** Files that are larger than this are kept elsewhere, behind a redirection, as the hub does with weights. */
const largeBytes = 8192;

export async function startModelHub({
  repo,
  files: given,
  revision = 'main',
  knowsRanges = true,
  tellsDigests = true,
  knowsHead = true,
  pieceBytes = 16_384,
}: HubInit): Promise<ModelHub> {
  const files = new Map(Object.entries(given));
  const faults = new Map<string, HubFault[]>();
  const requests: HubRequest[] = [];
  const listeners = new Set<() => void>();
  const prefix = `/${repo}/resolve/${revision}/`;
  let sent = 0;
  let isPaused = false;
  const changed = () => {
    for (const listener of [...listeners]) listener();
  };
  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        const listener = () => {
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
      });
    }
  };

  let answering = 0;
  const server = createServer((request, response) => {
    answering += 1;
    response.on('close', () => {
      answering -= 1;
      changed();
    });
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const at = url.startsWith(prefix) ? prefix : '/elsewhere/';
    const path = decodeURIComponent(url.slice(at.length));
    requests.push({ method, path: url, range: request.headers.range });
    const bytes = url.startsWith(at) ? files.get(path) : undefined;
    if (!bytes) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Entry not found');
      return;
    }
    const [next] = faults.get(path) ?? [];
    if (method === 'HEAD' && next?.type === 'head-status') {
      faults.get(path)?.shift();
      response.writeHead(next.status).end();
      return;
    }
    if (method === 'HEAD' && !knowsHead) {
      response.writeHead(405).end();
      return;
    }
    if (at === prefix && bytes.length > largeBytes) {
      const linked = tellsDigests && { 'x-linked-etag': `"${sha256(bytes)}"` };
      const location = `/elsewhere/${encodeURIComponent(path)}`;
      response.writeHead(302, { ...linked, 'x-linked-size': bytes.length, location }).end();
      return;
    }
    const etag = tellsDigests && { etag: `"${bytes.length > largeBytes ? sha256(bytes) : gitSha1(bytes)}"` };
    if (method === 'HEAD') {
      response.writeHead(200, { ...etag, 'content-length': bytes.length }).end();
      return;
    }
    await deliver(request, response, bytes, { ...etag }, faults.get(path)?.shift());
  }

  async function deliver(
    request: IncomingMessage,
    response: ServerResponse,
    bytes: Uint8Array,
    headers: Readonly<Record<string, string>>,
    fault: HubFault | undefined,
  ): Promise<void> {
    if (fault?.type === 'html') {
      // Longer than what a connection holds, as such pages are.
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<!doctype html><title>Log in</title>${' '.repeat(4e6)}`);
      return;
    }
    if (fault?.type === 'status') {
      response.writeHead(fault.status).end('no');
      return;
    }
    const from = knowsRanges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0;
    if (from >= bytes.length && from > 0) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    const body = Buffer.from(bytes.subarray(from));
    if (fault?.type === 'bit-flip') body.writeUInt8(body.readUInt8(body.length >> 1) ^ 1, body.length >> 1);
    const whole = fault?.type === 'too-long' ? Buffer.concat([body, Buffer.from('and more')]) : body;
    response.writeHead(from > 0 ? 206 : 200, {
      ...headers,
      ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
      ...(fault?.type !== 'too-long' && { 'content-length': body.length }),
    });
    const stopsAt = fault && 'afterBytes' in fault ? fault.afterBytes : whole.length;
    for (let start = 0; start < stopsAt; start += pieceBytes) {
      await until(() => !isPaused || response.destroyed);
      if (response.destroyed) return;
      const piece = whole.subarray(start, Math.min(stopsAt, start + pieceBytes));
      if (!response.write(piece)) await roomIn(response);
      sent += piece.length;
      changed();
      // Lets the other side see what came, so that a test can stop in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (fault?.type === 'cut') response.destroy();
    else if (fault?.type !== 'stall') response.end();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    source: `http://127.0.0.1:${port}`,
    requests,
    sentBytes: () => sent,
    spoil(path, ...more) {
      if (!files.has(path)) throw new Error(`the hub has no ${path} to spoil`);
      faults.set(path, [...(faults.get(path) ?? []), ...more]);
    },
    untilIdle: () => until(() => answering === 0),
    untilSent: (bytes) => until(() => sent >= bytes),
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      changed();
    },
    replace: (path, bytes) => void files.set(path, bytes),
    async close() {
      server.closeAllConnections();
      isPaused = false;
      changed();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Settles when more can be written, or when nothing more will be. */
async function roomIn(response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const waits = ['drain', 'close'].map((event) => once(response, event, { signal: over.signal }));
  await Promise.race(waits);
  over.abort();
  await Promise.allSettled(waits);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What git calls a file, and the hub its ETag when the file is small. */
const gitSha1 = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
