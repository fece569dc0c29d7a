import { DeviceError, type ErrorCode } from '../../core/errors.js';
import type { GpioEnd } from './gpio-program.js';

interface Verdict {
  readonly code: ErrorCode;
  readonly what: string;
  readonly remedy: string;
  readonly retryable: boolean;
}

const notInstalled: Verdict = {
  code: 'DEVICE_BACKEND',
  what: 'needs the programs of libgpiod, which are not installed',
  remedy: 'apt install gpiod',
  retryable: false,
};

/**
 * What the programs say and what it means, the first that fits. The texts are those of libgpiod 1.6.3 and 2.3 with the C library's; each
 * has a test.
 */
const rules: readonly (readonly [says: RegExp, verdict: Verdict])[] = [
  [/setpriv: failed to execute/i, notInstalled],
  [
    /permission denied|operation not permitted/i,
    {
      code: 'DEVICE_PERMISSION_DENIED',
      what: 'is not allowed to this account',
      remedy: 'add the account to the group "gpio" and log in again, or see who owns /dev/gpiochip*',
      retryable: false,
    },
  ],
  [
    /resource busy/i,
    {
      code: 'DEVICE_BUSY',
      what: 'is used by another program or a driver',
      remedy: 'see who with gpioinfo, and end it or take another line',
      retryable: true,
    },
  ],
  [
    /no such (file|device)|cannot find|out of range|no such line/i,
    {
      code: 'DEVICE_NOT_FOUND',
      what: 'is not there',
      remedy: 'take a name from gpioinfo, such as GPIO17, or plug the adapter in',
      retryable: true,
    },
  ],
];

/**
 * Why a line could not be opened, or was lost.
 *
 * @param label - says which, as in `the button on GPIO17`.
 * @param wasOpen - whether it worked before.
 */
export function gpioError(label: string, command: string, end: GpioEnd, wasOpen = false): DeviceError {
  const { code: startCode } = (end.cause ?? {}) as { readonly code?: unknown };
  const judged = startCode === 'ENOENT' ? notInstalled : rules.find(([says]) => says.test(end.words))?.[1];
  const lost: Verdict = {
    code: 'DEVICE_LOST',
    what: 'was lost',
    remedy: 'it is opened again when it is back',
    retryable: true,
  };
  const { code, what, remedy, retryable } = (wasOpen && judged?.retryable !== false ? lost : judged) ?? {
    code: 'DEVICE_BACKEND' as const,
    what: 'failed',
    remedy: 'try the same command by hand',
    retryable: true,
  };
  const said = end.words === '' ? '' : `: "${end.words}"`;
  return new DeviceError(code, `${label} ${what} (${command} ${end.how}${said}); ${remedy}`, {
    retryable,
    cause: end.cause,
  });
}

/** There is no line of that name, or none that this account may see. */
export function noSuchLine(label: string, name: string): DeviceError {
  return new DeviceError(
    'DEVICE_NOT_FOUND',
    `${label} is not there: no chip that this account may open has a line "${name}"; take a name from gpioinfo, or add the account to the group "gpio"`,
    { retryable: true },
  );
}
