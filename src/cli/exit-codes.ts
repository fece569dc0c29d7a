/** What the command ends with; the same for all that it can do. */
export const exitCodes = {
  done: 0,
  /** It was done, and the answer is no: something is bad, was not answered, or was not to be written. */
  declined: 1,
  /** The command line, the config, or a file that one of them names, cannot be used. */
  usage: 2,
  /** `ask`: the answer is truncated or empty. */
  incomplete: 3,
  /** `ask`: the service refuses or blocks. */
  refused: 4,
  /** A device, a service, a voice or a package is not there, or does not work. */
  transport: 5,
  /** A mistake of earshot itself; that of `sysexits.h`. */
  bug: 70,
  /** 128 and the number of the signal, as a shell has it. */
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** What each is for, in the words of the help. */
export const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done',
  declined: 'done, and the answer is no: something is bad, was not answered, or was not to be written',
  usage: 'the command line, the config, or a file that one of them names cannot be used',
  incomplete: 'the answer of the service is truncated or empty',
  refused: 'the service refuses or blocks',
  transport: 'a device, a service, a voice or a package is missing, or does not work',
  bug: 'a mistake of earshot itself: please report it',
  hungUp: 'stopped by SIGHUP',
  interrupted: 'stopped by SIGINT, as by Ctrl-C',
  terminated: 'stopped by SIGTERM',
};

/** What a signal ends a command with. */
export const signalCodes = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
} as const;
