import type {
  CommandHook,
  CommandHooksOptions,
  CommandIndicatorOptions,
} from '../../adapters/command-hooks/index.js';
import type { PrometheusOptions } from '../../adapters/prometheus/index.js';
import type { GpioButtonOptions, GpioLightsOptions, LedLightsOptions } from '../../devices/gpio/index.js';
import type { KeyboardButtonOptions } from '../../devices/keyboard/index.js';
import type {
  KpiOptions,
  LightOptions,
  LogLineOptions,
  OperationOptions,
  WatchdogOptions,
} from '../../index.js';

/** What is around the conversation: buttons, lights, hooks, logs, figures, and how the program stops and is watched. */
export interface OperationConfig {
  /** Who gives the user the floor. Without it: whoever speaks has it. */
  readonly floor?: OpenFloorConfig | PushToTalkConfig;
  /** What mutes the microphone. Without it nothing does. */
  readonly mute?: MuteConfig;
  /** What shows how the conversation stands. */
  readonly lights?: LightsConfig;
  /** Programs that are run when something happens. */
  readonly hooks?: HooksConfig;
  /** What is written to the log. What this config takes from the environment or a file never is. */
  readonly logs?: Partial<Omit<LogLineOptions, 'secrets'>>;
  /** What is measured of conversations, and when it is an alert. */
  readonly kpis?: Partial<KpiOptions>;
  /** The figures for Prometheus, on loopback. Needs `prom-client`. Without this group, which may be empty, they are not served. */
  readonly metrics?: Partial<Omit<PrometheusOptions, 'load'>>;
  /** How the program stops, and takes a new config over. */
  readonly operation?: Partial<Omit<OperationOptions, 'scheduler'>>;
  /** When the watchdog of systemd is no longer fed. */
  readonly watchdog?: Partial<WatchdogOptions>;
}

/** Whoever speaks has it. */
export interface OpenFloorConfig {
  readonly kind: 'open';
}

/** Whoever presses the button has it. */
export interface PushToTalkConfig {
  readonly kind: 'push-to-talk';
  /** What is held down to speak. */
  readonly button: GpioButtonConfig | KeyConfig;
}

/** A button or a switch that mutes. */
export interface MuteConfig {
  /** What is pressed to mute. */
  readonly button: GpioButtonConfig | KeyConfig;
  /** `toggle`: each press changes it. `switch`: muted for as long as it is closed, and when it is lost. @defaultValue 'toggle' */
  readonly mode?: 'toggle' | 'switch';
}

/** A button between a GPIO line and ground. Needs the programs of libgpiod. */
export type GpioButtonConfig = Partial<Omit<GpioButtonOptions, 'kind' | 'line'>> & {
  readonly kind: 'gpio';
  /** The line it is on, as `gpioinfo` names it (`GPIO17`), or chip and number (`gpiochip0:17`). */
  readonly line: GpioButtonOptions['line'];
};

/** A key of the terminal that the program runs in. */
export interface KeyConfig extends Partial<KeyboardButtonOptions> {
  readonly kind: 'keyboard';
}

/** Lights, and what they show. */
export interface LightsConfig extends Partial<Omit<LightOptions, 'scheduler'>> {
  /** Where it is shown. Range: 1..16 entries. */
  readonly show: readonly LightConfig[];
}

/** One place where something is shown. */
export type LightConfig = GpioLightConfig | LedLightConfig | CommandLightConfig;

/** LEDs with resistors between GPIO lines and ground. Needs the programs of libgpiod. */
export type GpioLightConfig = Partial<Omit<GpioLightsOptions, 'lines'>> & {
  readonly kind: 'gpio';
  /** The line of each colour; `white` for a light of one colour. All on one chip, one at least. */
  readonly lines: GpioLightsOptions['lines'];
};

/** LEDs that the kernel has under /sys/class/leds. */
export type LedLightConfig = Partial<Omit<LedLightsOptions, 'leds'>> & {
  readonly kind: 'led';
  /** The name of each colour; `white` for a light of one colour. One at least. */
  readonly leds: LedLightsOptions['leds'];
};

/** A program that is told what to show. */
export type CommandLightConfig = Partial<Omit<CommandIndicatorOptions, 'command' | 'scheduler'>> & {
  readonly kind: 'command';
  /**
   * The program and its arguments; no shell reads them. `{indication}` is replaced by what is to be shown, as `listening`; `{hex}` by its
   * colour, as `00ff33`; `{red}`, `{green}` and `{blue}` by parts of it, from 0 to 255. Range: 1..100 entries.
   */
  readonly command: CommandIndicatorOptions['command'];
};

/** Programs that are run on events, and how. */
export interface HooksConfig extends Partial<Omit<CommandHooksOptions, 'scheduler'>> {
  /** What is run. Range: 0..100 entries. */
  readonly run: readonly HookConfig[];
}

/** A program that is run on an event. */
export interface HookConfig extends Omit<CommandHook, 'command'> {
  /**
   * The program and its arguments; no shell reads them. `{text}` or `{state.name}` is replaced by that field of the event; an argument stays
   * one argument. Range: 1..100 entries.
   */
  readonly command: CommandHook['command'];
}
