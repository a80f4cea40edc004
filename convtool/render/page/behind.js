// What lies behind a value of a map: its windows, what it depends on, the element that it is followed through.

import { OUTSIDE, anchorOf, axesOf, isConvolution, kernelsFor, sourceOf } from "./windows.js";
import { LUMA, valueAt } from "./engine.js";

/** The windows behind a value of a stage's map, one for each kernel: their elements row by row. Of a pool only those in
 * the image have a pixel. @returns {Element[][][]} */
export function windowsOf(stage, image, row, col, channel) {
  if (!isConvolution(stage)) return [windowOf(stage, image, row, col, channel)];
  return kernelsFor(stage, channel).map((kernel) => windowOf({ ...stage, op: "conv", weights: kernel.weights, anchor: anchorOf(stage) }, image, row, col, kernel.channel));
}

/** @returns {Element[][]} */
function windowOf(stage, image, row, col, channel) {
  if (stage.op === "gray" && image.channels === 3) {
    return [LUMA.map((part, c) => element(stage, image, row, col, c, part / 1000, true))];
  }
  if (stage.op !== "conv" && stage.op !== "pool") return [[element(stage, image, row, col, channel, 1, true)]];
  const [rows, cols] = axesOf(stage, image);
  return Array.from({ length: rows.taps }, (_, u) =>
    Array.from({ length: cols.taps }, (__, v) => {
      const y = row * rows.stride - rows.before + u * rows.dilation;
      const x = col * cols.stride - cols.before + v * cols.dilation;
      const weight = stage.op === "conv" ? stage.weights[u][v] : 1;
      const one = element(stage, image, y, x, channel, weight, stage.op === "conv");
      return stage.footprint && !stage.footprint[u][v] ? { ...one, from: null, pixel: NaN } : one;
    }),
  );
}

/** @returns {Element} */
function element(stage, image, row, col, channel, weight, copies) {
  const border = stage.op === "conv" ? stage.border : "constant";
  const y = sourceOf(row, image.rows, border);
  const x = sourceOf(col, image.cols, border);
  const from = y === OUTSIDE || x === OUTSIDE ? null : /** @type {[number, number]} */ ([y, x]);
  const outside = row < 0 || col < 0 || row >= image.rows || col >= image.cols;
  const pixel = from ? valueAt(image, y, x, channel) : copies ? stage.fill : NaN;
  return { row, col, from, made: outside, pixel, weight, product: pixel * weight };
}

/** The rows and columns (first, last; last not counted) of each stage's input, the image first, that
 * a value of the last map depends on. @returns {[[number, number], [number, number]][]} */
export function fieldsOf(stages, maps, row, col) {
  let spans = [[row, row + 1], [col, col + 1]];
  const found = [spans];
  for (let k = stages.length - 1; k >= 0; k--) {
    if (isConvolution(stages[k]) || stages[k].op === "pool") {
      spans = axesOf(stages[k], maps[k]).map((axis, i) => [
        spans[i][0] * axis.stride - axis.before,
        (spans[i][1] - 1) * axis.stride - axis.before + (axis.taps - 1) * axis.dilation + 1,
      ]);
    }
    found.unshift(spans);
  }
  return /** @type {any} */ (found);
}

/** The element of a stage's windows that the value is followed through: the one that wins a max, a min or a
 * median, or whose product is the largest in size; its window, row and column. @returns {[number, number, number] | null} */
export function followedIn(stage, windows, value) {
  const wins = stage.op === "pool" && ["max", "min", "median"].includes(stage.mode);
  let best = null;
  let most = -1;
  windows.forEach((window, n) =>
    window.forEach((line, u) =>
      line.forEach((one, v) => {
        if (!one.from) return;
        const size = wins ? -Math.abs(one.pixel - value) : Math.abs(one.product);
        if (best === null || size > most) [best, most] = [[n, u, v], size];
      }),
    ),
  );
  return best;
}
