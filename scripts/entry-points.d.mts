export declare const subpaths: readonly string[];
export declare function entryPoints(): Record<string, string>;
