// A style sheet that is no inline style: what ts/web/xterm_styles.ts gives xterm.js instead of a <style>
// element, to write its rules into.

// An element that shows nothing. Its text becomes the rules of a style sheet of the page.
export function adoptedStyle(): HTMLElement {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  const place = document.createElement('template');
  Object.defineProperty(place, 'textContent', { set: (rules: string) => sheet.replaceSync(rules) });
  return place;
}
