// What the reader has changed: the stages and the place that is shown, with undo, and as a fragment.

import { isConvolution } from "./windows.js";
import { COMBINATIONS, POOL_MODES, STAGES } from "./engine.js";

export const BORDERS = ["edge", "constant", "reflect", "mirror", "wrap"];
export const PADDINGS = ["same", "same_lower", "valid", "full"];
export const MOST_STAGES = 100;
export const LARGEST_KERNEL = 11;
export const LARGEST_STEP = 1000;
const LONGEST_NAME = 100;
/** The channel that stands for all of them. */
export const ALL = -1;

/**
 * @typedef {{stages: Record<string, any>[], stage: number, row: number, col: number, channel: number}} State
 *   `stage` is the one in full, from 0; row, column and channel are those of its map, or ALL channels.
 */

/** A stage as it is when it is added. */
export function newStage(op) {
  const places = { stride: [1, 1], dilation: [1, 1] };
  if (op === "conv") {
    const weights = [[0, 0, 0], [0, 1, 0], [0, 0, 0]];
    return { op, name: "", weights, divisor: 1, bias: 0, anchor: null, border: "edge", fill: 0, padding: "same", ...places };
  }
  if (op === "pool") {
    const own = { mode: "max", size: [2, 2], footprint: null, ceil: false, countPadding: false, p: 2 };
    return { op, ...own, ...places, stride: [2, 2], padding: [[0, 0], [0, 0]] };
  }
  if (op === "combine" || op === "layer") return { op, ...places };
  return op === "leaky_relu" ? { op, slope: 0.01 } : { op };
}

/** Weights in another size: those in the middle stay, others are 0. */
export function resized(weights, rows, cols) {
  const down = ((rows - 1) >> 1) - ((weights.length - 1) >> 1);
  const across = ((cols - 1) >> 1) - ((weights[0].length - 1) >> 1);
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: cols }, (__, j) => weights[i - down]?.[j - across] ?? 0),
  );
}

/** The parameters of a kernel turned by 180 degrees, its anchor with it. */
export function flipped({ weights, anchor }) {
  const last = [weights.length - 1, weights[0].length - 1];
  return {
    weights: weights.map((line) => line.toReversed()).toReversed(),
    anchor: anchor && anchor.map((at, i) => last[i] - at),
    name: "",
  };
}

/** The state as the fragment of an address; the weights of layers, which the page has, are not in it. */
export function fragmentOf(state) {
  const stages = state.stages.map((stage) => (stage.op === "layer" ? { ...stage, weights: undefined, bias: undefined, files: undefined } : stage));
  return encodeURIComponent(JSON.stringify({ ...state, stages }));
}

/** The state in a fragment, of a page that has these layers; null where there is none, or where it is none of this
 * page's. @returns {State | null} */
export function stateIn(fragment, layers = []) {
  try {
    const found = JSON.parse(decodeURIComponent(fragment));
    const stages = found.stages.map((stage) => checkedStage(stage, layers));
    demand(stages.length >= 1 && stages.length <= MOST_STAGES);
    const [stage, row, col] = [found.stage, found.row, found.col].map((n) => whole(n, 0, 1e6));
    const channel = whole(found.channel, ALL, 1e6);
    return { stages, stage: Math.min(stage, stages.length - 1), row, col, channel };
  } catch {
    return null;
  }
}

function demand(holds) {
  if (!holds) throw new Error("no state of this page");
}

function whole(value, least, most) {
  demand(Number.isInteger(value) && value >= least && value <= most);
  return value;
}

function finite(value) {
  demand(typeof value === "number" && Number.isFinite(value));
  return value;
}

function two(values, check) {
  demand(Array.isArray(values) && values.length === 2);
  return values.map(check);
}

function among(value, known) {
  demand(known.includes(value));
  return value;
}

/** A stage built anew from its known parameters, each checked. */
function checkedStage(given, layers) {
  const stage = newStage(among(given.op, STAGES));
  if (stage.op === "leaky_relu") stage.slope = finite(given.slope);
  if (isConvolution(stage)) {
    Object.assign(stage, CHECKED[stage.op](given, layers));
    stage.border = among(given.border, BORDERS);
    stage.fill = finite(given.fill);
  } else if (stage.op === "pool") Object.assign(stage, checkedPool(given));
  else return stage;
  stage.stride = two(given.stride, (n) => whole(n, 1, LARGEST_STEP));
  stage.dilation = two(given.dilation, (n) => whole(n, 1, LARGEST_STEP));
  stage.padding = Array.isArray(given.padding)
    ? two(given.padding, (side) => two(side, (n) => whole(n, 0, LARGEST_STEP)))
    : among(given.padding, PADDINGS);
  return stage;
}

const CHECKED = {
  conv: checkedKernel,
  combine: ({ how, kernels }) => {
    const found = kernels.map(checkedKernel);
    const same = (one) => JSON.stringify([one.weights.length, one.weights[0].length, one.anchor]);
    demand(found.length >= 1 && found.every((one) => same(one) === same(found[0])));
    return { how: among(how, Object.keys(COMBINATIONS)), kernels: found };
  },
  layer: ({ layer }, layers) => {
    const { name, files, weights, divisor, bias, anchor, groups } = layers[whole(layer, 0, layers.length - 1)];
    return { layer, name, files, weights, divisor, bias, anchor, groups };
  },
};

function checkedKernel(given) {
  const [rows, cols] = [given.weights.length, given.weights[0].length];
  whole(rows, 1, LARGEST_STEP);
  whole(cols, 1, LARGEST_STEP);
  const weights = given.weights.map((line) => {
    demand(line.length === cols);
    return line.map(finite);
  });
  const divisor = finite(given.divisor);
  demand(divisor !== 0);
  const anchor = given.anchor === null ? null : [whole(given.anchor[0], 0, rows - 1), whole(given.anchor[1], 0, cols - 1)];
  return { name: String(given.name).slice(0, LONGEST_NAME), weights, divisor, bias: finite(given.bias), anchor };
}

function checkedPool(given) {
  const p = finite(given.p);
  demand(p >= 1);
  return {
    mode: among(given.mode, POOL_MODES), size: given.size === "global" ? "global" : two(given.size, (n) => whole(n, 1, LARGEST_STEP)),
    footprint: given.footprint === null ? null : checkedFootprint(given.footprint),
    ceil: given.ceil === true, countPadding: given.countPadding === true, p,
  };
}

function checkedFootprint(given) {
  whole(given.length, 1, LARGEST_STEP);
  whole(given[0].length, 1, LARGEST_STEP);
  const found = given.map((line) => line.map((one) => one === true));
  demand(found.every((line) => line.length === found[0].length) && found.flat().includes(true));
  return found;
}

/** What was done, to be undone and done again. Entries are stages as JSON. */
export class History {
  constructor(stages) {
    this.entries = [JSON.stringify(stages)];
    this.now = 0;
  }

  get canUndo() {
    return this.now > 0;
  }

  get canRedo() {
    return this.now < this.entries.length - 1;
  }

  /** Keep these stages, if they are others than the last. */
  keep(stages) {
    const text = JSON.stringify(stages);
    if (text === this.entries[this.now]) return;
    this.entries.splice(this.now + 1, Infinity, text);
    this.now += 1;
  }

  /** The stages `by` entries away. */
  move(by) {
    this.now = Math.min(Math.max(this.now + by, 0), this.entries.length - 1);
    return JSON.parse(this.entries[this.now]);
  }
}
