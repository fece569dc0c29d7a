import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** What an audio processing module does. */
export interface ApmFeatures {
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly highPass: boolean;
  readonly gainControl: boolean;
}

/** Samples in memory that does not move. */
export interface PinnedSamples {
  readonly address: bigint;
  readonly byteLength: number;
  readonly sampleRateHz: number;
}

/** The two signals a module takes: what the microphone captured, and what the loudspeaker renders. */
export type ApmStream = 'capture' | 'render';

/** Numbers of the fields in the messages `FfiRequest` and `FfiResponse` of version 0.12.73. They differ by one. */
const requestFields = { create: 50, capture: 51, render: 52 } as const;
const responseFields = { create: 49, capture: 50, render: 51 } as const;

/** Make a module. */
export function createRequest(features: ApmFeatures): Uint8Array {
  const writer = new BinaryWriter().tag(requestFields.create, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).bool(features.echoCancellation);
  writer.tag(2, WireType.Varint).bool(features.gainControl);
  writer.tag(3, WireType.Varint).bool(features.highPass);
  writer.tag(4, WireType.Varint).bool(features.noiseSuppression);
  return writer.join().finish();
}

/** Let a module work on 10 ms of one channel, in place. */
export function processRequest(apm: bigint, stream: ApmStream, samples: PinnedSamples): Uint8Array {
  const writer = new BinaryWriter().tag(requestFields[stream], WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).uint64(apm);
  writer.tag(2, WireType.Varint).uint64(samples.address);
  writer.tag(3, WireType.Varint).uint32(samples.byteLength);
  writer.tag(4, WireType.Varint).uint32(samples.sampleRateHz);
  writer.tag(5, WireType.Varint).uint32(1);
  return writer.join().finish();
}

/**
 * The handle of the module that was made.
 *
 * @throws Error when the answer holds none.
 */
export function readCreated(response: Uint8Array): bigint {
  // FfiResponse > NewApmResponse > OwnedApm > FfiOwnedHandle, of which each but the first has one field, number 1.
  const owned = [responseFields.create, 1, 1].reduce<Uint8Array | undefined>(
    (message, field) => message && lengthDelimited(message, field),
    response,
  );
  if (owned !== undefined) {
    const reader = new BinaryReader(owned);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === 1 && wireType === WireType.Varint) return BigInt(reader.uint64());
      reader.skip(wireType, field);
    }
  }
  throw new Error(`the answer to the request for a module holds no handle (${response.length} bytes)`);
}

/**
 * Make sure that a module did what it was asked to.
 *
 * @throws Error with the module's own words, or when the answer belongs to another question.
 */
export function assertProcessed(response: Uint8Array, stream: ApmStream): void {
  const answer = lengthDelimited(response, responseFields[stream]);
  if (answer === undefined) throw new Error(`the answer is none to a ${stream} request`);
  const error = lengthDelimited(answer, 1);
  if (error !== undefined) throw new Error(new TextDecoder().decode(error));
}

/** The bytes of a field that is a message or a string. */
function lengthDelimited(message: Uint8Array, wanted: number): Uint8Array | undefined {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === wanted && wireType === WireType.LengthDelimited) return reader.bytes();
    reader.skip(wireType, field);
  }
  return undefined;
}
