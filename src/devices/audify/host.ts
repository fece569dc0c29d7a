import { createRequire } from 'node:module';
import { loadAudify } from './load-audify.js';
import { serveHost } from './serve-host.js';

// The program that audio-host.ts starts. What it is given is where the library is, when that is not the package audify.
const [library = 'audify'] = process.argv.slice(2);
serveHost(
  {
    get connected() {
      return process.connected;
    },
    send: (message, callback) => process.send?.(message, callback),
    on: (event: string, listener: (...values: never[]) => void) => process.on(event, listener as () => void),
    vanish: () => process.kill(process.pid, 'SIGKILL'),
  },
  () => loadAudify(() => createRequire(import.meta.url)(library) as unknown),
);
