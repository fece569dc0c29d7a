import { CommandError } from '../command-error.js';
import type { ConfigSurroundings } from '../config/referenced-text.js';
import { askOperation } from './ask-operation.js';
import { askService } from './ask-service.js';
import { askSound } from './ask-sound.js';
import { askSpeech } from './ask-speech.js';
import type { Interview } from './interview.js';
import type { Machine } from './machine.js';
import type { ServiceKind } from './next-steps.js';
import { type WrittenConfig, withStandIns } from './written-config.js';

/** What the answers come to. */
export interface Conversation {
  readonly config: WrittenConfig;
  /** Texts to write beside the config, by names in its folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Commands to run before the first start. */
  readonly next: readonly string[];
  /** Whose service of systemd it is to be. */
  readonly service: ServiceKind | undefined;
  /** The surroundings in which the config has to hold: with what is about to be there. */
  readonly surroundings: ConfigSurroundings;
}

/**
 * All questions, in their order.
 *
 * @throws CommandError for what cannot be used; AnswersEnded. As rejections.
 */
export async function converse(interview: Interview, machine: Machine): Promise<Conversation> {
  const service = await askService(interview, machine);
  const sound = await askSound(interview, machine);
  const speech = await askSpeech(interview, machine, sound.isRecorded);
  const operation = await askOperation(interview, machine, sound.ofUser);
  const [unused] = interview.unused();
  if (unused !== undefined)
    throw new CommandError(`--${unused} does not go with the other answers; leave it out`);
  const { names, files: laterFiles } = service.later;
  const standIns = new Map([...laterFiles.map((path) => [path, 'some token'] as const), ...service.files]);
  return {
    config: { upstream: service.upstream, ...sound.groups, ...speech.groups, ...operation.groups },
    files: service.files,
    next: speech.next,
    service: operation.service,
    surroundings: withStandIns(machine.surroundings, names, standIns),
  };
}
