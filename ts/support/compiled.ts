// Where the driver's own JavaScript stands, once it was compiled and started (scripts/legacy-llm.mjs).
let folder: string | undefined;

export function setCompiled(own: string): void {
  folder = own;
}

export function ownCompiled(): string | undefined {
  return folder;
}
