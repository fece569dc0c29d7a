import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLastWords } from './last-words.js';

async function said(...texts: readonly string[]): Promise<string> {
  const stderr = new PassThrough();
  const words = createLastWords(stderr);
  for (const text of texts) stderr.write(text);
  await new Promise((resolve) => setImmediate(resolve));
  return words.say();
}

describe('last words', () => {
  it('are the last three lines, wherever they were cut apart', async () => {
    expect(await said('one\ntw', 'o\nthree\n', 'fo', 'ur')).toBe('two | three | four');
  });

  it('are said once when they were repeated', async () => {
    expect(await said('first\n', 'again\n'.repeat(10_000))).toBe('first | again');
  });

  it('do not contain the stacks that Node adds', async () => {
    const text = `terminate called without an active exception
 1: 0xb76db1 node::Abort() [node]
----- JavaScript stack trace -----

2: callback (file:///x.js:1:1)
    at Object.<anonymous> (/x.js:1:1)
Node.js v20.20.2
`;
    expect(await said(text)).toBe('terminate called without an active exception');
  });

  it('stay short however much is said', async () => {
    const text = await said('x'.repeat(1_000_000), '\n', 'y'.repeat(1_000_000));

    expect(text.length).toBeLessThan(500);
  });

  it('are none where nothing was said', async () => {
    expect(await said()).toBe('');
  });
});
