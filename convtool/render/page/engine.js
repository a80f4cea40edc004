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
    const anchor = stage.anchor ? stage.anchor[i] : null;
    return placeAxis(sizes[i], taps[i], stage.stride[i], stage.dilation[i], padding, anchor, stage.ceil);
  };
  const axes = [place(0), place(1)];
  if (axes.some((axis) => axis.output < 1)) {
    throw new Refused("noFit", { window: taps.join("x"), image: sizes.join("x") });
  }
  return /** @type {[Axis, Axis]} */ (axes);
}

/** Rows and columns of a stage's window. */
export function tapsOf(stage, image) {
  if (stage.op === "conv") return [stage.weights.length, stage.weights[0].length];
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

/** @returns {Image} */
function convolved(stage, image) {
  const [rows, cols] = axesOf(stage, image);
  const down = sourcesAlong(rows, stage.border);
  const across = sourcesAlong(cols, stage.border);
  const out = emptyImage(rows.output, cols.output, image.channels, false);
  const { data, channels } = image;
  let place = 0;
  for (let i = 0; i < rows.output; i++) {
    for (let j = 0; j < cols.output; j++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let u = 0; u < rows.taps; u++) {
          const y = down[i * rows.taps + u];
          const weights = stage.weights[u];
          for (let v = 0; v < cols.taps; v++) {
            const x = across[j * cols.taps + v];
            const made = y === OUTSIDE || x === OUTSIDE;
            sum += weights[v] * (made ? stage.fill : data[(y * image.cols + x) * channels + c]);
          }
        }
        out.data[place++] = sum / stage.divisor + stage.bias;
      }
    }
  }
  return out;
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
    const ys = down.subarray(i * rows.taps, (i + 1) * rows.taps).filter((y) => y !== OUTSIDE);
    for (let j = 0; j < cols.output; j++) {
      const xs = across.subarray(j * cols.taps, (j + 1) * cols.taps).filter((x) => x !== OUTSIDE);
      const count = ys.length * xs.length;
      if (!count) throw new Refused("emptyWindow");
      odd &&= count % 2 === 1;
      const counted = stage.countPadding ? inPadding(rows, i) * inPadding(cols, j) : count;
      for (let c = 0; c < image.channels; c++) {
        const values = [];
        for (const y of ys) {
          for (const x of xs) values.push(image.data[(y * image.cols + x) * image.channels + c]);
        }
        out.data[place++] = merge(values, counted, stage.p);
      }
    }
  }
  const keeps = stage.mode === "max" || stage.mode === "min" || (stage.mode === "median" && odd);
  out.whole = image.whole && keeps;
  return out;
}

/** How many elements of window `o` lie in the image or its padding. */
function inPadding(axis, o) {
  let count = 0;
  for (let t = 0; t < axis.taps; t++) {
    const position = o * axis.stride - axis.before + t * axis.dilation;
    if (position >= -axis.before && position < axis.size + axis.after) count++;
  }
  return count;
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

const RUNS = { conv: convolved, pool: pooled, gray: grayed };

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

/** The elements of the window behind a value of a stage's map, row by row; of a pool only those in
 * the image have a pixel. @returns {Element[][]} */
export function windowOf(stage, image, row, col, channel) {
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
      return element(stage, image, y, x, channel, weight, stage.op === "conv");
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
    if (stages[k].op === "conv" || stages[k].op === "pool") {
      spans = axesOf(stages[k], maps[k]).map((axis, i) => [
        spans[i][0] * axis.stride - axis.before,
        (spans[i][1] - 1) * axis.stride - axis.before + (axis.taps - 1) * axis.dilation + 1,
      ]);
    }
    found.unshift(spans);
  }
  return /** @type {any} */ (found);
}

/** The element of a window that the value is followed through: the one that wins a max, a min or a
 * median, or whose product is the largest in size. @returns {[number, number] | null} */
export function followedIn(stage, window, value) {
  const wins = stage.op === "pool" && ["max", "min", "median"].includes(stage.mode);
  let best = null;
  let most = -1;
  window.forEach((line, u) =>
    line.forEach((one, v) => {
      if (!one.from) return;
      const size = wins ? -Math.abs(one.pixel - value) : Math.abs(one.product);
      if (best === null || size > most) [best, most] = [[u, v], size];
    }),
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
