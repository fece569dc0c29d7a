import type { StreamingServiceInit, Trust } from '../../adapters/streaming-service/index.js';
import type { EarshotConfig, UpstreamConfig } from './earshot-config.js';
import type { ReferencedText } from './referenced-text.js';

/** What `streamingService` takes, out of a config; the texts that it refers to are revealed here. */
export function serviceInit(upstream: UpstreamConfig, hardwareId: string): StreamingServiceInit {
  const { kind: _, metadata, trust, ...options } = upstream;
  return {
    ...options,
    hardwareId,
    ...(metadata && { metadata: revealed(metadata) }),
    ...(trust && { trust: revealedTrust(trust) }),
  };
}

/**
 * What can be used of a config whose secrets are not all here.
 *
 * @returns the same without the texts that are missing, a certificate of this device going with its key; and the names of what is missing.
 */
export function withoutMissingTexts<T extends Pick<UpstreamConfig, 'metadata' | 'trust'>>(
  upstream: T,
): { readonly known: T; readonly missing: readonly string[] } {
  const { metadata, trust } = upstream;
  const missing = [
    ...namesOfMissing(metadata ?? {}).map((name) => `upstream.metadata.${name}`),
    ...namesOfMissing(trust ?? {}).map((name) => `upstream.trust.${name}`),
  ];
  if (missing.length === 0) return { known: upstream, missing };
  const lost = namesOfMissing(trust ?? {});
  const pair = ['clientCertificate', 'clientKey'];
  const gone = [...lost, ...(pair.some((name) => lost.includes(name)) ? pair : [])];
  const known = {
    ...upstream,
    ...(metadata && { metadata: without(metadata, namesOfMissing(metadata)) }),
    // Its name stays: that there is such a group goes together with other options.
    ...(trust && { trust: { ...trust, ...Object.fromEntries(gone.map((name) => [name, undefined])) } }),
  };
  return { known, missing };
}

const namesOfMissing = (texts: object): readonly string[] =>
  Object.entries(texts).flatMap(([name, text]) =>
    (text as Partial<ReferencedText> | null)?.isMissing === true ? [name] : [],
  );

const without = <T extends object>(all: T, names: readonly string[]): T =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name))) as T;

/** Every text of a config that is not to be in a log. */
export function secretsOf({ upstream }: EarshotConfig): readonly string[] {
  const { metadata = {}, trust = {} } = upstream;
  const references = [...Object.values(metadata), ...(trust.clientKey ? [trust.clientKey] : [])];
  const secret = references.filter(({ origin }) => origin !== 'the config');
  // A service that complains of a token shows it without what the config puts in front of it.
  return [...new Set(secret.flatMap((reference) => [reference.reveal(), reference.revealBare()]))];
}

const revealed = (texts: { readonly [name: string]: ReferencedText }): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text.reveal()]));

function revealedTrust(trust: NonNullable<UpstreamConfig['trust']>): Partial<Trust> {
  const entries = Object.entries(trust)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === 'object' && value !== null ? value.reveal() : value]);
  return Object.fromEntries(entries) as Partial<Trust>;
}
