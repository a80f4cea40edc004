// Elements of the document.

/** The element with an id. */
export const $ = (id) => /** @type {any} */ (document.getElementById(id));

/** Give an element a text; one that it has already costs no layout. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
