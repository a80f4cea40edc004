// A grid of numbers on a canvas.

import { sourceOf } from "./windows.js";
import { colorOf, css, inkOn, numeral } from "./cells.js";

const LARGEST_CELL = 48;
const LEAST_WITH_NUMBER = 26;
const SMALLEST_LETTER = 10;
const LARGEST_LETTER = 13;

/** How wide a digit is, and how high a line, in sizes of the letters. */
const WIDTH = 0.64;

const HEIGHT = 1.1;
const EDGE = 4;

/** A number as short as a cell needs it: whole ones in full, others to four digits, small ones to fewer. */
export function brief(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) || !Number.isFinite(value)) return numeral(value);
  if (size < 1e-3) return value.toExponential(1);
  return numeral(Number(value.toPrecision(size < 0.01 ? 3 : 4)));
}

/** Where a view of `count` cells begins, of `size` cells from `first` on. It stays where it was, `from`, and moves
 * only as far as cells `start` to `stop` need; where it was nowhere, or they do not fit, these are in its middle. */
export function placed(from, count, first, size, [start, stop]) {
  const middle = Math.round((start + stop - count) / 2);
  const wanted = from === null || stop - start > count ? middle : Math.min(Math.max(from, stop - count), start);
  return Math.min(Math.max(wanted, first), first + size - count);
}

/** A grid of values on a canvas, with what the border makes up around it: all of it, or where its cells would be
 * too small for numbers, as many as have room. */
