// The engine of the page: what convtool computes, in double precision. It knows no document.

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

const OUTSIDE = -1;

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
function sourcesAlong(axis, border) {
  const found = new Int32Array(axis.output * axis.taps);
  for (let o = 0, i = 0; o < axis.output; o++) {
    for (let t = 0; t < axis.taps; t++, i++) {
      found[i] = sourceOf(o * axis.stride - axis.before + t * axis.dilation, axis.size, border);
    }
  }
  return found;
}

/** The sums of products of a stage's windows: of each of `count` channels with the kernels that `kernelsOf` lays on
 * the image for it. @returns {Image} */
function summed(stage, image, count, kernelsOf) {
  const [rows, cols] = axesOf(stage, image);
  const down = sourcesAlong(rows, stage.border);
  const across = sourcesAlong(cols, stage.border);
  const out = emptyImage(rows.output, cols.output, count, false);
  const { data, channels } = image;
  const laid = Array.from({ length: count }, (_, c) => kernelsOf(c));
  let place = 0;
  for (let i = 0; i < rows.output; i++) {
    for (let j = 0; j < cols.output; j++) {
      for (const kernels of laid) {
        let sum = 0;
        for (const { channel, weights } of kernels) {
          for (let u = 0; u < rows.taps; u++) {
            const y = down[i * rows.taps + u];
            const line = weights[u];
            for (let v = 0; v < cols.taps; v++) {
              const x = across[j * cols.taps + v];
              const made = y === OUTSIDE || x === OUTSIDE;
              sum += line[v] * (made ? stage.fill : data[(y * image.cols + x) * channels + channel]);
            }
          }
        }
        out.data[place++] = sum;
      }
    }
  }
  return out;
}

/** @returns {Image} */
function convolved(stage, image) {
  const out = summed(stage, image, image.channels, (channel) => kernelsFor(stage, channel));
  out.data.forEach((sum, i) => (out.data[i] = sum / stage.divisor + stage.bias));
  return out;
}

/** @returns {Image} */
function layered(stage, image) {
  const taken = stage.weights[0].length * stage.groups;
  if (taken !== image.channels) throw new Refused("noLayer", { taken, channels: image.channels });
  const count = stage.weights.length;
  const out = summed(stage, image, count, (channel) => kernelsFor(stage, channel));
  out.data.forEach((sum, i) => (out.data[i] = sum / stage.divisor + stage.bias[i % count]));
  return out;
}

