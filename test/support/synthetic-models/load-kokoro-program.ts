import { loadKokoro } from '../../../src/adapters/kokoro/index.js';

// Run by tests that kill it: loads Kokoro as its one argument says, in JSON, and tells each step on a line.
await loadKokoro({
  ...JSON.parse(process.argv[2] ?? '{}'),
  onProgress: (progress) => console.log(JSON.stringify(progress)),
});
console.log('loaded');
