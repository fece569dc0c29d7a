import { execFile } from 'node:child_process';
import type { Surroundings } from './choose-backend.js';
import { pulseServerAnswers } from './process/index.js';

/** How long a program may take to say its version. Units: ms. */
const limitMs = 2000;

/** This machine, as the devices see it. @param env - what children get beside this process's environment. */
export function surroundings(env: Readonly<Record<string, string>>): Surroundings {
  const runs = (program: string): Promise<boolean> =>
    new Promise((resolve) => {
      const options = { env: { ...process.env, ...env }, timeout: limitMs, killSignal: 'SIGKILL' } as const;
      execFile(program, ['--version'], options, (error) => resolve(error === null));
    });
  return {
    platform: process.platform,
    pulseAnswers: async () =>
      (await Promise.all([pulseServerAnswers({ env }), runs('parec'), runs('pacat')])).every(Boolean),
    hasAlsaPrograms: async () => (await Promise.all([runs('arecord'), runs('aplay')])).every(Boolean),
  };
}
