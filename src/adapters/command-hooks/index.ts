export {
  type CommandHook,
  type CommandHooksOptions,
  type CommandReport,
  defaultCommandHooksOptions,
  runCommandHooks,
} from './command-hooks.js';
export {
  type CommandIndicatorOptions,
  commandIndicator,
  defaultCommandIndicatorOptions,
} from './command-indicator.js';
export type { CommandEnd } from './run-command.js';
