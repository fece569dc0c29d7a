// Before npm packs: without `npm run build` the package would be one without a program, and npm would not say so.
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  console.error('dist/ is not there; run: npm run build');
  process.exit(1);
}
