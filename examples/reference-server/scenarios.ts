import { audioScenarios } from './scenario-scripts/audio.js';
import { failureScenarios } from './scenario-scripts/failures.js';
import { messageScenarios } from './scenario-scripts/messages.js';
import type { Scenario } from './scenario-scripts/scenario.js';
import { wireScenarios } from './scenario-scripts/wire.js';

/** Every answer that is no sentence and its speech, by the name that a prompt asks for it with. */
export const scenarios: { readonly [name: string]: Scenario } = {
  ...messageScenarios,
  ...audioScenarios,
  ...failureScenarios,
  ...wireScenarios,
};

/** What a prompt asks for: a scenario, or a name that is none; undefined for a prompt that asks for no scenario. */
export function scenarioInPrompt(
  prompt: string,
): { readonly scenario: Scenario } | { readonly problem: string } | undefined {
  const name = /^\s*scenario:\s*(\S+)\s*$/i.exec(prompt)?.[1]?.toLowerCase();
  if (name === undefined) return undefined;
  const scenario = Object.hasOwn(scenarios, name) ? scenarios[name] : undefined;
  if (scenario !== undefined) return { scenario };
  return { problem: `there is no scenario "${name}"; there are ${Object.keys(scenarios).join(', ')}` };
}
