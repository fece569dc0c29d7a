export {
  defaultGpioButtonOptions,
  type GpioButton,
  type GpioButtonOptions,
  gpioButton,
} from './gpio-button.js';
export {
  defaultGpioLightsOptions,
  type GpioLightLines,
  type GpioLightsOptions,
  gpioLights,
} from './gpio-lights.js';
export type { Environment } from './gpio-program.js';
export { defaultLedLightsOptions, type LedLightsOptions, ledLights } from './led-lights.js';
