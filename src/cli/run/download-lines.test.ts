import { expect, it } from 'vitest';
import type { ModelProgress } from '../../adapters/model-store/index.js';
import { tellDownloads } from './download-lines.js';

it('tells what is downloaded and from where before its first byte, then each tenth', () => {
  const told: string[] = [];
  const tell = tellDownloads((text) => told.push(text));
  const progress = (of: object) => tell('the transcriber', of as ModelProgress);
  progress({
    type: 'download-announced',
    id: 'm',
    source: 'https://hub.example',
    folder: '/var/m',
    totalBytes: 5e7,
  });
  for (const receivedBytes of [1e6, 6e6, 7e6, 2.6e7, 5e7]) {
    progress({ type: 'downloading', receivedBytes, totalBytes: 5e7 });
  }
  progress({ type: 'download-retried', attempt: 2, file: 'a.onnx', why: 'the\nhub hung up' });
  progress({ type: 'downloading', receivedBytes: 3, totalBytes: null });
  expect(told).toEqual([
    'the transcriber: downloading m, 50 MB, from https://hub.example into /var/m',
    'the transcriber: 10 % of 50 MB',
    'the transcriber: 50 % of 50 MB',
    'the transcriber: 100 % of 50 MB',
    'the transcriber: attempt 2 at a.onnx, because the hub hung up',
  ]);
});
