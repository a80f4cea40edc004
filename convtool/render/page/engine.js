// The engine of the page: what convtool computes, in double precision. It knows no document.

import { OUTSIDE, Refused, axesOf, kernelsFor, sourcesAlong } from "./windows.js";

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
