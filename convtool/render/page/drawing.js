// The step that is seen as an SVG: each cell and each text of it, where it stands on the page.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 16;
const NO_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/** Cells, captions and sums of a part of the page as the text of an SVG, under a title. */
export function drawingOf(part, title) {
  const box = part.getBoundingClientRect();
  const root = getComputedStyle(document.documentElement);
  const color = (name) => root.getPropertyValue(`--${name}`).trim();
  const above = 2 * MARGIN;
  const [width, height] = [box.width + 2 * MARGIN, box.height + above + 2 * MARGIN];
  const svg = shape("svg", { xmlns: SVG, version: "1.1", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "sans-serif" });
  const [left, top] = [MARGIN - box.left, MARGIN + above - box.top];
  const seenIn = (selector) => [...part.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  svg.append(shape("title", {}, title), shape("rect", { width, height, fill: color("paper") }));
  svg.append(shape("text", { x: MARGIN, y: MARGIN + 16, "font-size": 16, "font-weight": 700, fill: color("ink") }, title));
  const cells = seenIn("td");
  for (const cell of cells) svg.append(...cellShapes(cell, left, top, color));
  for (const one of cells.filter((cell) => cell.matches(".lit, .followed"))) {
    svg.append(shape("rect", { ...boxOf(one, left, top), fill: "none", stroke: color("mark"), "stroke-width": 3 }));
  }
  for (const one of seenIn("figcaption, .sign, dt, dd")) svg.append(textShape(one, left, top));
  return new XMLSerializer().serializeToString(svg);
}

function shape(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (key !== "xmlns") made.setAttribute(key, String(value));
  made.textContent = text.replaceAll(NO_XML, "");
  return made;
}

function boxOf(element, left, top) {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x: toHundredths(x + left), y: toHundredths(y + top), width: toHundredths(width), height: toHundredths(height) };
}

function toHundredths(value) {
  return Math.round(100 * value) / 100;
}

function cellShapes(cell, left, top, color) {
  const { x, y, width, height } = boxOf(cell, left, top);
  const style = getComputedStyle(cell);
  const opacity = Number(style.opacity);
  const shapes = [shape("rect", { x, y, width, height, fill: cell.style.backgroundColor || "none", stroke: color("line"), opacity })];
  if (cell.classList.contains("made")) {
    const lines = [`M${x} ${y + height / 2}L${x + width / 2} ${y}`, `M${x} ${y + height}L${x + width} ${y}`, `M${x + width / 2} ${y + height}L${x + width} ${y + height / 2}`];
    shapes.push(shape("path", { d: lines.join(""), stroke: color("hatch"), "stroke-width": 0.7, fill: "none", opacity }));
  }
  const size = Number.parseFloat(style.fontSize);
  const text = cell.querySelector("input")?.value ?? cell.textContent;
  const middle = { x: toHundredths(x + width / 2), y: toHundredths(y + height / 2 + 0.35 * size) };
  shapes.push(shape("text", { ...middle, "font-size": size, "text-anchor": "middle", fill: style.color, opacity }, text));
  return shapes;
}

function textShape(element, left, top) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const box = range.getBoundingClientRect();
  const style = getComputedStyle(element);
  const size = Number.parseFloat(style.fontSize);
  const at = { x: toHundredths(box.left + left), y: toHundredths(box.top + box.height / 2 + 0.35 * size + top) };
  return shape("text", { ...at, "font-size": size, "font-weight": style.fontWeight, fill: style.color }, element.textContent);
}
