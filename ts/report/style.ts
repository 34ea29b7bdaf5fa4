// The looks of index.html, light and dark.

// The style sheet of the page.
export const STYLE = `:root {
  --ground: #ffffff; --ink: #1d2126; --soft: #5b6570; --line: #d9dee3; --stripe: #f5f7f9;
  --alarm: #b3261e; --alarm-ground: #fdecea;
  --series-1: #1f6fb4; --series-2: #d9730d; --series-3: #2e8b57;
  --series-4: #b5338a; --series-5: #7a5195; --series-6: #8c564b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --ink: #e4e8ec; --soft: #9aa5b1; --line: #343b43; --stripe: #1b2026;
    --alarm: #ffb4ab; --alarm-ground: #4a1512;
    --series-1: #6cb2f0; --series-2: #f5a352; --series-3: #63c48d;
    --series-4: #e57fc2; --series-5: #b794d6; --series-6: #c99a8f;
  }
}
body {
  margin: 0 auto; padding: 1.5rem; max-width: 64rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, 'Segoe UI', 'DejaVu Sans', Verdana, sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); }
p { max-width: 46rem; }
a { color: var(--series-1); }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .9rem; }
.sized { container-type: inline-size; margin: .8rem 0; }
.wide { overflow-x: auto; }
.scrolls { display: none; margin: 0; color: var(--soft); font-size: .8rem; }
table { border-collapse: collapse; font-size: .85rem; overflow-wrap: break-word; }
th, td { padding: .25rem .5rem; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid var(--line); font-weight: 600; vertical-align: bottom; }
tbody tr:nth-child(odd) { background: var(--stripe); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number, .line, .flag { white-space: nowrap; }
.long { overflow-wrap: anywhere; }
th span { color: var(--soft); font-weight: normal; }
th .modelled { font-style: italic; }
figure { margin: 1rem 0; }
figcaption { font-weight: 600; }
figure svg { max-width: 100%; height: auto; }
.narrow { display: none; }
.axis { margin: 0; max-width: 820px; text-align: center; font-size: .8rem; color: var(--soft); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .85rem; }
.legend i {
  display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px;
}
.alarm {
  border-left: .4rem solid var(--alarm); background: var(--alarm-ground); color: var(--alarm);
  padding: .5rem .8rem; font-weight: 600; max-width: none;
}
@media (max-width: 40rem) {
  body { padding: 1rem; }
  .broad { display: none; }
  .narrow { display: block; }
  .axis { max-width: 350px; }
}
`;
