"""A StreamingService of another make: Python, the C core of gRPC, and protobuf messages described at run time.

Nothing is generated and nothing is shared with the library but the contract: numbers and names of fields. It prints its
port when it is ready and ends when its standard input is closed.
"""

import array
import math
import re
import sys
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
TYPES = {
    "string": FIELD.TYPE_STRING,
    "bytes": FIELD.TYPE_BYTES,
    "int32": FIELD.TYPE_INT32,
    "double": FIELD.TYPE_DOUBLE,
    "bool": FIELD.TYPE_BOOL,
}

# message -> fields as (number, name, type, repeated); a type that is none of TYPES is a message.
MESSAGES = {
    "StreamRequest": [(1, "prompt", "string"), (5, "hardware_id", "string"), (6, "session_id", "string"), (7, "phase", "int32")],
    "AudioChunk": [
        (1, "audio_data", "bytes"),
        (2, "dtype", "string"),
        (3, "shape", "int32", True),
        (4, "sample_rate", "int32"),
        (5, "channels", "int32"),
    ],
    "ActionMessage": [(1, "action_json", "string"), (2, "session_id", "string")],
    "StreamResponse": [
        (1, "text_chunk", "string"),
        (2, "audio_chunk", "AudioChunk"),
        (3, "end_message", "string"),
        (4, "error_message", "string"),
        (5, "action_message", "ActionMessage"),
    ],
    "InterruptRequest": [(1, "hardware_id", "string")],
    "InterruptResponse": [(1, "success", "bool"), (2, "interrupted_sessions", "string", True), (3, "message", "string")],
    "WelcomeRequest": [(1, "text", "string"), (2, "session_id", "string")],
    "WelcomeMetadata": [(1, "method", "string"), (2, "duration_sec", "double"), (3, "sample_rate", "int32")],
    "WelcomeResponse": [
        (1, "audio_chunk", "AudioChunk"),
        (2, "metadata", "WelcomeMetadata"),
        (3, "end_message", "string"),
        (4, "error_message", "string"),
    ],
    "UsageRequest": [(1, "hardware_id", "string"), (4, "input_tokens", "int32")],
    "UsageResponse": [(1, "success", "bool"), (2, "message", "string")],
}
ONEOF = ("StreamResponse", "WelcomeResponse")


def describe():
    file = descriptor_pb2.FileDescriptorProto(name="backend.proto", package="streaming", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        if name in ONEOF:
            message.oneof_decl.add(name="content")
        for number, field_name, kind, *repeated in fields:
            field = message.field.add(name=field_name, number=number)
            field.label = FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL
            if kind in TYPES:
                field.type = TYPES[kind]
            else:
                field.type, field.type_name = FIELD.TYPE_MESSAGE, ".streaming." + kind
            if name in ONEOF:
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    make = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return {name: make(pool.FindMessageTypeByName("streaming." + name)) for name in MESSAGES}


M = describe()
UUID4 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def tone(rate, milliseconds):
    count = rate * milliseconds // 1000
    samples = array.array("h", (int(3000 * math.sin(2 * math.pi * 440 * i / rate)) for i in range(count)))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def pieces(data, rate):
    """Odd lengths, as from a pipe."""
    for at in range(0, len(data), 1001):
        yield M["AudioChunk"](audio_data=data[at : at + 1001], dtype="int16", sample_rate=rate, channels=1)


open_calls = set()
cancelled = []


def stream_audio(request, context):
    key = object()
    open_calls.add(key)
    ended = []

    def over():
        open_calls.discard(key)
        if not ended:
            cancelled.append(request.prompt)

    context.add_callback(over)
    yield from answer(request, context)
    ended.append(True)


def answer(request, context):
    response = M["StreamResponse"]
    if not UUID4.match(request.session_id) or not request.hardware_id:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "session_id and hardware_id are required")
    if request.prompt == "refuse":
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "come back tomorrow")
    if request.prompt == "break off":
        yield response(text_chunk="Half of it")
        context.abort(grpc.StatusCode.INTERNAL, "the voice was lost")
    if request.prompt == "say nothing":
        time.sleep(0.01)
        while context.is_active():
            time.sleep(0.01)
        return
    if request.prompt == "count":
        yield response(text_chunk="%d open, %d cancelled" % (len(open_calls) - 1, len(cancelled)))
        yield response(end_message="done")
        return
    yield response(text_chunk="Грüß ")
    yield response(text_chunk="dich: " + request.prompt)
    for chunk in pieces(tone(22050, 300), 22050):
        yield response(audio_chunk=chunk)
    yield response(action_message=M["ActionMessage"](action_json='{"command": "nod", "args": [1]}'))
    yield response(end_message="done")


def welcome(request, context):
    response = M["WelcomeResponse"]
    yield response(metadata=M["WelcomeMetadata"](method="tone", sample_rate=16000))
    for chunk in pieces(tone(16000, 200), 16000):
        yield response(audio_chunk=chunk)
    yield response(end_message="done")


def interrupt(request, context):
    return M["InterruptResponse"](success=request.hardware_id != "", message="interrupted")


def usage(request, context):
    return M["UsageResponse"](success=True, message="%d tokens" % request.input_tokens)


def handler(kind, body, request, response):
    return kind(body, request_deserializer=M[request].FromString, response_serializer=M[response].SerializeToString)


def main():
    unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    methods = {
        "StreamAudio": handler(stream, stream_audio, "StreamRequest", "StreamResponse"),
        "GenerateWelcomeAudio": handler(stream, welcome, "WelcomeRequest", "WelcomeResponse"),
        "InterruptSession": handler(unary, interrupt, "InterruptRequest", "InterruptResponse"),
        "ReportUsage": handler(unary, usage, "UsageRequest", "UsageResponse"),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("streaming.StreamingService", methods),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(None)


main()
