export declare const subpaths: readonly string[];
export declare const commands: readonly (readonly [name: string, path: string])[];
export declare const programs: readonly string[];
export declare const demoPrograms: Readonly<Record<string, string>>;
export declare const demoFiles: Readonly<Record<string, string>>;
export declare function entryPoints(): Record<string, string>;
