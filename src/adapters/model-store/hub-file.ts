import { digestOfEtag, type ExpectedDigest } from './digest.js';
import { type Silence, watchSilence } from './silence.js';
import { fileUrl, type ModelPlan, unavailable } from './wanted-model.js';

/** What the hub says about a file. */
export interface HubFile {
  readonly path: string;
  readonly url: string;
  /** Undefined from a server that does not say. Units: bytes. */
  readonly bytes: number | undefined;
  readonly digest: ExpectedDigest | undefined;
}

/** An answer that came in time, after the redirections. */
interface HubAnswer {
  readonly response: Response;
  /** What the first server said; the one that has the bytes calls them by other names. */
  readonly digest: ExpectedDigest | undefined;
  readonly linkedBytes: number | undefined;
}

/** As many as browsers do in practice; the hub has one or two. */
const mostRedirections = 8;

/** Ask what a file is, without its content. A server that does not know how is no error: it is seen when the file comes. */
export async function describeFile(plan: ModelPlan, path: string, signal: AbortSignal): Promise<HubFile> {
  const url = fileUrl(plan, path);
  const watch = watchSilence(plan, url, signal);
  try {
    const { response, digest, linkedBytes } = await follow(url, 'HEAD', {}, watch.signal);
    const { status, headers } = response;
    if (status === 405 || status === 501) return { path, url, bytes: undefined, digest: undefined };
    await refuse(response, url);
    return { path, url, digest, bytes: linkedBytes ?? wholeNumber(headers.get('content-length')) };
  } catch (error) {
    throw watch.explain(error);
  } finally {
    watch.end();
  }
}

/** The content of a file, from a place within it where that can be. */
export interface HubBody {
  /** Where the content begins: where it was asked for, or 0 from a server that only sends whole files. */
  readonly from: number;
  /** The whole file. Units: bytes. */
  readonly bytes: number | undefined;
  readonly digest: ExpectedDigest | undefined;
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Instead of taking the pieces. */
  cancel(): Promise<void>;
}

/**
 * Ask for the content. The body gives up when nothing comes for `stallMs`.
 *
 * @param from - where to begin; 0 is all of it.
 */
export async function openBody(
  plan: ModelPlan,
  url: string,
  from: number,
  signal: AbortSignal,
): Promise<HubBody> {
  const watch = watchSilence(plan, url, signal);
  try {
    const wanted: Record<string, string> = from > 0 ? { range: `bytes=${from}-` } : {};
    const { response, digest, linkedBytes } = await follow(url, 'GET', wanted, watch.signal);
    if (response.status === 416 && from > 0) {
      // It has no such place, so what is here already belongs to something else.
      await giveUp(response.body);
      watch.end();
      return openBody(plan, url, 0, signal);
    }
    await refuse(response, url);
    const { status, headers, body } = response;
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    const begins = status === 206 ? Number(range?.[1] ?? Number.NaN) : 0;
    if (begins !== 0 && begins !== from) {
      await giveUp(body);
      throw unavailable(
        `${url} was asked from byte ${from} on and answered ${headers.get('content-range')}`,
        true,
      );
    }
    const bytes = linkedBytes ?? wholeNumber(status === 206 ? range?.[2] : headers.get('content-length'));
    const cancel = async () => {
      watch.end();
      await giveUp(body);
    };
    return { from: begins, bytes, digest, pieces: watched(body, watch), cancel };
  } catch (error) {
    watch.end();
    throw watch.explain(error);
  }
}

async function* watched(body: ReadableStream<Uint8Array> | null, watch: Silence): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  try {
    while (reader) {
      watch.heard();
      const { done, value } = await reader.read();
      if (done) return;
      // While its bytes are written, to a disk that may be slow, nobody waits for the hub.
      watch.rest();
      yield value;
    }
  } catch (error) {
    throw watch.explain(error);
  } finally {
    watch.end();
    await reader?.cancel().catch(() => {});
  }
}

async function follow(
  first: string,
  method: 'HEAD' | 'GET',
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<HubAnswer> {
  let url = first;
  let digest: ExpectedDigest | undefined;
  let linkedBytes: number | undefined;
  for (let turn = 0; turn <= mostRedirections; turn++) {
    // Compressed, its length would not be the length of the file.
    const sent = { ...headers, 'accept-encoding': 'identity', 'user-agent': 'earshot' };
    const response = await fetch(url, { method, headers: sent, redirect: 'manual', signal });
    digest ??=
      digestOfEtag(response.headers.get('x-linked-etag')) ?? digestOfEtag(response.headers.get('etag'));
    linkedBytes ??= wholeNumber(response.headers.get('x-linked-size'));
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
      return { response, digest, linkedBytes };
    }
    await giveUp(response.body);
    const next = new URL(location, url);
    if (new URL(url).protocol === 'https:' && next.protocol !== 'https:') {
      throw unavailable(
        `${url} wants to go on without encryption, at ${next.origin}; see to the source`,
        false,
      );
    }
    url = next.href;
  }
  throw unavailable(`${first} is redirected more than ${mostRedirections} times; see to the source`, false);
}

/** A body that nobody reads to its end would hold the connection, and that the program. */
async function giveUp(body: ReadableStream<Uint8Array> | null): Promise<void> {
  await body?.cancel().catch(() => {});
}

/** @throws what is wrong with an answer. */
async function refuse(response: Response, url: string): Promise<void> {
  try {
    assertUsable(response, url);
  } catch (error) {
    await giveUp(response.body);
    throw error;
  }
}

function assertUsable({ status, headers }: Response, url: string): void {
  if (status === 404 || status === 410) {
    throw unavailable(
      `${url} does not exist (${status}); see to the model's name, its revision and its dtype`,
      false,
    );
  }
  if (status === 401 || status === 403) {
    throw unavailable(
      `${url} may not be read (${status}); download the model by hand and give its folder, or see to the source`,
      false,
    );
  }
  if (status === 511) {
    throw unavailable(
      `a proxy wants a login before ${url} (${status}); log in, or download by hand and give the folder`,
      false,
    );
  }
  if (status < 200 || status > 299) {
    const isPassing = status === 408 || status === 429 || status >= 500;
    throw unavailable(`${url} was answered with status ${status}; try again later`, isPassing);
  }
  if (headers.get('content-type')?.startsWith('text/html')) {
    throw unavailable(
      `${url} was answered with a web page, as a proxy or a login does; open it in a browser, or download by hand and give the folder`,
      false,
    );
  }
}

function wholeNumber(text: string | null | undefined): number | undefined {
  return text && /^\d+$/.test(text) ? Number(text) : undefined;
}
