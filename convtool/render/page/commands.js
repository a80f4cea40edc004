// Stages in the words of the command line, and as a file for it.

import { isConvolution, tapsOf } from "./windows.js";

/** A text as a word of a shell. Bytes of a name that are no text come as lone surrogates from
 * U+DC80 on, as Python has them. */
export function quoted(text) {
  if (/^[\w.,:/=+-]+$/.test(text)) return text;
  if (!/[\udc80-\udcff]/u.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replaceAll(/[\\']/g, "\\$&").replaceAll("\n", "\\n");
  return `$'${escaped.replaceAll(/[\udc80-\udcff]/gu, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`)}'`;
}

/** The bundled kernel whose weights a stage has; undefined for other weights. */
export function presetOf(stage, presets) {
  const parts = (one) => JSON.stringify([one.weights, one.anchor]);
  const same = presets.filter((one) => parts(one) === parts(stage));
  return same.find((one) => one.name === stage.name) ?? same[0];
}

/** The options of a stage that are not convtool's defaults: names and values; true for a flag.
 * @returns {[string, string | true][]} */
export function optionsOf(stage, presets) {
  /** @type {[string, string | true][]} */
  const found = [];
  const put = (name, value, usual) => {
    if (value !== usual) found.push([name, value]);
  };
  const convolves = isConvolution(stage);
  if (stage.op === "leaky_relu") put("slope", String(stage.slope), "0.01");
  if (stage.op === "conv") {
    const preset = presetOf(stage, presets);
    found.push(["kernel", preset ? preset.name : rowsOf(stage.weights)]);
    put("divisor", String(stage.divisor), String(preset ? preset.divisor : 1));
    put("bias", String(stage.bias), String(preset ? preset.bias : 0));
    if (stage.anchor && !preset) found.push(["anchor", stage.anchor.join(",")]);
  }
  if (stage.op === "combine") found.push(...combinedOptions(stage, presets));
  if (stage.op === "layer") found.push(...layerOptions(stage));
  if (stage.op === "pool") {
    put("mode", stage.mode, "max");
    if (stage.footprint) found.push(["footprint", rowsOf(stage.footprint.map((line) => line.map(Number)))]);
    else put("size", stage.size === "global" ? "global" : sizes(stage.size), "2");
    if (stage.ceil) found.push(["ceil", true]);
    if (stage.countPadding && stage.mode === "mean") found.push(["count-include-pad", true]);
    if (stage.mode === "lp") put("p", String(stage.p), "2");
  }
  if (convolves || (stage.op === "pool" && stage.size !== "global")) {
    put("stride", sizes(stage.stride), convolves ? "1" : sizes(tapsOf(stage)));
    put("padding", paddingWords(stage.padding), convolves ? "same" : "0");
    put("dilation", sizes(stage.dilation), "1");
  }
  if (convolves) {
    put("border", stage.border, "edge");
    if (stage.border === "constant") put("fill", String(stage.fill), "0");
  }
  return found;
}

/** Kernels by their names where all have one, else by their weights. Divisor, bias and anchor are said for all at
 * once; divisors that differ are in the weights. */
function combinedOptions({ kernels, how }, presets) {
  const presetsOfAll = kernels.map((kernel) => presetOf(kernel, presets));
  const [{ divisor, bias, anchor }] = kernels;
  const alike = kernels.every((kernel) => kernel.divisor === divisor);
  const isOwn = (name) => presetsOfAll.every((preset, i) => preset && preset[name] === kernels[i][name]);
  const named = presetsOfAll.every(Boolean) && (alike || isOwn("divisor"));
  const divided = (kernel) => kernel.weights.map((line) => line.map((one) => (alike ? one : one / kernel.divisor)));
  return [
    ...kernels.map((kernel, i) => ["kernel", named ? presetsOfAll[i].name : rowsOf(divided(kernel))]),
    ...((named ? isOwn("divisor") : !alike || divisor === 1) ? [] : [["divisor", String(divisor)]]),
    ...((named ? isOwn("bias") : bias === 0) ? [] : [["bias", String(bias)]]),
    ...(anchor && !named ? [["anchor", anchor.join(",")]] : []),
    ["combine", how],
  ];
}

/** A layer is named by its files. */
function layerOptions({ name, files, divisor, bias, anchor, groups }) {
  const biases = files?.bias_file ? [["bias-file", files.bias_file]] : bias[0] ? [["bias", String(bias[0])]] : [];
  return [
    ["kernel", files?.kernel ?? `${name}.npy`],
    ...(divisor === 1 ? [] : [["divisor", String(divisor)]]),
    ...biases,
    ...(anchor ? [["anchor", anchor.join(",")]] : []),
    ...(groups === 1 ? [] : [["groups", String(groups)]]),
  ];
}

function rowsOf(weights) {
  return weights.map((line) => line.join(" ")).join("; ");
}

function sizes([rows, cols]) {
  return rows === cols ? String(rows) : `${rows}x${cols}`;
}

function paddingWords(padding) {
  if (!Array.isArray(padding)) return padding;
  const each = padding.flat();
  return each.every((one) => one === each[0]) ? String(each[0]) : each.join(",");
}

/** The operation that a stage is of. */
function operationOf(stage) {
  return isConvolution(stage) ? "conv" : stage.op;
}

/** The pipeline as `convtool run` takes it. */
export function pipelineOf(stages, presets) {
  const words = (stage) =>
    [operationOf(stage), ...optionsOf(stage, presets).map(([name, value]) => {
      if (value === true) return `--${name}`;
      return value.startsWith("-") && name !== "kernel" ? `--${name}=${value}` : `--${name} ${wordIn(value)}`;
    })].join(" ");
  return stages.map(words).join(" | ");
}

/** A value inside the words of a pipeline, which reads quotes as a shell does. */
function wordIn(value) {
  return /^[\w.,:+/][\w.,:+/-]*$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** The command that makes the map of an image: its path, `-` for one that is piped in, and options that read it. A map
 * of so many channels that is no picture goes into a .npy. */
export function commandOf([path, ...options], stages, presets, channels = 1) {
  const image = path !== "-" && path.startsWith("-") ? `./${path}` : path;
  const words = [pipelineOf(stages, presets), image, ...options].map(quoted).join(" ");
  return `convtool run ${words} -o map.${channels === 1 || channels === 3 ? "png" : "npy"}`;
}

/** A value of TOML, whose texts hold no control characters; what is no text in a name becomes U+FFFD. */
function inToml(value) {
  const escaped = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(typeof value === "string" ? value.toWellFormed() : value).replaceAll(/[\x7f-\x9f]/g, escaped);
}

/** The same stages as TOML. */
export function tomlOf(stages, presets) {
  const lines = (options) =>
    [...new Set(options.map(([name]) => name))].map((name) => {
      const values = options.filter((one) => one[0] === name).map((one) => inToml(one[1]));
      return `${name.replaceAll("-", "_")} = ${values.length > 1 ? `[${values.join(", ")}]` : values[0]}`;
    });
  return stages
    .map((stage) => ["[[stages]]", `op = "${operationOf(stage)}"`, ...lines(optionsOf(stage, presets))].join("\n"))
    .join("\n\n");
}
