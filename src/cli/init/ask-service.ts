import { CommandError } from '../command-error.js';
import { printable } from '../printable.js';
import { askToken, type TokenAnswers } from './ask-token.js';
import { believe } from './believe-certificate.js';
import type { Interview } from './interview.js';
import type { Machine } from './machine.js';
import { askOwnCertificate, givenTerms, type Terms } from './terms.js';
import { problemOf, type WrittenConfig } from './written-config.js';

/** The service, and what it needs beside the config. */
export interface ServiceAnswers {
  readonly upstream: WrittenConfig;
  /** Certificates to write, by names in the folder of the config. */
  readonly files: ReadonlyMap<string, string>;
  /** What need not be there before the program runs. */
  readonly later: TokenAnswers['later'];
}

/** Most addresses that are tried. */
const maxAddresses = 20;

/** Where the service is, how it is believed, and who calls. */
export async function askService(interview: Interview, machine: Machine): Promise<ServiceAnswers> {
  const given = givenTerms(interview, machine);
  for (let tried = 0; tried < maxAddresses; tried += 1) {
    const target = await askTarget(interview, machine);
    const terms = await settleTerms(target, given, interview, machine);
    if (terms === undefined) continue;
    const { metadata, later } = await askToken(interview, machine);
    const { insecure, trust, files } = terms;
    return {
      upstream: {
        target,
        ...(insecure && { insecure }),
        ...(Object.keys(trust.written).length > 0 && { trust: trust.written }),
        ...(metadata && { metadata }),
      },
      files,
      later,
    };
  }
  throw new CommandError(`none of ${maxAddresses} addresses was taken; nothing was written`);
}

function askTarget(interview: Interview, { surroundings }: Machine): Promise<string> {
  return interview.ask({
    option: 'target',
    text: 'Where is the service that answers, as host:port, such as voice.example.com:443?',
    preset: undefined,
    read(answer) {
      const reason = problemOf({ upstream: { target: answer } }, surroundings);
      return reason === undefined ? { value: answer } : { reason };
    },
  });
}

/** @returns undefined to ask for another address. */
async function settleTerms(
  target: string,
  terms: Terms,
  interview: Interview,
  machine: Machine,
): Promise<Terms | undefined> {
  const { person, say, warn } = interview;
  say(`Looking at ${target} ...`);
  const look = await machine.lookAt(target, terms.insecure ? { insecure: true } : terms.trust.known);
  switch (look.type) {
    case 'answers':
      say(look.secured ? 'It answers over TLS, and is believed.' : 'It answers, in plain text.');
      return terms;
    case 'plain':
      if (!person) {
        throw new CommandError(`${target} speaks plain text; give --insecure where that is meant`);
      }
      warn(`${target} speaks plain text: anybody on the way can listen, and answer.`);
      if (!(await interview.confirm('Call it in plain text all the same?', false))) return undefined;
      return { ...terms, insecure: true, trust: { known: {}, written: {} } };
    case 'stranger':
      return believe(target, look, terms, interview, machine);
    case 'refused':
      if (look.isOther) throw new CommandError(`${look.why}; nothing was written`);
      break;
    case 'wants-certificate':
      if (person && !terms.trust.written['clientCertificate']) {
        say(printable(`${look.why}.`));
        const own = await askOwnCertificate(interview, machine, terms);
        if (own) return settleTerms(target, own, interview, machine);
      }
      break;
    case 'away':
  }
  warn(printable(`${look.why}.`));
  return (await interview.confirm('Take this address all the same?', true)) ? terms : undefined;
}
