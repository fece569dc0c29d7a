export declare const subpaths: readonly string[];
export declare const commands: readonly (readonly [name: string, path: string])[];
export declare const programs: readonly string[];
export declare function entryPoints(): Record<string, string>;