export class Grid {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.base = document.createElement("canvas");
    this.key = this.content = this.view = "";
    this.home = this.from = [0, 0];
  }

  /** Lay the grid out anew where something of it has changed.
   * @param {{image: any, channels: number[], tone: () => (value: number) => number[], margins: number[], border: string,
   *   fill: number, room: number, scale: number, least: number, near: boolean, pinned: number[][], looked: number[][], subject: string, colors: any, id: string}} scene
   *   `margins`: top, bottom, left, right; `room`: how many CSS pixels it may be wide and high; `scale`: how large letters
   *   are in the page, 1 being 16 pixels; `least`: how large cells are at
   *   least in a part; `near`: with numbers, if
   *   need be of a part. That has the rows and columns `pinned` in it, and moves from there to `looked`; with another
   *   `subject` it begins with them in its middle. */
  lay(scene) {
    const { image, margins, room, subject, scale } = scene;
    this.measure(scene);
    const first = [-margins[0], -margins[2]];
    const sizes = [image.rows + margins[0] + margins[1], image.cols + margins[2] + margins[3]];
    const fits = Math.floor(room / Math.max(...sizes));
    this.isPart = scene.near && fits < this.least;
    const most = Math.max(Math.floor(room / Math.max(this.least, scene.least)), 1);
    this.cell = this.isPart ? Math.floor(room / most) : Math.min(Math.max(fits, 1), Math.max(LARGEST_CELL * scale, this.least));
    const counts = sizes.map((size) => (this.isPart ? Math.min(size, most) : size));
    const view = [subject, counts].join();
    const move = (from, spans) => counts.map((count, i) => placed(from && from[i], count, first[i], sizes[i], spans[i]));
    this.home = move(view === this.view ? this.home : null, scene.pinned);
    this.from = move(this.home, scene.looked);
    this.view = view;
    [this.rows, this.cols] = counts;
    this.density = window.devicePixelRatio || 1;
    const key = [this.content, this.cell, this.density, counts, this.from].join();
    if (key === this.key) return;
    this.key = key;
    for (const one of [this.canvas, this.base]) {
      one.width = Math.round(this.cols * this.cell * this.density);
      one.height = Math.round(this.rows * this.cell * this.density);
    }
    this.canvas.style.width = `${this.cols * this.cell}px`;
    this.paintBase();
  }

  /** Find the colours of the values, and how large a cell must be for the longest number. */
  measure(scene) {
    const { image, channels, margins, fill, id, scale } = scene;
    this.scene = scene;
    const content = [id, channels, margins, scale].join();
    if (content === this.content) return;
    this.content = content;
    this.tone = scene.tone();
    this.letters = brief(fill).length;
    for (let i = 0; i < image.data.length; i += image.channels) {
      for (const c of channels) this.letters = Math.max(this.letters, brief(image.data[i + c]).length);
    }
    if (margins.some((margin) => margin > 0)) this.letters += 2;
    const most = Math.max(this.letters * WIDTH, channels.length * HEIGHT);
    this.least = Math.max(LEAST_WITH_NUMBER * scale, Math.ceil(most * SMALLEST_LETTER * scale) + EDGE);
  }

  paintBase() {
    const { image, channels, border, fill, scale } = this.scene;
    const pencil = this.base.getContext("2d");
    const { cell } = this;
    const hasNumbers = cell >= this.least;
    const most = Math.max(this.letters * WIDTH, channels.length * HEIGHT);
    const letter = Math.min(LARGEST_LETTER * scale, Math.floor((cell - EDGE) / most));
    pencil.setTransform(this.density, 0, 0, this.density, 0, 0);
    pencil.clearRect(0, 0, this.cols * cell, this.rows * cell);
    pencil.textAlign = "center";
    pencil.textBaseline = "middle";
    pencil.font = `${letter}px system-ui, sans-serif`;
    for (let i = 0; i < this.rows; i++) {
      for (let j = 0; j < this.cols; j++) {
        const [y, x] = [i + this.from[0], j + this.from[1]];
        const [row, col] = [sourceOf(y, image.rows, border), sourceOf(x, image.cols, border)];
        const made = y !== row || x !== col;
        const none = row < 0 || col < 0;
        if (none && border === "padding") {
          this.hatch(pencil, i, j);
          continue;
        }
        const values = channels.map((channel) => (none ? fill : image.data[(row * image.cols + col) * image.channels + channel]));
        const color = colorOf(values, this.tone);
        pencil.fillStyle = css(color);
        pencil.fillRect(j * cell, i * cell, cell, cell);
        if (made) this.hatch(pencil, i, j);
        if (!hasNumbers) continue;
        pencil.fillStyle = inkOn(color);
        values.forEach((value, line) => {
          const down = (line - (values.length - 1) / 2) * HEIGHT * letter + 1;
          pencil.fillText(made ? `(${brief(value)})` : brief(value), (j + 0.5) * cell, (i + 0.5) * cell + down);
        });
      }
    }
    if (hasNumbers) this.lines(pencil);
  }

  hatch(pencil, i, j) {
    const { cell } = this;
    pencil.save();
    pencil.beginPath();
    pencil.rect(j * cell, i * cell, cell, cell);
    pencil.clip();
    pencil.strokeStyle = this.scene.colors.hatch;
    pencil.lineWidth = 1;
    pencil.beginPath();
    for (let step = 0; step < 2 * cell; step += 6) {
      pencil.moveTo(j * cell + step, i * cell);
      pencil.lineTo(j * cell + step - cell, i * cell + cell);
    }
    pencil.stroke();
    pencil.restore();
  }

  lines(pencil) {
    pencil.strokeStyle = this.scene.colors.line;
    pencil.lineWidth = 1;
    for (let i = 0; i <= this.rows; i++) pencil.strokeRect(0, i * this.cell, this.cols * this.cell, 0);
    for (let j = 0; j <= this.cols; j++) pencil.strokeRect(j * this.cell, 0, 0, this.rows * this.cell);
  }

  /** Show the grid with frames around some rows and columns (first, last; last not counted), and a
   * mark on single elements. */
  show(frames, elements = []) {
    const pencil = this.canvas.getContext("2d");
    pencil.setTransform(1, 0, 0, 1, 0, 0);
    pencil.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pencil.drawImage(this.base, 0, 0);
    pencil.setTransform(this.density, 0, 0, this.density, 0, 0);
    for (const [[top, bottom], [left, right]] of frames) this.frame(pencil, top, left, bottom - top, right - left);
    for (const [row, col] of elements) this.frame(pencil, row, col, 1, 1);
  }

  frame(pencil, row, col, rows, cols) {
    const { cell } = this;
    const [x, y] = [(col - this.from[1]) * cell, (row - this.from[0]) * cell];
    pencil.strokeStyle = "#ffffff";
    pencil.lineWidth = 4;
    pencil.strokeRect(x, y, cols * cell, rows * cell);
    pencil.strokeStyle = this.scene.colors.mark;
    pencil.lineWidth = 2.5;
    pencil.strokeRect(x, y, cols * cell, rows * cell);
  }

  /** The row and column of the image under a pointer; outside it where the border is. */
  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.rows) + this.from[0];
    const col = Math.floor(((event.clientX - box.left) / box.width) * this.cols) + this.from[1];
    return [row, col];
  }
}
