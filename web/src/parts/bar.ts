// A bar of memory: parts as wide as their bytes. Those of a plan have colours that change from one end to the
// other; those of a machine have the colour of what they are, and what is free has none.

export type Use = 'system' | 'training' | 'free';

// A part of a plan; place: where its colour stands, 0 to 1.
export function barPart(bytes: number, place: number): HTMLElement {
  const part = wideAs(bytes);
  part.style.setProperty('--place', String(place));
  return part;
}

// A part of a machine's memory.
export function usedPart(bytes: number, use: Use): HTMLElement {
  const part = wideAs(bytes);
  part.className = use;
  return part;
}

function wideAs(bytes: number): HTMLElement {
  const part = document.createElement('span');
  part.style.setProperty('--bytes', String(Math.max(0, bytes)));
  return part;
}
