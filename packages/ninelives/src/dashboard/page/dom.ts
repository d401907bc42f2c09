export type Child = Node | string | null;

/** An element with text and children. Everything is text: nothing of a service is ever read as markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: { [name: string]: string | null } = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg(
  tag: string,
  attributes: { [name: string]: string | number },
  ...children: Child[]
): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The element of the page with this id: index.html has it, or this is a bug. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no #${id} in the page`);
  return element;
}

/** Draws a part anew only when what it shows has changed, so that a selection, a focus or an open fold stays. */
export function createPart<T>(id: string, draw: (value: T) => Child[]): (value: T) => void {
  const element = byId(id);
  let shown = '';
  return (value) => {
    const text = JSON.stringify(value);
    if (text === shown) return;
    shown = text;
    element.replaceChildren(...draw(value).filter((child) => child !== null));
  };
}
