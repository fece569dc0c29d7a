/** How a short program ended. */
export type ProgramAnswer =
  | { readonly type: 'exited'; readonly code: number; readonly output: string }
  | { readonly type: 'missing' }
  | { readonly type: 'failed'; readonly why: string };

/** A file system. */
export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Whether this account may write there. */
  readonly isWritable: boolean;
}

/** What a hub of models says to being asked: the status of its answer, or why there was none. */
export type HubAnswer = { readonly status: number } | { readonly why: string };

/** What the checks see of a machine; a test plays another one. Nothing here throws or rejects. */
export interface Machine {
  /** As `process.platform` has it. */
  readonly platform: string;
  /** As `process.arch` has it. */
  readonly arch: string;
  /** Without a `v`. */
  readonly nodeVersion: string;
  /** Of the kernel. */
  readonly release: string;
  readonly env: NodeJS.ProcessEnv;
  /** The text of a small file, such as those of /proc and /sys; null where it cannot be read. */
  readText(path: string): Promise<string | null>;
  /** Names in a folder; none where it cannot be read. */
  list(path: string): Promise<readonly string[]>;
  /** Where a program is that is called by its name or path; null where it is not. */
  findProgram(name: string): Promise<string | null>;
  /** Run a short program. It is killed when `signal` says so, and after 3 s. */
  run(program: string, args: readonly string[], signal: AbortSignal): Promise<ProgramAnswer>;
  /** The version of a package that earshot would load; null where there is none. */
  findPackage(name: string): Promise<string | null>;
  /** The space where a folder is, or is to be; null where nobody tells. */
  diskSpace(folder: string): Promise<DiskSpace | null>;
  /** Ask for a file without its content. Given up when `signal` says so, and after 5 s. */
  askHub(url: string, signal: AbortSignal): Promise<HubAnswer>;
  /** The time of day. Units: ms since 1970. */
  wallMs(): number;
  /** A clock that nobody sets. Units: ms. */
  steadyMs(): number;
}
