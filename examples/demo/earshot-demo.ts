import { usageOf } from './usage.js';

/** What `earshot demo` reaches outside for. */
export interface DemoSurroundings {
  /** To stdout, as it is. */
  print(text: string): void;
  /** Ends the conversation, and what there is of it is written; its reason says why. */
  readonly stop: AbortSignal;
}

export const usage = usageOf('earshot demo');

/**
 * The demo as the package has it. It is loaded when it is asked for, from a path: the command may not import an example.
 *
 * @returns whether every turn was answered and every barge-in silenced the loudspeaker.
 * @throws VoiceError, or an error of `parseArgs`, for what cannot be used; and the reason of `stop` when it came before
 * the conversation began.
 */
export async function demo(args: readonly string[], { print, stop }: DemoSurroundings): Promise<boolean> {
  const { readDemoOptions } = await import('./demo-options.js');
  const options = readDemoOptions([...args]);
  if (options === 'help') {
    print(usage);
    return true;
  }
  const [{ runDemo }, { createScreen, noScreen }, { report }] = await Promise.all([
    import('./run-demo.js'),
    import('./screen.js'),
    import('./report.js'),
  ]);
  const screen = options.json ? noScreen : createScreen(process.stdout, process.stderr);
  const summary = await runDemo(options, screen, stop);
  print(options.json ? `${JSON.stringify(summary, null, 2)}\n` : report(summary, options));
  return summary.ok;
}
