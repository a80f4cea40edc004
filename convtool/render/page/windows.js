// Where the windows of a stage lie on its input.

/**
 * @typedef {{rows: number, cols: number, channels: number, whole: boolean, data: Float64Array}} Image
 *   Values row by row, the channels of a pixel one after another. `whole`: of a type of whole numbers.
 * @typedef {{size: number, taps: number, stride: number, dilation: number, before: number,
 *   after: number, output: number}} Axis
 *   Window `o` begins at position `o * stride - before` and has `taps` elements, `dilation` apart.
 * @typedef {Record<string, any>} Stage  `op` and its parameters, as convtool names them.
 * @typedef {{row: number, col: number, from: [number, number] | null, made: boolean, pixel: number,
 *   weight: number, product: number}} Element
 *   An element of a window; `from` is the pixel that it is, or is a copy of.
 */

/** What cannot be computed: a key of the page's words, and what goes into them. */
export class Refused extends Error {
  /** @param {string} key @param {Record<string, string | number>} values */
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

export const OUTSIDE = -1;

/** Places windows along an axis. @returns {Axis} */
export function placeAxis(size, taps, stride, dilation, padding, anchor, ceil) {
  const reach = (taps - 1) * dilation + 1;
  let before, after, output;
  if (padding === "same" || padding === "same_lower") {
    output = Math.ceil(size / stride);
    const total = Math.max((output - 1) * stride + reach - size, 0);
    const half = Math.floor(total / 2);
    before = padding === "same" ? half : total - half;
    if (anchor !== null) before = anchor * dilation;
    after = Math.max((output - 1) * stride + reach - size - before, 0);
  } else {
    [before, after] = Array.isArray(padding) ? padding : Array(2).fill(padding === "full" ? reach - 1 : 0);
    const room = size + before + after - reach;
    output = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
    if (ceil && (output - 1) * stride >= size + before) output -= 1;
  }
  return { size, taps, stride, dilation, before, after, output };
}

/** The windows of a stage over an image: along rows and along columns. @returns {[Axis, Axis]} */
export function axesOf(stage, image) {
  const sizes = [image.rows, image.cols];
  const taps = tapsOf(stage, image);
  const place = (i) => {
    const padding = Array.isArray(stage.padding) ? stage.padding[i] : stage.padding;
    const anchor = anchorOf(stage);
    return placeAxis(sizes[i], taps[i], stage.stride[i], stage.dilation[i], padding, anchor ? anchor[i] : null, stage.ceil);
  };
  const axes = [place(0), place(1)];
  if (axes.some((axis) => axis.output < 1)) {
    throw new Refused("noFit", { window: taps.join("x"), image: sizes.join("x") });
  }
  return /** @type {[Axis, Axis]} */ (axes);
}

/** Whether a stage adds products of pixels and weights: a kernel's; those of several kernels, combined; a layer's. */
export function isConvolution(stage) {
  return stage.op === "conv" || stage.op === "combine" || stage.op === "layer";
}

/** The kernels that a stage lays on its input for a channel of its map, and the channel that each of them is laid on.
 * @returns {{channel: number, weights: number[][]}[]} */
export function kernelsFor(stage, channel) {
  if (stage.op === "combine") return stage.kernels.map((kernel) => ({ ...kernel, channel }));
  if (stage.op === "conv") return [{ weights: stage.weights, channel }];
  const each = stage.weights[channel].length;
  const first = Math.floor((channel * stage.groups) / stage.weights.length) * each;
  return stage.weights[channel].map((weights, i) => ({ weights, channel: first + i }));
}

/** Rows and columns of a stage's window. */
export function tapsOf(stage, image) {
  if (isConvolution(stage)) {
    const [{ weights }] = kernelsFor(stage, 0);
    return [weights.length, weights[0].length];
  }
  if (stage.footprint) return [stage.footprint.length, stage.footprint[0].length];
  if (stage.op === "pool") return stage.size === "global" ? [image.rows, image.cols] : stage.size;
  return [1, 1];
}

/** The pixel that a position along an axis is a copy of; OUTSIDE if it has none. */
export function sourceOf(position, size, border) {
  if (position >= 0 && position < size) return position;
  const wrapped = (period) => ((position % period) + period) % period;
  switch (border) {
    case "edge":
      return position < 0 ? 0 : size - 1;
    case "reflect": {
      const folded = wrapped(2 * size);
      return Math.min(folded, 2 * size - 1 - folded);
    }
    case "mirror": {
      const period = Math.max(2 * size - 2, 1);
      return Math.min(wrapped(period), period - wrapped(period));
    }
    case "wrap":
      return wrapped(size);
    default:
      return OUTSIDE;
  }
}

/** The sources of all elements of all windows along an axis, window by window. */
export function sourcesAlong(axis, border) {
  const found = new Int32Array(axis.output * axis.taps);
  for (let o = 0, i = 0; o < axis.output; o++) {
    for (let t = 0; t < axis.taps; t++, i++) {
      found[i] = sourceOf(o * axis.stride - axis.before + t * axis.dilation, axis.size, border);
    }
  }
  return found;
}

/** The windows' element that lies over the value's own place; null: their middle. */
export function anchorOf(stage) {
  return stage.op === "combine" ? stage.kernels[0].anchor : stage.anchor;
}
