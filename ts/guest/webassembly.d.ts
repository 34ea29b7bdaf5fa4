// The part of the WebAssembly global that the emulator host uses. TypeScript keeps these types in
// its browser library, which would let browser-only names pass in a Node program.
declare namespace WebAssembly {
  type ImportValue = unknown;
  type ModuleImports = Record<string, ImportValue>;
  type Imports = Record<string, ModuleImports>;
  type Exports = Record<string, unknown>;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Table {
    set(index: number, value: unknown): void;
  }
}
