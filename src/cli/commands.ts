import type { Console } from './console.js';

/** What `earshot` can do under one name. */
export interface Command {
  readonly name: string;
  /** How it is called in the simplest case, without `earshot`. */
  readonly synopsis: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /**
   * What ends it.
   *
   * `stop`: a signal says so on the console, and the command has a moment to clean up.
   * `own`: what a signal means is up to the command, and so is how long that may take.
   */
  readonly signals: 'stop' | 'own';
  /** What `--help` prints: what it does, every option, examples, exit codes. */
  usage(): Promise<string>;
  /**
   * Runs it.
   *
   * @returns the exit code.
   * @throws what `explain` has a sentence for.
   */
  run(args: readonly string[], console: Console): Promise<number>;
}

/** Everything that `earshot` can do, in the order of the help. Each is loaded when it is called for. */
export const commands: readonly Command[] = [
  {
    name: 'init',
    synopsis: 'init',
    summary: 'ask a few questions, try the devices, and write a config',
    signals: 'stop',
    usage: async () => (await import('./init/init-usage.js')).initUsage,
    run: async (args, console) => (await import('./init/init.js')).init(args, console),
  },
  {
    name: 'run',
    synopsis: 'run CONFIG',
    summary: 'run the voice loop of a config; with --check only look at the config',
    // SIGTERM lets the reply end, and SIGHUP reads the config anew.
    signals: 'own',
    usage: async () => (await import('./run/run-usage.js')).runUsage,
    run: async (args, console) => (await import('./run/run.js')).run(args, console),
  },
  {
    name: 'demo',
    synopsis: 'demo',
    summary: 'a conversation over recordings, without a microphone',
    // What there is of the conversation is written first, which takes a few seconds.
    signals: 'own',
    usage: async () => (await import('./demo.js')).demoUsage(),
    run: async (args, console) => (await import('./demo.js')).demo(args, console),
  },
  {
    name: 'devices',
    synopsis: 'devices',
    summary: 'list microphones and loudspeakers, or try one with --test NAME',
    signals: 'stop',
    usage: async () => (await import('./devices-usage.js')).devicesUsage,
    run: async (args, console) => (await import('./devices.js')).devices(args, console),
  },
  {
    name: 'doctor',
    synopsis: 'doctor [CONFIG]',
    summary: 'examine this machine, or with --acoustics the echo path',
    signals: 'stop',
    usage: async () => (await import('./doctor/doctor-usage.js')).doctorUsage,
    run: async (args, console) => (await import('./doctor/doctor.js')).doctor(args, console),
  },
  {
    name: 'fillers',
    synopsis: 'fillers render --out DIR',
    summary: 'render what is said while an answer is awaited',
    signals: 'stop',
    usage: async () => (await import('./fillers-usage.js')).fillersUsage,
    run: async (args, console) => (await import('./fillers.js')).fillers(args, console),
  },
  {
    name: 'ask',
    synopsis: 'ask "PROMPT" --target HOST:PORT',
    summary: 'ask a voice backend, and print the answer',
    signals: 'stop',
    usage: async () => (await import('./ask-usage.js')).askUsage,
    run: async (args, console) => (await import('./ask.js')).ask(args, console),
  },
  {
    name: 'fetch-certificate',
    synopsis: 'fetch-certificate HOST:PORT',
    summary: 'show the certificate of a backend, and keep it',
    signals: 'stop',
    usage: async () => (await import('./fetch-certificate-usage.js')).fetchCertificateUsage,
    run: async (args, console) => (await import('./fetch-certificate.js')).fetchCertificate(args, console),
  },
];

export const commandNamed = (name: string | undefined): Command | undefined =>
  commands.find((command) => command.name === name);
