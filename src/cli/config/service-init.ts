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
  const entries = Object.entries(trust).map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? value.reveal() : value,
  ]);
  return Object.fromEntries(entries) as Partial<Trust>;
}
