import { createRequire } from 'node:module';
import { VoiceError } from '../../core/errors.js';
import type { Audify } from './rt-audio.js';

/** What builds the library on this machine, when there is no binary that fits. */
const buildCommands =
  'apt install build-essential cmake libasound2-dev libpulse-dev && npm rebuild audify --build-from-source';

/**
 * The native library, loaded when it is needed and not before.
 *
 * @param load - resolves and runs the package; from this file when left out.
 * @throws VoiceError `PEER_MISSING` with the cure, in one of three ways: not installed, installed without its binary, or with one
 * that does not fit the libraries of this machine.
 */
export function loadAudify(
  load: () => unknown = () => createRequire(import.meta.url)('audify') as unknown,
): Audify {
  try {
    return load() as Audify;
  } catch (cause) {
    throw new VoiceError('PEER_MISSING', `the package audify ${diagnose(cause)}`, { cause });
  }
}

function diagnose(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = (thrown as { readonly code?: unknown } | null)?.code;
  if (/^cannot find (module|package) '?audify/i.test(text)) {
    // npm says nothing when an optional dependency could not be built.
    return `is not installed; run: npm install audify (without a binary for this machine it is built: ${buildCommands})`;
  }
  const firstLine = text.split('\n', 1)[0] ?? text;
  if (text.startsWith('Could not locate the bindings file')) {
    return 'is installed without its binary, because install scripts were not run; run: npm install-scripts approve audify && npm rebuild audify';
  }
  if (code === 'ERR_DLOPEN_FAILED' || /GLIBC|cannot open shared object/.test(text)) {
    return `has a binary that does not fit the libraries of this machine (${firstLine}); run: ${buildCommands}`;
  }
  return `could not be loaded (${firstLine}); run: npm rebuild audify`;
}
