import { looksSecret } from '../config/looks-secret.js';
import type { Interview, Reading } from './interview.js';
import type { Machine } from './machine.js';
import { problemOf, type WrittenConfig, withStandIns } from './written-config.js';

/** Where a token stands. */
type TokenPlace = { readonly env: string } | { readonly file: string };

/** A token, which is never in the config. */
export interface TokenAnswers {
  readonly metadata: WrittenConfig | undefined;
  /** What need not be there before the program runs: environment variables and files. */
  readonly later: { readonly names: readonly string[]; readonly files: readonly string[] };
}

const nothing: TokenAnswers['later'] = { names: [], files: [] };

/** Whether the service wants a token, and where it stands. */
export async function askToken(interview: Interview, machine: Machine): Promise<TokenAnswers> {
  const place = await interview.ask<TokenPlace | undefined>({
    option: 'token',
    text: 'Does the service want a token? Where is it: env:NAME, file:PATH, or none?',
    preset: 'none',
    read: (answer) => readPlace(answer, machine),
  });
  if (place === undefined) return { metadata: undefined, later: nothing };
  const metadata = metadataOf(place);
  const problem = problemOf({ upstream: { target: 'some.host:1', metadata } }, machine.surroundings);
  if (problem === undefined) return { metadata, later: nothing };
  interview.warn(
    'env' in place
      ? `the environment variable ${place.env} is not set here; set it where the program is started.`
      : `the file ${place.file} cannot be read here; it has to be there when the program starts.`,
  );
  const later = 'env' in place ? { names: [place.env], files: [] } : { names: [], files: [place.file] };
  return { metadata, later };
}

const metadataOf = (place: TokenPlace): WrittenConfig => ({ authorization: { ...place, prefix: 'Bearer ' } });

function readPlace(answer: string, { surroundings }: Machine): Reading<TokenPlace | undefined> {
  if (/^(?:none|no|n)$/i.test(answer)) return { value: undefined };
  const [, kind, rest = ''] = /^(env|file):\s*(\S.*)$/s.exec(answer) ?? [];
  // What was typed is not shown: it may be the token.
  const form = 'must be env:NAME, file:PATH or none; a token itself never goes into a config';
  if (kind === undefined || looksSecret(rest)) return { reason: form };
  if (kind === 'env' && !/^[A-Za-z_]\w{0,99}$/.test(rest)) return { reason: form };
  const place = kind === 'env' ? { env: rest } : { file: rest };
  const there = withStandIns(surroundings, kind === 'env' ? [rest] : [], new Map([[rest, 'some token']]));
  const reason = problemOf({ upstream: { target: 'some.host:1', metadata: metadataOf(place) } }, there);
  return reason === undefined ? { value: place } : { reason };
}
