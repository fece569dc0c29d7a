import { spawn } from 'node:child_process';
import { OptionError } from 'earshot';
import type { Voice } from './speech.js';
import { speechFromWav } from './speech.js';

/** espeak-ng makes a sentence in some tens of milliseconds; after this it hangs. */
const limitMs = 10_000;
/** Three minutes of its 22.05 kHz speech; nobody listens to a longer sentence. */
const maxBytes = 8_000_000;

/** Whether espeak-ng can be run here. */
export async function isEspeakInstalled(): Promise<boolean> {
  return run(['--version']).then(
    () => true,
    () => false,
  );
}

/**
 * The installed espeak-ng.
 *
 * @param name - a voice of `espeak-ng --voices`, by language, name or file, with an optional `+variant`.
 * @throws OptionError `OPTION_INVALID` for a voice it does not have, or where there is no espeak-ng.
 */
export async function espeakVoice(name = 'en'): Promise<Voice> {
  if (!(await isEspeakInstalled())) {
    throw new OptionError(
      'OPTION_INVALID',
      `voice: ${JSON.stringify(name)} needs espeak-ng, which cannot be run here; install it, or use the voice "prompts"`,
    );
  }
  const [base = '', variant] = name.split('+');
  const known = voicesIn(await run(['--voices']));
  const hasVariant =
    variant === undefined || voicesIn(await run(['--voices=variant'])).names.has(variant.toLowerCase());
  if (!known.names.has(base.toLowerCase()) || !hasVariant) {
    throw new OptionError(
      'OPTION_INVALID',
      `voice: espeak-ng has no voice ${JSON.stringify(name)}; it has ${known.count} voices, such as en-us, de and ru: see espeak-ng --voices`,
    );
  }
  return {
    name: `espeak-ng ${name}`,
    // The text goes in at standard input: as an argument it could be an option.
    speak: async (text) => speechFromWav(await run(['-v', name, '--stdin', '--stdout'], text)),
  };
}

interface EspeakVoices {
  readonly count: number;
  /** Everything that `-v` takes for one of them, in lower case. */
  readonly names: ReadonlySet<string>;
}

/** A line is: priority, language, age and gender, name, file, and further languages such as `(en 2)`. */
function voicesIn(table: Uint8Array): EspeakVoices {
  const [, ...lines] = Buffer.from(table).toString('utf8').trim().split('\n');
  const names = lines.flatMap((line) => {
    const [, language = '', , voice = '', file = ''] = line.trim().split(/\s+/);
    const others = [...line.matchAll(/\((\S+) \d+\)/g)].map(([, other = '']) => other);
    return [language, voice, file, file.slice(file.lastIndexOf('/') + 1), ...others];
  });
  return { count: lines.length, names: new Set(names.map((name) => name.toLowerCase())) };
}

function run(args: readonly string[], input = ''): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const child = spawn('espeak-ng', args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: limitMs,
      killSignal: 'SIGKILL',
    });
    const pieces: Buffer[] = [];
    let length = 0;
    child.stdout.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length > maxBytes) child.kill('SIGKILL');
    });
    child.on('error', (cause) => reject(new Error(`espeak-ng cannot be run: ${cause.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(pieces));
      else
        reject(
          new Error(`espeak-ng ended with ${signal === null ? `exit code ${code}` : `signal ${signal}`}`),
        );
    });
    // It may be gone before it has read all; what became of it is said by 'close'.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
