// The stages as lines of PyTorch, which make the same map of a tensor.

import { axesOf, isConvolution, tapsOf } from "./windows.js";
import { LUMA } from "./engine.js";

const MODES = { edge: "replicate", mirror: "reflect", wrap: "circular" };
const TORCH_CURVES = { relu: "F.relu(x)", sigmoid: "torch.sigmoid(x)", tanh: "torch.tanh(x)", abs: "x.abs()" };
/** How a pool merges the windows `w`, whose last two axes are their rows and columns; and what is no pixel in them. */
const MERGED = {
  max: { empty: "-torch.inf", lines: () => ["x = w.amax((-2, -1))"] },
  min: { empty: "torch.inf", lines: () => ["x = w.amin((-2, -1))"] },
  sum: { empty: "0", lines: () => ["x = w.sum((-2, -1))"] },
  mean: { empty: "0", lines: () => ["x = w.sum((-2, -1)) / n"] },
  median: { empty: "torch.nan", lines: () => ["x = w.flatten(-2).nanquantile(0.5, -1)"] },
  lp: { empty: "0", lines: normLines },
};

function normLines({ p }) {
  if (p === 1) return ["x = w.abs().sum((-2, -1))"];
  return [
    "m = w.abs().amax((-2, -1), keepdim=True)",
    "m = torch.where((m > 0) & m.isfinite(), m, 1)",
    `x = (w.abs() / m).pow(${p}).sum((-2, -1)).pow(1 / ${p}) * m[..., 0, 0]`,
  ];
}

/** Lines that turn `x`, a float tensor of (1, channels, rows, columns), into its map. They hold for images of
 * this size, {rows, cols, channels, whole}: windows that reach past the image may stand elsewhere in others. */
export function pytorchOf(stages, size) {
  const lines = [];
  let image = size;
  for (const stage of stages) {
    lines.push(...(LINES[stage.op] ?? pointLines)(stage, image));
    image = describedMap(stage, image);
  }
  const numpy = lines.some((line) => line.includes("np.pad")) ? ["import numpy as np"] : [];
  const shape = [1, size.channels, size.rows, size.cols].join(", ");
  return [...numpy, "import torch", "import torch.nn.functional as F", "", `# x: floats, (${shape})`, ...lines].join("\n");
}

const LINES = { conv: convLines, combine: combineLines, layer: convLines, pool: poolLines, gray: grayLines };

/** What is known of a stage's map before it is computed. */
function describedMap(stage, image) {
  if (isConvolution(stage) || stage.op === "pool") {
    const axes = axesOf(stage, image);
    const [rows, cols] = axes.map((axis) => axis.output);
    const odd = tapsIn(stage, axes) % 2 === 1 && !reachesPast(axes);
    const keeps = stage.op === "pool" && (stage.mode === "max" || stage.mode === "min" || (stage.mode === "median" && odd));
    const channels = stage.op === "layer" ? stage.weights.length : image.channels;
    return { rows, cols, channels, whole: image.whole && keeps };
  }
  const whole = image.whole && ["gray", "relu", "abs"].includes(stage.op);
  return { ...image, whole, channels: stage.op === "gray" ? 1 : image.channels };
}

function tapsIn(stage, axes) {
  return stage.footprint ? stage.footprint.flat().filter(Boolean).length : axes[0].taps * axes[1].taps;
}

function reachesPast(axes) {
  return axes.map(sidesOf).flat().some((one) => one !== 0);
}

function convLines(stage, image) {
  const axes = axesOf(stage, image);
  return [...paddedLines(axes.map(sidesOf), image, stage), `x = ${sumOf(stage, axes, image)}`];
}

/** The expression of the sums of a kernel, or of a layer. */
function sumOf(stage, axes, { channels }) {
  const weights = `torch.tensor(${JSON.stringify(stage.weights)}, dtype=x.dtype)`;
  const taps = axes.map((axis) => axis.taps).join(", ");
  const isLayer = stage.op === "layer";
  const each = isLayer ? "" : channels === 1 ? "[None, None]" : `.expand(${channels}, 1, ${taps})`;
  const groups = isLayer ? stage.groups : channels;
  const divisor = stage.divisor === 1 ? "" : ` / ${stage.divisor}`;
  return `F.conv2d(x, ${weights}${each}${stepsIn(axes)}${groups === 1 ? "" : `, groups=${groups}`})${divisor}${addedBias(stage.bias)}`;
}

function addedBias(bias) {
  const all = [bias].flat();
  if (all.every((one) => one === 0)) return "";
  return all.length === 1 ? ` + ${bias}` : ` + torch.tensor(${JSON.stringify(bias)}, dtype=x.dtype).view(-1, 1, 1)`;
}

const COMBINED = {
  sum: "y.sum(0)", mean: "y.mean(0)", max: "y.amax(0)",
  "abs-sum": "y.abs().sum(0)", "abs-max": "y.abs().amax(0)", magnitude: "y.square().sum(0).sqrt()",
};

