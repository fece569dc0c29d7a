import { open, stat } from 'node:fs/promises';

/** Read of a file to see what it is. Units: bytes. */
const peekedBytes = 512;
/** Larger JSON is not read only to be checked; a tokenizer has a few megabytes. */
const mostJsonBytes = 64 * 2 ** 20;

/**
 * What is wrong with a file of a model, in words, or nothing.
 *
 * Not a proof that it is right; it finds what people have in its place: nothing, an empty file, a page of a proxy, the pointer that
 * git leaves without git-lfs, half a JSON.
 *
 * @param name - what it is called when it has its name, for what is told by the ending.
 */
export async function faultOfFile(file: string, name = file): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return 'is missing';
  if (!found.isFile()) return 'is not a file';
  if (found.size === 0) return 'is empty';
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(peekedBytes), 0, peekedBytes, 0);
    const fault = faultOfStart(buffer.subarray(0, bytesRead));
    if (fault) return fault;
    if (name.endsWith('.json') && found.size <= mostJsonBytes) JSON.parse(await handle.readFile('utf8'));
    return undefined;
  } catch (error) {
    return error instanceof SyntaxError ? `is not whole (${error.message})` : `cannot be read (${error})`;
  } finally {
    await handle.close();
  }
}

function faultOfStart(start: Uint8Array): string | undefined {
  const text = Buffer.from(start).toString('latin1').trimStart();
  if (/^<(!doctype|html|\?xml)/i.test(text)) return 'is a web page, such as a proxy or a login answers with';
  if (text.startsWith('version https://git-lfs.github.com/')) {
    return 'is the pointer that git leaves in the place of a large file; run `git lfs pull` there';
  }
  return undefined;
}
