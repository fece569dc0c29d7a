/** One thing that the program writes. */
export interface WasiWrite {
  /** A file in its folder; undefined is the standard output. */
  readonly file?: string;
  readonly bytes: Uint8Array | string;
}

type Code = readonly number[];
const i32 = 0x7f;
const i64 = 0x7e;

/** An integer as WebAssembly writes them: seven bits to a byte, with its sign. */
function integer(value: number): Code {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 0x7f;
    const isLast = (rest >> 7 === 0 && (low & 0x40) === 0) || (rest >> 7 === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}
function count(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}
const list = (items: readonly Code[]): Code => [...count(items.length), ...items.flat()];
const text = (value: string): Code => list([...new TextEncoder().encode(value)].map((byte) => [byte]));
const section = (id: number, content: Code): Code => [id, ...count(content.length), ...content];
const type = (takes: Code, gives: Code): Code => [
  0x60,
  ...list(takes.map((t) => [t])),
  ...list(gives.map((t) => [t])),
];
const number = (value: number): Code => [0x41, ...integer(value)];
const long = (value: number): Code => [0x42, ...integer(value)];
const load = (at: number): Code => [...number(at), 0x28, 2, 0];
const drop = 0x1a;

/** What it imports, with its types, in the order of their numbers. */
const imports = {
  fd_write: type([i32, i32, i32, i32], [i32]),
  path_open: type([i32, i32, i32, i32, i32, i64, i64, i32, i32], [i32]),
  fd_close: type([i32], [i32]),
  args_sizes_get: type([i32, i32], [i32]),
  args_get: type([i32, i32], [i32]),
  proc_exit: type([i32], []),
} as const;
const names = Object.keys(imports) as readonly (keyof typeof imports)[];
const call = (name: keyof typeof imports): Code => [0x10, names.indexOf(name)];

/** Places in its memory: a vector for writing, what calls give back, the arguments, and the data. */
const at = {
  vector: 0,
  length: 4,
  given: 8,
  fd: 12,
  argCount: 16,
  argList: 64,
  args: 4096,
  data: 65_536,
} as const;

/**
 * A program for WASI that writes its arguments, each ended by a zero, and then `writes`, and exits with `exitCode`: assembled here, byte
 * by byte, so that what runs real programs can be tested without one.
 */
export function wasiProgram(writes: readonly WasiWrite[], exitCode = 0): Uint8Array {
  const data: number[] = [];
  const place = (bytes: Uint8Array | string): { readonly from: number; readonly length: number } => {
    const added = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
    const from = at.data + data.length;
    for (const byte of added) data.push(byte);
    return { from, length: added.length };
  };
  const store = (where: number, value: Code): Code => [...number(where), ...value, 0x36, 2, 0];
  const write = (fd: Code): Code => [
    ...fd,
    ...number(at.vector),
    ...number(1),
    ...number(at.given),
    ...call('fd_write'),
    drop,
  ];
  const code: Code = [
    ...[...number(at.argCount), ...number(at.length), ...call('args_sizes_get'), drop],
    ...[...number(at.argList), ...number(at.args), ...call('args_get'), drop],
    ...store(at.vector, number(at.args)),
    ...write(number(1)),
    ...writes.flatMap(({ file, bytes }) => {
      const content = place(bytes);
      const vector = [...store(at.vector, number(content.from)), ...store(at.length, number(content.length))];
      if (file === undefined) return [...vector, ...write(number(1))];
      const path = place(file);
      const createAndTruncate = 1 | 8;
      return [
        ...[
          ...number(3),
          ...number(0),
          ...number(path.from),
          ...number(path.length),
          ...number(createAndTruncate),
        ],
        ...[...long(-1), ...long(-1), ...number(0), ...number(at.fd), ...call('path_open'), drop],
        ...[...vector, ...write(load(at.fd)), ...load(at.fd), ...call('fd_close'), drop],
      ];
    }),
    ...[...number(exitCode), ...call('proc_exit'), 0x0b],
  ];
  const pages = Math.ceil((at.data + data.length) / 65_536) + 1;
  const functionCount = names.length;
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([...names.map((name) => imports[name]), type([], [])])),
    ...section(
      2,
      list(names.map((name, index) => [...text('wasi_snapshot_preview1'), ...text(name), 0, index])),
    ),
    ...section(3, list([[functionCount]])),
    ...section(5, list([[0, ...count(pages)]])),
    ...section(
      7,
      list([
        [...text('memory'), 2, 0],
        [...text('_start'), 0, functionCount],
      ]),
    ),
    ...section(10, list([[...count(code.length + 1), 0, ...code]])),
    ...section(11, list([[0, ...number(at.data), 0x0b, ...list(data.map((byte) => [byte]))]])),
  ]);
}
