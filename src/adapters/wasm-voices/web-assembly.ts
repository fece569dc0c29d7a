/** A compiled program. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

/** Memory of a program that runs. */
export interface WasmMemory {
  /** Another one each time it has grown. */
  readonly buffer: ArrayBuffer;
}

interface WebAssemblyApi {
  compile(bytes: Uint8Array): Promise<WasmModule>;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, object>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
}

/** The part of `WebAssembly` that we use: the types of Node 20 leave it out. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