function combineLines(stage, image) {
  const axes = axesOf(stage, image);
  const maps = stage.kernels.map((kernel) => `    ${sumOf(kernel, axes, image)},`);
  return [...paddedLines(axes.map(sidesOf), image, stage), "y = torch.stack([", ...maps, "])", `x = ${COMBINED[stage.how]}`];
}

/** How far windows reach past the image along an axis: before it and after it. */
function sidesOf(axis) {
  const reach = (axis.output - 1) * axis.stride + (axis.taps - 1) * axis.dilation + 1;
  return [axis.before, Math.max(reach - axis.before - axis.size, 0)];
}

/** The lines that pad `x`. PyTorch has no border that repeats the last pixel when it turns, and pads by less
 * than the image: NumPy does. */
function paddedLines(sides, { rows, cols }, { border, fill }) {
  const [down, across] = sides;
  if (sides.flat().every((one) => one === 0)) return [];
  const pad = `(${[...across, ...down].join(", ")})`;
  if (border === "constant") return [`x = F.pad(x, ${pad}, value=${fill})`];
  const small = [[down, rows], [across, cols]].every(([side, size]) => Math.max(...side) < size);
  if (border in MODES && (border === "edge" || small)) return [`x = F.pad(x, ${pad}, mode="${MODES[border]}")`];
  const mode = { reflect: "symmetric", mirror: "reflect", wrap: "wrap" }[border];
  const sidesOfAll = [[0, 0], [0, 0], down, across].map((side) => `(${side.join(", ")})`).join(", ");
  return [`x = torch.from_numpy(np.pad(x.numpy(), (${sidesOfAll}), "${mode}"))`];
}

function stepsIn(axes) {
  const stride = axes.every((axis) => axis.stride === 1) ? "" : `, stride=${pair(axes.map((axis) => axis.stride))}`;
  const dilation = axes.every((axis) => axis.dilation === 1) ? "" : `, dilation=${pair(axes.map((axis) => axis.dilation))}`;
  return stride + dilation;
}

function pair([rows, cols]) {
  return rows === cols ? String(rows) : `(${rows}, ${cols})`;
}

function poolLines(stage, image) {
  const axes = axesOf(stage, image);
  const sides = axes.map(sidesOf);
  const plain = !reachesPast(axes);
  const size = pair(tapsOf(stage, image));
  const stride = pair(axes.map((axis) => axis.stride));
  const dilated = axes.some((axis) => axis.dilation !== 1);
  const parts = stage.footprint ? `[..., torch.tensor(${JSON.stringify(stage.footprint.map((line) => line.map(Number)))}, dtype=torch.bool)][..., None]` : "";
  const usual = { max: "F.max_pool2d", mean: "F.avg_pool2d" }[stage.mode];
  if (usual && plain && !dilated && !parts) return [`x = ${usual}(x, ${size}, ${stride})`];
  const unfolded = axes.map((axis, i) => `.unfold(${i + 2}, ${(axis.taps - 1) * axis.dilation + 1}, ${axis.stride})`).join("");
  const apart = dilated ? `[..., ${axes.map((axis) => `::${axis.dilation}`).join(", ")}]` : "";
  const windows = `${unfolded}${apart}${parts}`;
  const { empty, lines } = MERGED[stage.mode];
  const counts = stage.mode === "mean" ? countLines(stage, axes, sides, windows) : [];
  return [...counts, ...padding("x", sides, empty), `w = x${windows}`, ...lines(stage)];
}

/** The lines that count what each window's mean is over: its pixels, and what it counts of the padding. */
function countLines(stage, axes, sides, windows) {
  const counted = stage.countPadding ? axes.map((axis, i) => [axis.before, Math.min(axis.after, sides[i][1])]) : [[0, 0], [0, 0]];
  const rest = sides.map(([before, after], i) => [before - counted[i][0], after - counted[i][1]]);
  return ["n = torch.ones_like(x)", ...padding("n", counted, "1"), ...padding("n", rest, "0"), `n = n${windows}.sum((-2, -1))`];
}

function padding(name, [down, across], value) {
  const pad = [...across, ...down];
  return pad.some((one) => one !== 0) ? [`${name} = F.pad(${name}, (${pad.join(", ")}), value=${value})`] : [];
}

function grayLines(_, { channels, whole }) {
  if (channels === 1) return [];
  const luma = `torch.tensor(${JSON.stringify(LUMA)}, dtype=x.dtype).view(3, 1, 1)`;
  return [`x = (x * ${luma}).sum(1, keepdim=True) / 1000`, ...(whole ? ["x = x.round()"] : [])];
}

function pointLines(stage) {
  return [`x = ${TORCH_CURVES[stage.op] ?? `F.leaky_relu(x, ${stage.slope})`}`];
}
