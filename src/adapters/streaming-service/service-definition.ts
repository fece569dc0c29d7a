import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { handleServerStreamingCall, handleUnaryCall, MethodDefinition } from '@grpc/grpc-js';
import type {
  InterruptRequest,
  InterruptResponseSchema,
  StreamRequest,
  StreamResponseSchema,
  UsageRequest,
  UsageResponseSchema,
  WelcomeRequest,
  WelcomeResponseSchema,
} from './generated/streaming_pb.js';
import { StreamingService } from './generated/streaming_pb.js';

/** One method of a gRPC service as grpc-js wants it; takes plain objects, gives messages. */
type Method<Input extends DescMessage, Output extends DescMessage> = MethodDefinition<
  MessageInitShape<Input>,
  MessageShape<Output>
>;

/**
 * The service for grpc-js, made from the generated schemas: `server.addService(streamingServiceDefinition, handlers)`.
 *
 * @remarks
 * Ownership: byte fields of a decoded message are views of the network buffer, at any alignment; copy what is kept.
 * @public
 */
export const streamingServiceDefinition = {
  streamAudio: method(StreamingService.method.streamAudio),
  interruptSession: method(StreamingService.method.interruptSession),
  generateWelcomeAudio: method(StreamingService.method.generateWelcomeAudio),
  reportUsage: method(StreamingService.method.reportUsage),
} as const;

/** What a server of this service implements; answers may be written as plain objects. @public */
export type StreamingServiceHandlers = {
  readonly streamAudio: handleServerStreamingCall<
    StreamRequest,
    MessageInitShape<typeof StreamResponseSchema>
  >;
  readonly interruptSession: handleUnaryCall<
    InterruptRequest,
    MessageInitShape<typeof InterruptResponseSchema>
  >;
  readonly generateWelcomeAudio: handleServerStreamingCall<
    WelcomeRequest,
    MessageInitShape<typeof WelcomeResponseSchema>
  >;
  readonly reportUsage: handleUnaryCall<UsageRequest, MessageInitShape<typeof UsageResponseSchema>>;
};

interface MethodSchema<Input extends DescMessage, Output extends DescMessage> {
  readonly name: string;
  readonly parent: { readonly typeName: string };
  readonly methodKind: string;
  readonly input: Input;
  readonly output: Output;
}

function method<Input extends DescMessage, Output extends DescMessage>(
  schema: MethodSchema<Input, Output>,
): Method<Input, Output> {
  const { input, output, methodKind } = schema;
  return {
    path: `/${schema.parent.typeName}/${schema.name}`,
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestSerialize: (message) => encode(input, message),
    requestDeserialize: (bytes) => fromBinary(input, bytes) as never,
    responseSerialize: (message) => encode(output, message as MessageInitShape<Output>),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}

function encode<Schema extends DescMessage>(schema: Schema, message: MessageInitShape<Schema>): Buffer {
  const bytes = toBinary(schema, create(schema, message));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
