import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** What a whole file must come to. */
export interface ExpectedDigest {
  /** `git-sha1` is the name that git has for the content; the hub has it for small files, sha256 for large ones. */
  readonly kind: 'sha256' | 'git-sha1';
  readonly hex: string;
}

/** Read the checksum that a hub tells in an ETag, if it is one. */
export function digestOfEtag(etag: string | null): ExpectedDigest | undefined {
  const hex = /^(?:W\/)?"?([0-9a-f]{40}|[0-9a-f]{64})"?$/i.exec(etag ?? '')?.[1]?.toLowerCase();
  if (hex === undefined) return undefined;
  return { kind: hex.length === 64 ? 'sha256' : 'git-sha1', hex };
}

/** How a checksum is written down, and read again. */
export const digestText = ({ kind, hex }: ExpectedDigest): string => `${kind} ${hex}`;
export function digestOfText(text: string): ExpectedDigest | undefined {
  const [, kind, hex] = /^(sha256|git-sha1) ([0-9a-f]+)$/.exec(text) ?? [];
  return kind === undefined || hex === undefined ? undefined : { kind: kind as ExpectedDigest['kind'], hex };
}

/** The checksum of a file of the given size on the disk. */
export async function digestOfFile(
  file: string,
  { kind }: ExpectedDigest,
  bytes: number,
  signal: AbortSignal,
): Promise<string> {
  const hash: Hash = kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`);
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20, signal }))
    hash.update(piece as Buffer);
  return hash.digest('hex');
}
