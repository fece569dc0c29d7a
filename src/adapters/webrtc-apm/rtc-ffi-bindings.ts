import { createRequire } from 'node:module';
import { VoiceError } from '../../core/errors.js';

/** An object on the native side, and the only way to be rid of it: the garbage collector does not free it. @public */
export interface ApmHandle {
  dispose(): void;
}

/** The part of `@livekit/rtc-ffi-bindings` that we use, so that our declarations do not need the peer. @public */
export interface RtcFfiBindings {
  /** Version of the package. The numbers of the protocol's fields change with it. */
  readonly version: string;
  /** One request and its answer, as protobuf. Blocks until it is done. */
  livekitFfiRequest(request: Uint8Array): Uint8Array;
  /** Address of the bytes. It is good for as long as their `ArrayBuffer` lives. */
  livekitRetrievePtr(bytes: Uint8Array): bigint;
  readonly FfiHandle: new (id: bigint) => ApmHandle;
}

const packageName = '@livekit/rtc-ffi-bindings';

/** The only version that the field numbers in `apm-messages.ts` were checked against; newer ones lack the binary for x64 Linux. */
export const bindingsVersion = '0.12.73';

/** What to type when the peer is missing. */
export const installCommand = `npm install --save-exact ${packageName}@${bindingsVersion}`;

/** Where the package has a binary for. Linux needs glibc 2.28 or later. */
const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'];

/** Load the peer when it is needed and not before: the binary is 20 MB. Leaves out its own protobuf classes, which are half of the loading time. */
export async function requireRtcFfiBindings(): Promise<RtcFfiBindings> {
  const require = createRequire(import.meta.url);
  const { version } = require(`${packageName}/package.json`) as { readonly version: string };
  // A wrong version must be told as such, also where it has no binary.
  if (version !== bindingsVersion) throw wrongVersion(version);
  const native = require(`${packageName}/native.js`) as Omit<RtcFfiBindings, 'version'>;
  const { livekitFfiRequest, livekitRetrievePtr, FfiHandle } = native;
  return { version, livekitFfiRequest, livekitRetrievePtr, FfiHandle };
}

/** The peer, or one sentence that says how to get it or how to go on without it. */
export async function loadRtcFfiBindings(
  load: () => Promise<RtcFfiBindings>,
  platform: () => string = thisPlatform,
): Promise<RtcFfiBindings> {
  let bindings: RtcFfiBindings;
  try {
    bindings = await load();
  } catch (cause) {
    if (cause instanceof VoiceError) throw cause;
    throw notLoaded(cause, platform());
  }
  if (bindings.version !== bindingsVersion) throw wrongVersion(bindings.version);
  return bindings;
}

function notLoaded(cause: unknown, platform: string): VoiceError {
  if (!platforms.includes(platform)) {
    return new VoiceError(
      'PEER_MISSING',
      `webrtc-apm cannot run here, ${packageName} has no binary for ${platform} (it has: ${platforms.join(', ')}); ` +
        'go on without it or use another echo canceller',
      { cause },
    );
  }
  const reason = reasonOf(cause);
  const absent = /cannot find (package|module) '?@livekit\/rtc-ffi-bindings\/package\.json/i.test(reason);
  const what = absent
    ? `webrtc-apm needs the package ${packageName}, which is not installed`
    : `webrtc-apm needs the package ${packageName}, which could not be loaded (${reason})`;
  return new VoiceError('PEER_MISSING', `${what}; run: ${installCommand}`, { cause });
}

function wrongVersion(version: string): VoiceError {
  return new VoiceError(
    'PEER_MISSING',
    `webrtc-apm needs ${packageName} in version ${bindingsVersion}, but found ${version}, whose protocol may differ; ` +
      `run: ${installCommand}`,
  );
}

/** As in `linux-x64`; with `-musl` behind it where the C library is not glibc. */
function thisPlatform(): string {
  const { platform, arch, report } = process;
  const { header } = report.getReport() as { readonly header?: { readonly glibcVersionRuntime?: string } };
  const isMusl = platform === 'linux' && header?.glibcVersionRuntime === undefined;
  return `${platform}-${arch}${isMusl ? '-musl' : ''}`;
}

/** The first line of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.split('\n', 1)[0] ?? text;
}
