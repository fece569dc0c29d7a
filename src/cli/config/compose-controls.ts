import {
  connect,
  map,
  merge,
  NEVER,
  type Observable,
  type OperatorFunction,
  ReplaySubject,
  type SchedulerLike,
  shareReplay,
} from 'rxjs';
import { type CommandReport, commandIndicator, runCommandHooks } from '../../adapters/command-hooks/index.js';
import { gpioButton, gpioLights, ledLights } from '../../devices/gpio/index.js';
import { type Keyboard, keyboardButton } from '../../devices/keyboard/index.js';
import {
  type Button,
  type ControlReport,
  type Floor,
  type Indicator,
  indicationsOf,
  lightsOf,
  type Mute,
  type PipelineEvent,
  toggledBy,
} from '../../index.js';
import type { EarshotConfig } from './earshot-config.js';
import type { GpioButtonConfig, KeyConfig, LightConfig } from './operation-config.js';

/** What buttons and keys need. */
export interface ControlParts {
  /** The clock of everything. */
  readonly scheduler: SchedulerLike;
  /** The terminal: `openKeyboard(process.stdin)`. It is taken only where the config names a key. */
  readonly keyboard: Keyboard;
}

/** What a button or a light tells of itself, and which it is. */
export type NamedReport = ControlReport & { readonly control: string };

/** Buttons, lights and hooks of a config. Nothing is opened before somebody subscribes. */
export interface ComposedControls {
  /** For `composePipeline`. */
  readonly floor?: Floor;
  /** For `composePipeline`. */
  readonly mute$?: Mute;
  /** What buttons tell while they are open. Hot, and never completes; whoever comes late gets the last report of each button first. */
  readonly reports$: Observable<NamedReport>;
  /** Shows what the events mean. Completes after them, when every light is off. */
  readonly showLights: OperatorFunction<PipelineEvent, NamedReport>;
  /** Runs what the config says at the events; undefined where it says nothing. */
  readonly runHooks: OperatorFunction<PipelineEvent, CommandReport> | undefined;
}

/**
 * Make what is around the conversation.
 *
 * @throws OptionError `OPTION_INVALID`; none for a config that `readConfig` has read.
 */
export function composeControls(config: EarshotConfig, parts: ControlParts): ComposedControls {
  const { floor, mute, lights, hooks } = config;
  const { scheduler } = parts;
  const buttons: Observable<NamedReport>[] = [];
  const opened = (...of: Parameters<typeof composeButton>): Button => {
    const button = composeButton(...of);
    const [{ kind }] = of;
    // Opens nothing. Whoever prints them may come when the pipeline runs, after a line was found to be busy.
    const told$ = new ReplaySubject<NamedReport>(1);
    button.reports$?.pipe(named(`the ${kind} button`)).subscribe(told$);
    buttons.push(told$);
    return button;
  };
  const talk = floor?.kind === 'push-to-talk' ? opened(floor.button, 'push', parts) : undefined;
  const mute$ =
    mute && muteOf(opened(mute.button, mute.mode === 'switch' ? 'switch' : 'push', parts), mute.mode);
  const { show = [], ...shown } = lights ?? {};
  const indicators = show.map((light) => ({ light, indicator: composeLight(light, scheduler) }));
  const paint = lightsOf({ ...shown, scheduler });
  return {
    ...(talk && { floor: { kind: 'push-to-talk', pressed$: talk.pressed$ } }),
    ...(mute$ && { mute$ }),
    reports$: merge(NEVER, ...buttons),
    showLights: (events$) =>
      events$.pipe(
        indicationsOf(),
        paint,
        // Every light is there before the first thing to show comes.
        connect((lights$) =>
          merge(
            ...indicators.map(({ light, indicator }) =>
              indicator.show(lights$).pipe(named(`the ${light.kind} light`)),
            ),
          ),
        ),
      ),
    runHooks: hooks && runCommandHooks(hooks.run, { ...withoutRun(hooks), scheduler }),
  };
}

/** A button of a config. */
export function composeButton(
  config: GpioButtonConfig | KeyConfig,
  kind: 'push' | 'switch',
  { scheduler, keyboard }: ControlParts,
): Button {
  if (config.kind === 'keyboard') {
    const { kind: _, ...options } = config;
    return keyboardButton({ ...options, keyboard, scheduler });
  }
  return gpioButton({ ...config, kind, scheduler });
}

/** A light of a config. */
export function composeLight(config: LightConfig, scheduler: SchedulerLike): Indicator {
  switch (config.kind) {
    case 'gpio': {
      const { kind: _, ...options } = config;
      return gpioLights({ ...options, scheduler });
    }
    case 'led': {
      const { kind: _, ...options } = config;
      return ledLights({ ...options, scheduler });
    }
    case 'command': {
      const { kind: _, ...options } = config;
      return commandIndicator({ ...options, scheduler });
    }
  }
}

function muteOf({ pressed$ }: Button, mode: 'toggle' | 'switch' = 'toggle'): Mute {
  if (mode === 'switch') return pressed$;
  // The pipeline and whoever shows it have to agree on how it stands.
  return toggledBy(pressed$).pipe(shareReplay({ bufferSize: 1, refCount: true }));
}

const named = (control: string) => map((report: ControlReport): NamedReport => ({ ...report, control }));

function withoutRun({ run: _, ...options }: NonNullable<EarshotConfig['hooks']>) {
  return options;
}
