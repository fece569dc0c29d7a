import { type WasmMemory, type WasmModule, webAssembly } from './web-assembly.js';

/** What a program left behind. */
export interface WasiRun {
  readonly exitCode: number;
  /** What it wrote to its standard output and error. */
  readonly said: string;
  /** The files that it wrote, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What WASI preview 1 calls its failures, as far as we have any. */
const errno = { ok: 0, badFile: 8, invalid: 28, notThere: 44, noSpace: 51, noSeek: 70 } as const;
const fileType = { terminal: 2, folder: 3, file: 4 } as const;
/** The first descriptor after the standard three: the folder that holds all files. */
const rootFd = 3;
/** What it says is for error messages. Units: characters. */
const mostSaid = 10_000;

class ProcessExit {
  readonly code: number;
  constructor(code: number) {
    this.code = code;
  }
}

interface MemoryFile {
  readonly path: string;
  bytes: Uint8Array;
  length: number;
}

/**
 * Run a command-line program that was compiled for WASI, in memory: it sees its arguments, an empty folder and nothing else.
 *
 * Node's own `node:wasi` prints a warning that it is experimental, and gives a program real folders only.
 *
 * @param mostBytes - of a file; there is no space for more. @defaultValue ten minutes of 16-bit speech at 16 kHz
 * @throws whatever the program dies of, such as `WebAssembly.RuntimeError`.
 */
export function runInMemory(module: WasmModule, args: readonly string[], mostBytes = 20_000_000): WasiRun {
  const files = new Map<string, MemoryFile>();
  const open = new Map<number, { readonly file: MemoryFile; at: number }>();
  const argBytes = args.map((arg) => new TextEncoder().encode(`${arg}\0`));
  const decoder = new TextDecoder();
  let nextFd = rootFd + 1;
  let said = '';
  let memory: WasmMemory | undefined;

  // The memory's buffer is another one each time it has grown.
  const view = (): DataView => new DataView((memory as WasmMemory).buffer);
  const bytesAt = (at: number, length: number): Uint8Array =>
    new Uint8Array((memory as WasmMemory).buffer, at, length);
  const putWord = (at: number, value: number): void => view().setUint32(at, value, true);
  const putLong = (at: number, value: bigint): void => view().setBigUint64(at, value, true);
  const isStandard = (fd: number): boolean => fd >= 0 && fd < rootFd;

  /** The pieces of memory that a read or a write is about. */
  function* pieces(iovs: number, count: number): Generator<Uint8Array> {
    for (let index = 0; index < count; index++) {
      const at = iovs + 8 * index;
      yield bytesAt(view().getUint32(at, true), view().getUint32(at + 4, true));
    }
  }
  function append(to: { readonly file: MemoryFile; at: number }, piece: Uint8Array): boolean {
    const { file } = to;
    const end = to.at + piece.length;
    if (end > mostBytes) return false;
    if (end > file.bytes.length) {
      const larger = new Uint8Array(Math.min(mostBytes, Math.max(end, 65_536, 2 * file.bytes.length)));
      larger.set(file.bytes.subarray(0, file.length));
      file.bytes = larger;
    }
    file.bytes.set(piece, to.at);
    to.at = end;
    file.length = Math.max(file.length, end);
    return true;
  }

  const imports = {
    args_sizes_get(countAt: number, sizeAt: number) {
      putWord(countAt, argBytes.length);
      putWord(
        sizeAt,
        argBytes.reduce((size, arg) => size + arg.length, 0),
      );
      return errno.ok;
    },
    args_get(listAt: number, bytesFrom: number) {
      let at = bytesFrom;
      for (const [index, arg] of argBytes.entries()) {
        putWord(listAt + 4 * index, at);
        bytesAt(at, arg.length).set(arg);
        at += arg.length;
      }
      return errno.ok;
    },
    // Speech does not depend on the time of day: the same text is to sound the same.
    clock_time_get(_id: number, _precision: bigint, at: number) {
      putLong(at, 0n);
      return errno.ok;
    },
    fd_close: (fd: number) => (open.delete(fd) || fd <= rootFd ? errno.ok : errno.badFile),
    fd_fdstat_get(fd: number, at: number) {
      if (!isStandard(fd) && fd !== rootFd && !open.has(fd)) return errno.badFile;
      bytesAt(at, 24).fill(0);
      view().setUint8(
        at,
        isStandard(fd) ? fileType.terminal : fd === rootFd ? fileType.folder : fileType.file,
      );
      putLong(at + 8, 0xffff_ffff_ffff_ffffn);
      putLong(at + 16, 0xffff_ffff_ffff_ffffn);
      return errno.ok;
    },
    fd_fdstat_set_flags: () => errno.ok,
    fd_prestat_get(fd: number, at: number) {
      if (fd !== rootFd) return errno.badFile;
      putWord(at, 0);
      putWord(at + 4, 1);
      return errno.ok;
    },
    fd_prestat_dir_name(fd: number, at: number, length: number) {
      if (fd !== rootFd || length < 1) return errno.badFile;
      bytesAt(at, 1).set([0x2f]);
      return errno.ok;
    },
    fd_read(fd: number, iovs: number, count: number, readAt: number) {
      const from = open.get(fd);
      if (!from && !isStandard(fd)) return errno.badFile;
      let read = 0;
      for (const piece of from ? pieces(iovs, count) : []) {
        const { file, at } = from as { readonly file: MemoryFile; at: number };
        const part = file.bytes.subarray(at, Math.min(file.length, at + piece.length));
        piece.set(part);
        (from as { at: number }).at += part.length;
        read += part.length;
      }
      putWord(readAt, read);
      return errno.ok;
    },
    fd_seek(fd: number, offset: bigint, whence: number, at: number) {
      const target = open.get(fd);
      if (!target) return isStandard(fd) ? errno.noSeek : errno.badFile;
      const from = [0, target.at, target.file.length][whence];
      if (from === undefined || from + Number(offset) < 0) return errno.invalid;
      target.at = from + Number(offset);
      putLong(at, BigInt(target.at));
      return errno.ok;
    },
    fd_write(fd: number, iovs: number, count: number, writtenAt: number) {
      const to = open.get(fd);
      if (!to && !isStandard(fd)) return errno.badFile;
      let written = 0;
      for (const piece of pieces(iovs, count)) {
        if (to) {
          if (!append(to, piece)) return errno.noSpace;
        } else if (said.length < mostSaid) said += decoder.decode(piece);
        written += piece.length;
      }
      putWord(writtenAt, written);
      return errno.ok;
    },
    path_open(
      _folder: number,
      _lookup: number,
      pathAt: number,
      pathLength: number,
      flags: number,
      _rights: bigint,
      _inheriting: bigint,
      _fdFlags: number,
      fdAt: number,
    ) {
      const [mayCreate, truncates] = [(flags & 1) !== 0, (flags & 8) !== 0];
      const path = decoder.decode(bytesAt(pathAt, pathLength));
      const file = files.get(path) ?? (mayCreate ? { path, bytes: new Uint8Array(0), length: 0 } : undefined);
      if (!file) return errno.notThere;
      if (truncates) file.length = 0;
      files.set(path, file);
      open.set(nextFd, { file, at: 0 });
      putWord(fdAt, nextFd++);
      return errno.ok;
    },
    proc_exit(code: number) {
      throw new ProcessExit(code);
    },
  };

  const { exports } = new webAssembly.Instance(module, { wasi_snapshot_preview1: imports });
  memory = exports['memory'] as WasmMemory;
  let exitCode = 0;
  try {
    (exports['_start'] as () => void)();
  } catch (thrown) {
    if (!(thrown instanceof ProcessExit)) throw thrown;
    exitCode = thrown.code;
  }
  return {
    exitCode,
    said,
    files: new Map([...files.values()].map(({ path, bytes, length }) => [path, bytes.subarray(0, length)])),
  };
}
