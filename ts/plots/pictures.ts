// What tells the pictures that we draw (svg.ts) from those of others, by how the files begin.
const BEGINNING =
  '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" ';
const OURS = /^(style="font-size:\d+px;font-family:DejaVu Sans, Verdana|[^>]* class="picture" )/;

// Whether a file that begins so was drawn by us.
export function isOurPicture(head: string): boolean {
  return head.startsWith(BEGINNING) && OURS.test(head.slice(BEGINNING.length));
}
