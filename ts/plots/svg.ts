// Observable Plot without a browser: marks in, a file that stands alone out.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { FONT_SIZE } from './labels.ts';

// The colour of what is in both tables, and of text.
export const BLACK = '#222222';
// The colour of what explains.
export const GREY = '#666666';

// Fill colours that differ in lightness too.
export const PALETTE = [
  ...['#1f6fb4', '#d9730d', '#2e8b57', '#b5338a', '#7a5195'],
  ...['#8c564b', '#c0392b', '#0f8b8d', '#9a7d0a', '#4b5d67'],
];

// The margins and sizes that the plots share.
export const FRAME = { width: 860, height: 520, marginTop: 76, marginBottom: 48, marginLeft: 64 };

const FONT = {
  fontSize: `${FONT_SIZE}px`,
  fontFamily: 'DejaVu Sans, Verdana, Helvetica, sans-serif',
};

// A plot as an SVG file: namespace, font and a white ground.
export function svgText(options: Plot.PlotOptions): string {
  const { svg, document } = drawn(options, { ...FONT, color: BLACK });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const name of ['width', 'height']) ground.setAttribute(name, '100%');
  ground.setAttribute('fill', 'white');
  svg.insertBefore(ground, svg.firstChild);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg.outerHTML}\n`;
}

// A plot as a part of a page: its font, its colour of text and no ground of its own.
export function svgInline(options: Plot.PlotOptions): string {
  const style = { fontSize: FONT.fontSize, fontFamily: 'inherit', color: 'currentColor' };
  return drawn(options, { ...style, background: 'none' }).svg.outerHTML;
}

// A plot with its place in a picture of several.
export interface PlacedPlot {
  x: number;
  y: number;
  plot: Plot.PlotOptions;
}

// A name and a line in its colour; y is the middle of both.
export interface LegendEntry {
  x: number;
  y: number;
  label: string;
  colour: string;
}

// Ground and text follow what the viewer asks for; a viewer without a wish gets light.
const LOOKS = `
.picture { color: #222222; fill: currentColor; } .ground { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  .picture { color: #e4e4e4; } .ground { fill: #16191d; }
}`;

// Several plots as one SVG file that is made for a light and for a dark ground, with a title and a
// legend above.
export function panelsText(
  { width, height }: { width: number; height: number },
  title: string,
  legend: readonly LegendEntry[],
  panels: readonly PlacedPlot[],
): string {
  const font = `font-size="${FONT.fontSize}" font-family="${FONT.fontFamily}"`;
  const names = legend.map(({ x, y, label, colour }) => {
    const line = `<line x1="${x}" x2="${x + 20}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="3"/>`;
    return `${line}<text x="${x + 26}" y="${y + 4}">${escaped(label)}</text>`;
  });
  const plots = panels.map(({ x, y, plot }) => {
    const style = { fontSize: FONT.fontSize, fontFamily: FONT.fontFamily, background: 'none' };
    const { svg } = drawn(plot, { ...style, color: 'inherit' });
    svg.setAttribute('x', String(x));
    svg.setAttribute('y', String(y));
    return svg.outerHTML;
  });
  const fits = 'style="max-width: 100%; height: auto"';
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${fits}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} class="picture" ${font}>`,
    `<style>${LOOKS}</style>`,
    '<rect class="ground" width="100%" height="100%"/>',
    `<text x="24" y="26" font-size="${FONT_SIZE + 3}px" font-weight="bold">${escaped(title)}</text>`,
    ...names,
    ...plots,
    '</svg>\n',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function drawn(options: Plot.PlotOptions, style: Record<string, string>) {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const more = { document: document as never, className: 'plot', style };
  const svg = Plot.plot({ ...FRAME, ...options, ...more }) as unknown as Element;
  return { svg, document };
}

interface Element {
  setAttribute(name: string, value: string): void;
  insertBefore(node: unknown, before: unknown): void;
  firstChild: unknown;
  outerHTML: string;
}

// A title, a line under it, and what the y axis shows.
export function heading(title: string, under: string, axis: string): Plot.Markish[] {
  const place = { frameAnchor: 'top-left', textAnchor: 'start' } as const;
  return [
    Plot.text([title], { ...place, dy: -62, fontSize: FONT_SIZE + 3, fontWeight: 'bold' }),
    Plot.text([under], { ...place, dy: -42, fill: GREY }),
    Plot.text([`↑ ${axis}`], { ...place, dy: -20, dx: -40 }),
  ];
}
