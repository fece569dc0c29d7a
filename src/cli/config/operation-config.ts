import type { LogLineOptions } from '../../core/log/log-line.js';
import type { PipelineEvent } from '../../index.js';

/** What is around the conversation: buttons, lights, hooks, logs, metrics, and how the program stops. */
export interface OperationConfig {
  /** Who gives the user the floor. Without it: whoever speaks has it. */
  readonly floor?: OpenFloorConfig | PushToTalkConfig;
  /** The switch that mutes the microphone. Without it there is none. */
  readonly mute?: MuteConfig;
  /** What shows how the conversation stands. Range: 0..16 entries. */
  readonly lights?: readonly LightConfig[];
  /** Programs that are run when something happens. Range: 0..64 entries. */
  readonly hooks?: readonly HookConfig[];
  /** What is written to the log. */
  readonly logs?: LogsConfig;
  /** Figures for Prometheus. Without it there is no endpoint. */
  readonly metrics?: MetricsConfig;
  /** How the program stops and how it is watched. */
  readonly operation?: ServiceConfig;
}

/** Whoever speaks has it. */
export interface OpenFloorConfig {
  readonly kind: 'open';
}

/** Whoever presses the button has it. */
export interface PushToTalkConfig {
  readonly kind: 'push-to-talk';
  /** What is pressed to speak. */
  readonly button: GpioButtonConfig | KeyConfig;
}

/** A button mutes, and the same button speaks again. */
export interface MuteConfig {
  /** What is pressed to mute. */
  readonly button: GpioButtonConfig | KeyConfig;
  /** `toggle`: each press changes it. `while-pressed`: muted as long as the button, or the switch, is closed. @defaultValue 'toggle' */
  readonly mode?: 'toggle' | 'while-pressed';
}

/** A button between a GPIO line and ground. */
export interface GpioButtonConfig {
  readonly kind: 'gpio';
  /** Number of the line on its chip; on a Raspberry Pi the number behind GPIO. Range: 0..1023, whole. */
  readonly line: number;
  /** Name or path of the chip, as `gpiodetect` lists it. Without it: that of the header of a Raspberry Pi. */
  readonly chip?: string;
  /** Whether pressing pulls the line to ground, as a button without a resistor of its own does. @defaultValue true */
  readonly activeLow?: boolean;
  /** How long the line must be still before a press or a release counts. Units: ms. Range: 0..1000, whole. @defaultValue 15 */
  readonly debounceMs?: number;
}

/** A key of the terminal that the program runs in. */
export interface KeyConfig {
  readonly kind: 'keyboard';
  /** One letter or digit, or `space`, `enter`, `tab`. @defaultValue 'space' */
  readonly key?: string;
}

/** One light. */
export type LightConfig = GpioLightConfig | CommandLightConfig;

/** An LED with a resistor between a GPIO line and ground. */
export interface GpioLightConfig {
  readonly kind: 'gpio';
  /** Number of the line on its chip. Range: 0..1023, whole. */
  readonly line: number;
  /** Name or path of the chip, as `gpiodetect` lists it. Without it: that of the header of a Raspberry Pi. */
  readonly chip?: string;
  /** Whether the LED lights when the line is at ground. @defaultValue false */
  readonly activeLow?: boolean;
}

/** A program that is told what to show. */
export interface CommandLightConfig {
  readonly kind: 'command';
  /** The program and its arguments, one entry each; no shell reads them. Range: 1..64 entries. */
  readonly run: readonly string[];
}

/** A program that is run on an event. */
export interface HookConfig {
  /** The event. */
  readonly on: PipelineEvent['type'];
  /** The program and its arguments, one entry each; no shell reads them. Range: 1..64 entries. */
  readonly run: readonly string[];
  /** After so long it is killed. Units: ms. Range: 100..600000, whole. @defaultValue 5000 */
  readonly timeLimitMs?: number;
}

/** What is written to the log. What is secret in this config never is. */
export type LogsConfig = Partial<Omit<LogLineOptions, 'secrets'>>;

/** Where figures can be fetched. */
export interface MetricsConfig {
  /** Port on loopback. Range: 1..65535, whole. */
  readonly port: number;
}

/** How the program stops and how it is watched. */
export interface ServiceConfig {
  /** What a stop does to a reply that is being spoken: let it be heard to its end, or cut it. @defaultValue 'finish' */
  readonly stop?: 'finish' | 'cut';
  /** How long a stop may take. Units: ms. Range: 0..600000, whole. @defaultValue 10000 */
  readonly stopWithinMs?: number;
}
