// Files into the page, by a button or a drop, and out of it.
import { button, find, input } from './dom.ts';
import { type OpenedFile, read } from './opened.ts';

// Takes a file that is being read, and says so where it cannot be.
type Take = (file: Promise<OpenedFile>) => void;

// Connects a button with the file field beside it.
export function onChosen(buttonName: string, fieldName: string, take: Take): void {
  const field = input(fieldName);
  button(buttonName).addEventListener('click', () => field.click());
  field.addEventListener('change', () => {
    const [file] = field.files ?? [];
    field.value = ''; // so that the same file can be chosen again
    if (file) take(read(file));
  });
}

// Takes a file that is dropped on an element.
export function onDropped(place: string, take: Take): void {
  const area = find(place, HTMLElement);
  area.addEventListener('dragover', (event) => {
    event.preventDefault();
    area.classList.add('over');
  });
  area.addEventListener('dragleave', () => area.classList.remove('over'));
  area.addEventListener('drop', (event) => {
    event.preventDefault();
    area.classList.remove('over');
    const [file] = event.dataTransfer?.files ?? [];
    if (file) take(read(file));
  });
}

// A file of the site itself.
export async function download(url: string, name: string): Promise<OpenedFile> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${name} did not load: the server answers ${response.status}`);
  return { name, bytes: new Uint8Array(await response.arrayBuffer()) };
}

// Hands a file to the person.
export function save({ name, bytes }: OpenedFile): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
