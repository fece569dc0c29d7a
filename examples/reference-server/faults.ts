/** What can be wrong with an answer, on purpose. */
export const faults = {
  'never-answers': 'no message ever; the call stays open until it is cancelled',
  stalls: 'half of the first sentence, then nothing more; the call stays open',
  'stops-in-mid-sentence': 'half of the first sentence, then the stream ends with OK and no end_message',
  'error-after-data': 'half of the first sentence, then an error_message and status OK',
  fails: 'an error_message before any data, then INTERNAL',
  refuses: 'a human sentence and PERMISSION_DENIED, as a used-up subscription does',
  'drops-before-data': 'the TCP connection is closed instead of an answer',
  'drops-connection': 'half of the first sentence, then the TCP connection is closed',
  'empty-answer': 'end_message alone',
  'no-message': 'status OK and nothing else',
  'mislabelled-audio': 'a WAV file labelled as int16 samples, as from a server without its decoder',
} as const;

export type Fault = keyof typeof faults;

export function isFault(name: string): name is Fault {
  return Object.hasOwn(faults, name);
}

/** A prompt such as `fault: stalls` asks for a fault; speech is never transcribed like that. */
export function faultInPrompt(prompt: string): Fault | undefined {
  const name = /^\s*fault:\s*([a-z-]+)\s*$/i.exec(prompt)?.[1]?.toLowerCase();
  return name !== undefined && isFault(name) ? name : undefined;
}
