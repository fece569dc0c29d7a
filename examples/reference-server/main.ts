import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isVoiceError } from 'earshot';
import { readAnswers } from './answers.js';
import type { Fault } from './faults.js';
import { faults } from './faults.js';
import type { GatewayFault } from './gateway.js';
import { gatewayFaults } from './gateway.js';
import type { Profile } from './profiles.js';
import { profiles } from './profiles.js';
import type { ReferenceServer } from './reference-server.js';
import { startReferenceServer } from './reference-server.js';
import type { ReferenceServerOptions } from './reference-server-options.js';
import { scenarios } from './scenarios.js';

const usage = `A StreamingService that behaves like the real one, for trying and testing.

  npm run reference-server -- [options]

  --host ADDRESS              listen at this address (127.0.0.1)
  --port N                    listen at this port; 0 takes a free one (50051)
  --time-to-first-byte MS     from the request to the first message of the answer (300)
  --chunk-ms MS               send audio in bursts of so much speech (100)
  --chunk-bytes N             largest piece of audio in one message (4096)
  --delivery-rate N           send audio so many times faster than it is spoken (3)
  --profile NAME              which generation of the service to be (v54):
${rowsOf(Object.entries(profiles).map(([name, { what }]) => [name, what]))}
  --max-streams N             answers given at the same time (50)
  --voice NAME                auto, espeak-ng, prompts, or a voice of espeak-ng --voices (auto)
  --text-only                 send text without audio, as a service without a voice does
  --prompts FOLDER            sentences rendered ahead (the prompts folder of this example)
  --answers FILE              what to say to each prompt (answers.json of this example)
  --tls-cert FILE             talk TLS with this certificate (PEM)
  --tls-key FILE              and this key (PEM)
  --client-ca FILE            take only clients with a certificate of this authority (PEM)
  --http-port N               serve /health and /status at this port; 0 takes a free one (none)
  --unhealthy                 let /health say so
  --gateway NAME              answer every call as a proxy whose service is gone:
${rowsOf(Object.entries(gatewayFaults))}
  --fault NAME                a fault for every answer:
${rowsOf(Object.entries(faults))}

A prompt may ask for one answer with something special about it, as "scenario: NAME":
${rowsOf(Object.entries(scenarios).map(([name, { what }]) => [name, what]))}
`;

function rowsOf(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([name, what]) => `      ${name.padEnd(24)} ${what}`).join('\n');
}

/** The command line cannot be used. */
class UsageError extends Error {}

const text = { type: 'string' } as const;
const commandLine = {
  help: { type: 'boolean' },
  host: text,
  port: text,
  'time-to-first-byte': text,
  'chunk-ms': text,
  'chunk-bytes': text,
  'delivery-rate': text,
  'max-streams': text,
  voice: text,
  prompts: text,
  answers: text,
  fault: text,
  profile: text,
  gateway: text,
  'tls-cert': text,
  'tls-key': text,
  'client-ca': text,
  'http-port': text,
  unhealthy: { type: 'boolean' },
  'text-only': { type: 'boolean' },
} as const;

function readOptions(argv: string[]): Partial<ReferenceServerOptions> | 'help' {
  const { values } = parseArgs({ args: argv, options: commandLine, strict: true, allowPositionals: false });
  if (values.help === true) return 'help';
  const { host, voice, prompts, answers, fault, profile, gateway, 'http-port': httpPort } = values;
  return {
    port: toNumber(values.port ?? '50051', 'port'),
    ...(host !== undefined && { host }),
    ...(voice !== undefined && { voice }),
    ...(prompts !== undefined && { promptsFolder: prompts }),
    ...(answers !== undefined && { answers: readAnswers(answers) }),
    // A name that is none is refused together with the other options.
    ...(fault !== undefined && { fault: fault as Fault }),
    ...(profile !== undefined && { profile: profile as Profile }),
    ...(gateway !== undefined && { gateway: gateway as GatewayFault }),
    ...(httpPort !== undefined && { httpPort: toNumber(httpPort, 'http-port') }),
    ...(values.unhealthy === true && { isHealthy: false }),
    ...(values['text-only'] === true && { isTextOnly: true }),
    tls: readTls(values['tls-cert'], values['tls-key'], values['client-ca']),
    ...numeric('timeToFirstByteMs', 'time-to-first-byte'),
    ...numeric('chunkMs', 'chunk-ms'),
    ...numeric('chunkBytes', 'chunk-bytes'),
    ...numeric('deliveryRate', 'delivery-rate'),
    ...numeric('maxStreams', 'max-streams'),
  };

  function numeric<Name extends string>(
    name: Name,
    flag: 'time-to-first-byte' | 'chunk-ms' | 'chunk-bytes' | 'delivery-rate' | 'max-streams',
  ): { [Key in Name]?: number } {
    const value = values[flag];
    return value === undefined ? {} : ({ [name]: toNumber(value, flag) } as { [Key in Name]: number });
  }
}

function readTls(cert?: string, key?: string, clientCa?: string): ReferenceServerOptions['tls'] {
  if (cert === undefined && key === undefined && clientCa === undefined) return null;
  if (cert === undefined || key === undefined)
    throw new UsageError('TLS needs both --tls-cert and --tls-key; give both, or none of the TLS options');
  return {
    certificate: readPem(cert, 'tls-cert'),
    key: readPem(key, 'tls-key'),
    ...(clientCa !== undefined && { clientCa: readPem(clientCa, 'client-ca') }),
  };
}

function readPem(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`--${flag} cannot be read: ${cause instanceof Error ? cause.message : cause}`);
  }
}

function toNumber(value: string, flag: string): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw new UsageError(`--${flag} must be a number, but is ${JSON.stringify(value)}`);
}

/** One sentence for an error that the user can mend; undefined for a bug. */
function sentenceFor(error: unknown): string | undefined {
  if (error instanceof UsageError || isVoiceError(error)) return error.message;
  const isCommandLine =
    error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
  return isCommandLine ? `${error.message.split('. ')[0]}; see --help` : undefined;
}

function counted(server: ReferenceServer) {
  return { ...server.counts(), connections: server.openConnections() };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(usage);
    return;
  }
  const server = await startReferenceServer(options);
  const stop = (): void => {
    // A second signal while closing must not fail; the process ends by itself when nothing is left open.
    void server.close().then(() => process.connected && process.disconnect());
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  // A parent that counts asks for what was counted here.
  process.on('message', (message) => message === 'counts' && process.send?.({ counts: counted(server) }));
  process.send?.({ port: server.port, httpPort: server.httpPort });
  console.log(`listening on ${options.host ?? '127.0.0.1'}:${server.port}`);
}

try {
  await main();
} catch (error) {
  const sentence = sentenceFor(error);
  if (sentence === undefined) throw error;
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
  if (process.connected) process.disconnect();
}
