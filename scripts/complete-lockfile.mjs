// npm leaves the packages for other platforms out of package-lock.json when it cannot see them at the moment of writing
// (npm/cli#4828), and `npm ci` then refuses the lock. This puts back an entry for each optional dependency that a locked
// package names and the lock lacks. Run it after every `npm install`.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const { packages } = lock;

const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

/** What the name of a platform package says about where it runs. */
function platformOf(name) {
  const parts = name.split('/').at(-1).split('-');
  const os =
    systems.find((system) => parts.includes(system)) ?? (parts.includes('win32') ? 'win32' : undefined);
  const cpu =
    processors.find((processor) => parts.includes(processor)) ??
    (parts.includes('armv7') ? 'arm' : undefined);
  const libc = parts.some((part) => part.startsWith('musl'))
    ? 'musl'
    : parts.some((part) => part.startsWith('gnu') && os === 'linux')
      ? 'glibc'
      : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }), ...(os && { os: [os] }) };
}

let added = 0;
for (const [folder, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const places = [`${folder}/node_modules/${name}`, `node_modules/${name}`];
    const exact = /^\d/.test(version);
    const found = places.some((place) => packages[place] && (!exact || packages[place].version === version));
    if (found || !exact || folder === '') continue;
    const place = packages[`node_modules/${name}`] ? places[0] : places[1];
    packages[place] = { version, ...platformOf(name), ...(dev && { dev }), optional: true };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages for other platforms put back into package-lock.json`);
