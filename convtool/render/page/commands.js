// Stages in the words of the command line, and as a file for it.

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

/** The options of a stage that are not convtool's defaults: names and values; true for a flag. */
export function optionsOf(stage, presets) {
  /** @type {[string, string | true][]} */
  const found = [];
  const put = (name, value, usual) => {
    if (value !== usual) found.push([name, value]);
  };
  if (stage.op === "leaky_relu") put("slope", String(stage.slope), "0.01");
  if (stage.op === "conv") {
    const preset = presetOf(stage, presets);
    const rows = stage.weights.map((line) => line.join(" "));
    found.push(["kernel", preset ? preset.name : rows.join("; ")]);
    put("divisor", String(stage.divisor), String(preset ? preset.divisor : 1));
    put("bias", String(stage.bias), String(preset ? preset.bias : 0));
    if (stage.anchor && !preset) found.push(["anchor", stage.anchor.join(",")]);
  }
  if (stage.op === "pool") {
    put("mode", stage.mode, "max");
    put("size", stage.size === "global" ? "global" : sizes(stage.size), "2");
    if (stage.ceil) found.push(["ceil", true]);
    if (stage.countPadding && stage.mode === "mean") found.push(["count-include-pad", true]);
    if (stage.mode === "lp") put("p", String(stage.p), "2");
  }
  if (stage.op === "conv" || (stage.op === "pool" && stage.size !== "global")) {
    put("stride", sizes(stage.stride), stage.op === "conv" ? "1" : sizes(stage.size));
    put("padding", paddingWords(stage.padding), stage.op === "conv" ? "same" : "0");
    put("dilation", sizes(stage.dilation), "1");
  }
  if (stage.op === "conv") {
    put("border", stage.border, "edge");
    if (stage.border === "constant") put("fill", String(stage.fill), "0");
  }
  return found;
}

function sizes([rows, cols]) {
  return rows === cols ? String(rows) : `${rows}x${cols}`;
}

function paddingWords(padding) {
  if (!Array.isArray(padding)) return padding;
  const each = padding.flat();
  return each.every((one) => one === each[0]) ? String(each[0]) : each.join(",");
}

/** The pipeline as `convtool run` takes it. */
export function pipelineOf(stages, presets) {
  const words = (stage) =>
    [stage.op, ...optionsOf(stage, presets).map(([name, value]) => {
      if (value === true) return `--${name}`;
      return value.startsWith("-") && name !== "kernel" ? `--${name}=${value}` : `--${name} ${wordIn(value)}`;
    })].join(" ");
  return stages.map(words).join(" | ");
}

/** A value inside the words of a pipeline. */
function wordIn(value) {
  return /^[\w.,:+]+$/.test(value) ? value : `"${value}"`;
}

/** The command that makes the map of an image: its path, `-` for one that is piped in, and options that read it. */
export function commandOf([path, ...options], stages, presets) {
  const image = path !== "-" && path.startsWith("-") ? `./${path}` : path;
  const words = [image, ...options].map(quoted).join(" ");
  return `convtool run '${pipelineOf(stages, presets)}' ${words} -o map.png`;
}

/** The same stages as TOML. */
export function tomlOf(stages, presets) {
  const line = ([name, value]) => `${name.replaceAll("-", "_")} = ${value === true ? "true" : JSON.stringify(value)}`;
  return stages
    .map((stage) => ["[[stages]]", `op = "${stage.op}"`, ...optionsOf(stage, presets).map(line)].join("\n"))
    .join("\n\n");
}
