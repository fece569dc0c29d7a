import type { FakePrograms } from './fake-programs.js';

/** A source or sink of a pretended server. */
export interface FakeDevice {
  readonly name: string;
  readonly description?: string;
  readonly spec?: string;
  readonly map?: string;
  readonly isMonitor?: boolean;
  readonly availability?: string;
}

/** What a pretended server has. */
export interface FakeServer {
  readonly sinks?: readonly FakeDevice[];
  readonly sources?: readonly FakeDevice[];
  readonly defaultSink?: string;
  readonly defaultSource?: string;
  readonly serverName?: string;
}

/** A `pactl` that tells of this server. The entries are shortened ones of `pactl` 16.1. */
export function addFakePactl(fakes: FakePrograms, server: FakeServer): void {
  const {
    sinks = [],
    sources = [],
    defaultSink = '',
    defaultSource = '',
    serverName = 'pulseaudio',
  } = server;
  const info = {
    server_name: serverName,
    server_version: '16.1',
    default_sink_name: defaultSink,
    default_source_name: defaultSource,
  };
  fakes.add(
    'pactl',
    `case "$*" in
"-f json list sinks") cat <<'END'
${JSON.stringify(sinks.map(entryOf))}
END
;;
"-f json list sources") cat <<'END'
${JSON.stringify(sources.map(entryOf))}
END
;;
"-f json info") cat <<'END'
${JSON.stringify(info)}
END
;;
"list sinks"|"list sources") cat <<'END'
${[...sinks, ...sources].map(textOf).join('\n\n')}
END
;;
info) echo "Server Name: ${serverName}";;
*) echo "unexpected: $*" >&2; exit 1;;
esac`,
  );
}

const isAscii = (text: string): boolean => [...text].every((character) => character < '\u0080');

function entryOf(device: FakeDevice, index: number): unknown {
  const {
    name,
    description = name,
    spec = 's16le 1ch 48000Hz',
    map = 'mono',
    isMonitor = false,
    availability,
  } = device;
  return {
    index,
    state: 'IDLE',
    name,
    // As the real one has it.
    description: isAscii(description) ? description : '(null)',
    sample_specification: spec,
    channel_map: map,
    monitor_source: '',
    properties: { 'device.class': isMonitor ? 'monitor' : 'sound' },
    ports: availability === undefined ? [] : [{ name: 'hdmi-output-0', availability }],
    active_port: availability === undefined ? null : 'hdmi-output-0',
    formats: ['pcm'],
  };
}

const textOf = ({ name, description = name }: FakeDevice, index: number): string =>
  `Sink #${index}\n\tState: IDLE\n\tName: ${name}\n\tDescription: ${description}\n\tDriver: module-null-sink.c`;