/** How the values of several kernels at a place make one. */
export const COMBINATIONS = {
  sum: (values) => values.reduce((a, b) => a + b),
  mean: (values) => values.reduce((a, b) => a + b) / values.length,
  max: (values) => values.reduce((a, b) => Math.max(a, b)),
  "abs-sum": (values) => values.reduce((a, b) => a + Math.abs(b), 0),
  "abs-max": (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
  magnitude: (values) => Math.sqrt(values.reduce((a, b) => a + b * b, 0)),
};

/** @returns {Image} */
function combined(stage, image) {
  const maps = stage.kernels.map((kernel) => convolved({ ...stage, ...kernel, op: "conv" }, image));
  const merge = COMBINATIONS[stage.how];
  const data = maps[0].data.map((_, i) => merge(maps.map((map) => map.data[i])));
  return { ...maps[0], data };
}

/** How a pool merges the values of a window; `counted` is how many a mean divides by. */
const MERGES = {
  max: (values) => values.reduce((a, b) => Math.max(a, b)),
  min: (values) => values.reduce((a, b) => Math.min(a, b)),
  sum: (values) => values.reduce((a, b) => a + b, 0),
  mean: (values, counted) => values.reduce((a, b) => a + b, 0) / counted,
  median: (values) => {
    if (values.some(Number.isNaN)) return NaN;
    const sorted = Float64Array.from(values).sort();
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  },
  lp: (values, _, p) => {
    const sizes = values.map(Math.abs);
    if (p === 1) return sizes.reduce((a, b) => a + b, 0);
    const largest = sizes.reduce((a, b) => Math.max(a, b));
    const scale = largest > 0 && Number.isFinite(largest) ? largest : 1;
    return scale * sizes.reduce((sum, one) => sum + (one / scale) ** p, 0) ** (1 / p);
  },
};

/** The names of the pool modes. */
export const POOL_MODES = Object.keys(MERGES);

/** @returns {Image} */
function pooled(stage, image) {
  const [rows, cols] = axesOf(stage, image);
  const down = sourcesAlong(rows, "constant");
  const across = sourcesAlong(cols, "constant");
  const merge = MERGES[stage.mode];
  const out = emptyImage(rows.output, cols.output, image.channels, false);
  let odd = true;
  let place = 0;
  for (let i = 0; i < rows.output; i++) {
    for (let j = 0; j < cols.output; j++) {
      const pixels = [];
      let counted = 0;
      for (let u = 0; u < rows.taps; u++) {
        const y = down[i * rows.taps + u];
        for (let v = 0; v < cols.taps; v++) {
          if (stage.footprint && !stage.footprint[u][v]) continue;
          const x = across[j * cols.taps + v];
          if (y !== OUTSIDE && x !== OUTSIDE) pixels.push(y * image.cols + x);
          if (isInPadding(rows, i, u) && isInPadding(cols, j, v)) counted += 1;
        }
      }
      if (!pixels.length) throw new Refused("emptyWindow");
      odd &&= pixels.length % 2 === 1;
      for (let c = 0; c < image.channels; c++) {
        const values = pixels.map((at) => image.data[at * image.channels + c]);
        out.data[place++] = merge(values, stage.countPadding ? counted : values.length, stage.p);
      }
    }
  }
  const keeps = stage.mode === "max" || stage.mode === "min" || (stage.mode === "median" && odd);
  out.whole = image.whole && keeps;
  return out;
}

/** Whether element `t` of window `o` lies in the image or its padding. */
function isInPadding(axis, o, t) {
  const position = o * axis.stride - axis.before + t * axis.dilation;
  return position >= -axis.before && position < axis.size + axis.after;
}

/** Rounds half to even. */
export function rounded(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** What red, green and blue count in a thousandth of grey. */
export const LUMA = [299, 587, 114];

/** @returns {Image} */
function grayed(_, image) {
  if (image.channels === 1) return image;
  if (image.channels !== 3) throw new Refused("noGray", { channels: image.channels });
  const out = emptyImage(image.rows, image.cols, 1, image.whole);
  for (let i = 0; i < out.data.length; i++) {
    const [red, green, blue] = LUMA.map((part, c) => part * image.data[3 * i + c]);
    const gray = (red + green + blue) / 1000;
    out.data[i] = image.whole ? rounded(gray) : gray;
  }
  return out;
}

const CURVES = {
  relu: (x) => (x < 0 ? 0 : x),
  leaky_relu: (x, stage) => (x < 0 ? x * stage.slope : x),
  sigmoid: (x) => {
    const small = Math.exp(-Math.abs(x));
    return x < 0 ? small / (1 + small) : 1 / (1 + small);
  },
  tanh: Math.tanh,
  abs: Math.abs,
};

/** @returns {Image} */
function curved(stage, image) {
  const curve = CURVES[stage.op];
  const whole = image.whole && (stage.op === "relu" || stage.op === "abs");
  return { ...image, whole, data: image.data.map((x) => curve(x, stage)) };
}

const RUNS = { conv: convolved, combine: combined, layer: layered, pool: pooled, gray: grayed };

/** The names of the stages. */
export const STAGES = [...Object.keys(RUNS), ...Object.keys(CURVES)];

/** An image of zeros. @returns {Image} */
export function emptyImage(rows, cols, channels, whole) {
  if (rows * cols * channels > 1 << 22) throw new Refused("tooLarge", { size: `${rows}x${cols}` });
  return { rows, cols, channels, whole, data: new Float64Array(rows * cols * channels) };
}

/** The image, and the map of each stage. @returns {Image[]} */
export function run(stages, image) {
  const maps = [image];
  for (const stage of stages) maps.push((RUNS[stage.op] ?? curved)(stage, maps[maps.length - 1]));
  return maps;
}

/** A value of an image. */
export function valueAt(image, row, col, channel) {
  return image.data[(row * image.cols + col) * image.channels + channel];
}

/** The windows behind a value of a stage's map, one for each kernel: their elements row by row. Of a pool only those in
 * the image have a pixel. @returns {Element[][][]} */
export function windowsOf(stage, image, row, col, channel) {
  if (!isConvolution(stage)) return [windowOf(stage, image, row, col, channel)];
  return kernelsFor(stage, channel).map((kernel) => windowOf({ ...stage, op: "conv", weights: kernel.weights, anchor: anchorOf(stage) }, image, row, col, kernel.channel));
}

/** The windows' element that lies over the value's own place; null: their middle. */
function anchorOf(stage) {
  return stage.op === "combine" ? stage.kernels[0].anchor : stage.anchor;
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

/** How many values of two maps agree: whole numbers exactly, others to 1e-10 of the largest value.
 * @returns {{agree: number, of: number, differs: number[]}}  `differs`: where they do not. */
export function compare(map, other, largest) {
  const same = map.rows === other.rows && map.cols === other.cols && map.channels === other.channels;
  if (!same) return { agree: 0, of: other.data.length, differs: [] };
  const bound = 1e-10 * largest;
  const differs = [];
  other.data.forEach((expected, i) => {
    const found = map.data[i];
    const exact = Number.isInteger(expected) && Number.isInteger(found);
    const equal = Object.is(found, expected) || found === expected;
    if (!equal && (exact || !(Math.abs(found - expected) <= bound))) differs.push(i);
  });
  return { agree: other.data.length - differs.length, of: other.data.length, differs };
}
