// A bar of memory: parts as wide as their bytes, in colours that change from one end to the other.

// A part; place: where its colour stands, 0 to 1.
export function barPart(bytes: number, place: number): HTMLElement {
  const part = document.createElement('span');
  part.style.setProperty('--bytes', String(bytes));
  part.style.setProperty('--place', String(place));
  return part;
}
