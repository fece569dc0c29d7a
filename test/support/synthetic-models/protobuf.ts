/** Writes the wire format of Protocol Buffers: as much of it as a model file needs. */
export interface MessageWriter {
  varint(field: number, value: number): MessageWriter;
  float(field: number, value: number): MessageWriter;
  bytes(field: number, value: Uint8Array): MessageWriter;
  text(field: number, value: string): MessageWriter;
  message(field: number, value: MessageWriter): MessageWriter;
  toBytes(): Uint8Array;
}

const wireType = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

export function messageWriter(): MessageWriter {
  const parts: Uint8Array[] = [];
  const key = (field: number, type: number) => parts.push(encodeVarint(field * 8 + type));
  const writer: MessageWriter = {
    varint(field, value) {
      key(field, wireType.varint);
      parts.push(encodeVarint(value));
      return writer;
    },
    float(field, value) {
      key(field, wireType.fixed32);
      parts.push(new Uint8Array(new Float32Array([value]).buffer));
      return writer;
    },
    bytes(field, value) {
      key(field, wireType.lengthDelimited);
      parts.push(encodeVarint(value.length), value);
      return writer;
    },
    text: (field, value) => writer.bytes(field, new TextEncoder().encode(value)),
    message: (field, value) => writer.bytes(field, value.toBytes()),
    toBytes: () => Buffer.concat(parts),
  };
  return writer;
}

/** Negative numbers take ten bytes, as two's complement of 64 bits. */
function encodeVarint(value: number): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}
