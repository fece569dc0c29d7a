import { ensureModel } from '../../../src/adapters/model-store/index.js';

// Run by tests that kill it: does what its one argument says, in JSON, and tells each step on a line.
ensureModel(JSON.parse(process.argv[2] ?? '{}')).subscribe({
  next: (progress) => console.log(JSON.stringify(progress)),
  error: (error) => console.log(JSON.stringify({ type: 'failed', message: error.message })),
});
