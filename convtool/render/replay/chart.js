// Curves over the number of steps, drawn as SVG.

const [LEFT, RIGHT, TOP, BOTTOM] = [56, 14, 10, 40];
const LEAST_GAP = 26;

/** @typedef {{low: number, high: number, log: boolean}} Scale */

/** A chart with steps along it, logarithmic from 0 to `last`. */
export class Chart {
  /** @param {SVGElement} svg */
  constructor(svg) {
    this.svg = svg;
  }

  /** Draw the axes and the curves.
   * @param {{last: number, scale: Scale, axis: string, curves: {kind: string, points: [number, number][]}[],
   *   floor?: {value: number, name: string}}} plot */
  lay(plot) {
    this.plot = plot;
    this.width = Math.max(this.svg.clientWidth, 200);
    this.height = Math.max(this.svg.clientHeight, 120);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.replaceChildren();
    this.drawSteps();
    this.drawValues();
    if (plot.floor) this.drawFloor(plot.floor);
    for (const { kind, points } of plot.curves) {
      const places = points.map(([step, value]) => `${this.x(step).toFixed(1)},${this.y(value).toFixed(1)}`);
      this.draw("polyline", { class: kind, points: places.join(" ") });
    }
    this.line = this.draw("line", { class: "now", y1: TOP, y2: this.height - BOTTOM });
    this.dots = plot.curves.map(() => this.draw("circle", { class: "dot", r: plot.curves.length > 1 ? 3.5 : 5 }));
  }

  /** Mark a step, or the end, with the values of the curves there. */
  mark(step, values) {
    const x = this.x(step);
    this.line.setAttribute("x1", x);
    this.line.setAttribute("x2", x);
    this.dots.forEach((dot, i) => {
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", this.y(values[i]));
    });
  }

  /** The number of steps under a pointer. */
  under(event) {
    const box = this.svg.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    return 10 ** (Math.min(Math.max(share, 0), 1) * Math.log10(1 + this.plot.last)) - 1;
  }

  x(step) {
    return LEFT + (Math.log10(1 + step) / Math.log10(1 + this.plot.last)) * (this.width - LEFT - RIGHT);
  }

  y(value) {
    const { low, high, log } = this.plot.scale;
    const of = (one) => (log ? Math.log10(one) : one);
    const share = (of(Math.min(Math.max(value, low), high)) - of(low)) / (of(high) - of(low));
    return this.height - BOTTOM - share * (this.height - TOP - BOTTOM);
  }

  drawSteps() {
    const ticks = [0];
    for (let step = 1; step <= this.plot.last; step *= 10) ticks.push(step);
    for (const step of ticks) {
      const x = this.x(step);
      this.draw("line", { class: "grid", x1: x, x2: x, y1: TOP, y2: this.height - BOTTOM });
      this.write(step < 10000 ? String(step) : power(step), { x, y: this.height - BOTTOM + 16, "text-anchor": "middle" });
    }
    this.write(this.plot.axis, { x: (LEFT + this.width - RIGHT) / 2, y: this.height - 6, "text-anchor": "middle" });
  }

  drawValues() {
    const { scale } = this.plot;
    const most = Math.max(Math.floor((this.height - TOP - BOTTOM) / LEAST_GAP), 2);
    for (const value of scale.log ? decades(scale, most) : rounds(scale, most)) {
      const y = this.y(value);
      this.draw("line", { class: "grid", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y });
      this.write(scale.log ? power(value) : String(value), { x: LEFT - 8, y: y + 4, "text-anchor": "end" });
    }
  }

  drawFloor({ value, name }) {
    const y = this.y(value);
    this.draw("line", { class: "floor", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y });
    this.write(name, { class: "named", x: LEFT + 8, y: y - 6 });
  }

  draw(tag, attributes) {
    const made = document.createElementNS(this.svg.namespaceURI, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
    this.svg.append(made);
    return made;
  }

  write(text, attributes) {
    this.draw("text", attributes).textContent = text;
  }
}

/** The powers of ten of a scale, at most so many of them. */
function decades({ low, high }, most) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const gap = Math.max(Math.ceil((last - first) / most), 1);
  return Array.from({ length: Math.floor((last - first) / gap) + 1 }, (_, i) => 10 ** (last - i * gap));
}

/** Round numbers of a scale, at most so many of them. */
function rounds({ low, high }, most) {
  const gap = roundUp((high - low) / most);
  const first = Math.ceil(low / gap);
  return Array.from({ length: Math.floor(high / gap) - first + 1 }, (_, i) => Number(((first + i) * gap).toPrecision(6)));
}

/** The next of 1, 2, 5, 10, 20, ... from a number on. */
export function roundUp(number) {
  const unit = 10 ** Math.floor(Math.log10(number));
  return unit * ([1, 2, 5].find((one) => one * unit >= number * (1 - 1e-9)) ?? 10);
}

/** A power of ten, with its exponent raised. */
export function power(value) {
  const exponent = Math.round(Math.log10(value));
  if (exponent >= -2 && exponent <= 3) return String(Number((10 ** exponent).toPrecision(1)));
  return `10${String(exponent).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])}`;
}
