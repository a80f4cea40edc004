// The pictures of the piece: before, what the kernel makes of it, the target, and their difference.

import { run } from "../page/engine.js";
import { axesOf, tapsOf } from "../page/windows.js";
import { grey, numeral, paintSmall, palette, signed } from "../page/cells.js";
import { $ } from "../page/elements.js";
import { say } from "../page/words.js";
import { roundUp } from "./chart.js";
import { afterPiece, beforePiece, given, isClipped, stageOf } from "./given.js";
import { training } from "./training.js";

export const PLATES = ["before", "result", "after", "difference"];
const CHANNELS = afterPiece.channels === 3 ? [0, 1, 2] : [0];
const LEFT_OUT = null;
/** Of white: smaller differences are faint. */
const LEAST_PEAK = 1e-3;

let madePiece = afterPiece;
/** The difference at each place, of the channel where it is largest; LEFT_OUT where the loss has no value. */
let differences = /** @type {(number | null)[]} */ ([]);
const [black, white] = rangeOf(afterPiece);

/** The values of an image that are shown as black and white. */
function rangeOf(image) {
  if (given.white) return [0, given.white];
  const found = Array.from(image.data).filter(Number.isFinite);
  const low = found.reduce((a, b) => Math.min(a, b), Infinity);
  const high = found.reduce((a, b) => Math.max(a, b), -Infinity);
  return low < high ? [low, high] : [0, Math.max(high, 1)];
}

/** Compute and paint what the weights make. */
export function paintPlates(weights) {
  madePiece = run([stageOf(weights)], beforePiece).at(-1);
  differences = Array.from({ length: afterPiece.rows * afterPiece.cols }, (_, place) => differenceAt(place));
  const shown = [["before", beforePiece, beforePiece], ["result", madePiece, afterPiece], ["after", afterPiece, afterPiece]];
  for (const [name, image, from] of shown) {
    paintSmall(canvasOf(name), image, CHANNELS, toneOf(from));
  }
  paintDifferences();
}

function toneOf(image) {
  const [low, high] = rangeOf(image);
  return (value) => grey(value - low, high - low);
}

function differenceAt(place) {
  let found = LEFT_OUT;
  for (const channel of CHANNELS) {
    const i = place * afterPiece.channels + channel;
    const difference = madePiece.data[i] - afterPiece.data[i];
    if (isClipped[i] || !Number.isFinite(difference)) continue;
    if (found === LEFT_OUT || Math.abs(difference) > Math.abs(found)) found = difference;
  }
  return found;
}

function paintDifferences() {
  const colors = palette();
  const largest = differences.reduce((most, one) => Math.max(most, Math.abs(one ?? 0)), 0);
  const peak = roundUp(Math.max(largest, LEAST_PEAK * (white - black)));
  const leftOut = colors.line.match(/\w\w/g).map((part) => parseInt(part, 16));
  const data = differences.map((one) => one ?? NaN);
  const image = { rows: afterPiece.rows, cols: afterPiece.cols, channels: 1, data };
  paintSmall(canvasOf("difference"), image, [0], (value) => (Number.isNaN(value) ? leftOut : signed(value, peak, colors)));
  const words = [say("strongest", { peak: numeral(peak) })];
  if (CHANNELS.length > 1) words.push(say("ofChannels"));
  if (differences.includes(LEFT_OUT)) words.push(say("greyed"));
  $("difference").querySelector("small").textContent = words.join("; ");
}

/** Show the place that is looked at, in all pictures, and the values there. */
export function showPlace() {
  const { row, col } = training;
  const stage = stageOf(given.end);
  const [down, across] = axesOf(stage, beforePiece);
  const [high, wide] = [down, across].map((axis) => (axis.taps - 1) * axis.dilation + 1);
  const [top, left] = [row * down.stride, col * across.stride];
  const [rows, cols] = tapsOf(stage, beforePiece);
  const middle = [top + (rows >> 1) * down.dilation, left + (cols >> 1) * across.dilation];
  frame("before", beforePiece, [top, left, high, wide]);
  for (const name of ["result", "after", "difference"]) frame(name, afterPiece, [row, col, 1, 1]);
  const difference = differences[row * afterPiece.cols + col];
  tell("before", "beforeImage", valuesAt(beforePiece, ...middle));
  tell("result", "madeImage", valuesAt(madePiece, row, col));
  tell("after", "afterImage", valuesAt(afterPiece, row, col));
  tell("difference", "difference", difference === LEFT_OUT ? say("leftOut") : inFourDigits(difference));
}

function valuesAt(image, row, col) {
  const first = (row * image.cols + col) * image.channels;
  return CHANNELS.map((channel) => inFourDigits(image.data[first + channel])).join(", ");
}

/** A number in four digits. */
export function inFourDigits(value) {
  if (Number.isInteger(value) || !Number.isFinite(value)) return numeral(value);
  return Math.abs(value) < 1e-3 ? value.toExponential(3) : numeral(Number(value.toPrecision(4)));
}

/** A loss, or the root of one: about 0 below what float64 tells from 0. */
export function lossWords(value, least) {
  return value <= least ? say("aboutZero") : inFourDigits(value);
}

/** A whole number with its thousands apart. */
export function counted(number) {
  return number.toLocaleString(document.documentElement.lang);
}

function frame(name, image, [row, col, rows, cols]) {
  const { style } = $(name).querySelector("i");
  const percent = (part, whole) => `${(100 * part) / whole}%`;
  style.top = percent(row, image.rows);
  style.left = percent(col, image.cols);
  style.height = percent(rows, image.rows);
  style.width = percent(cols, image.cols);
}

function tell(name, key, value) {
  const { row, col } = training;
  $(name).querySelector(".reading").textContent = value;
  canvasOf(name).setAttribute("aria-label", say("plateSays", { what: say(key), row, col, value }));
}

export function canvasOf(name) {
  return $(name).querySelector("canvas");
}

/** The place of the result's piece under a pointer over a picture. */
export function placeUnder(name, event) {
  const box = canvasOf(name).getBoundingClientRect();
  const [down, across] = axesOf(stageOf(given.end), beforePiece);
  const image = name === "before" ? beforePiece : afterPiece;
  const row = ((event.clientY - box.top) / box.height) * image.rows;
  const col = ((event.clientX - box.left) / box.width) * image.cols;
  if (name !== "before") return [Math.floor(row), Math.floor(col)];
  const centered = (place, axis) => Math.round((place - ((axis.taps - 1) * axis.dilation + 1) / 2) / axis.stride);
  return [centered(row, down), centered(col, across)];
}
