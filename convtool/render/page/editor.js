// The fields in which a stage's parameters are changed.

import { POOL_MODES } from "./engine.js";
import { presetOf } from "./commands.js";
import { BORDERS, LARGEST_KERNEL, PADDINGS, resized } from "./state.js";
import { say } from "./words.js";

/** An element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** The fields of a stage; `changed` gets the stage as it is after a change.
 * @returns {HTMLElement[]} */
export function fieldsFor(stage, presets, changed) {
  const put = (values) => changed({ ...stage, ...values });
  if (stage.op === "conv") return convFields(stage, presets, put);
  if (stage.op === "pool") return poolFields(stage, put);
  if (stage.op === "leaky_relu") return [number("slope", stage.slope, (slope) => put({ slope }))];
  return [];
}

function convFields(stage, presets, put) {
  const { weights } = stage;
  const resize = ([rows, cols]) => put({ weights: resized(weights, rows, cols), anchor: null, name: "" });
  const known = presetOf(stage, presets);
  const pick = (name) => {
    const preset = presets.find((one) => one.name === name);
    if (preset) put(structuredClone(preset));
  };
  const names = ["", ...presets.map((one) => one.name)];
  const constant = stage.border === "constant";
  return [
    choice("preset", known ? known.name : "", names, pick, (name) => name || say("own")),
    several("size", [weights.length, weights[0].length], 1, LARGEST_KERNEL, resize),
    number("divide", stage.divisor, (divisor) => divisor !== 0 && put({ divisor })),
    number("add_bias", stage.bias, (bias) => put({ bias })),
    ...placeFields(stage, put),
    choice("border", stage.border, BORDERS, (border) => put({ border, fill: border === "constant" ? stage.fill : 0 })),
    ...(constant ? [number("fill", stage.fill, (fill) => put({ fill }))] : []),
  ];
}

function poolFields(stage, put) {
  const all = stage.size === "global";
  const none = { stride: [1, 1], dilation: [1, 1], padding: [[0, 0], [0, 0]] };
  const spread = (on) => put(on ? { size: "global", ...none } : { size: [2, 2], stride: [2, 2] });
  return [
    choice("mode", stage.mode, POOL_MODES, (mode) => put({ mode, countPadding: false })),
    flag("global", all, spread),
    ...(all ? [] : [several("size", stage.size, 1, LARGEST_KERNEL, (size) => put({ size })), ...placeFields(stage, put)]),
    ...(all ? [] : [flag("ceil", stage.ceil, (ceil) => put({ ceil }))]),
    ...(stage.mode === "mean" ? [flag("countPadding", stage.countPadding, (countPadding) => put({ countPadding }))] : []),
    ...(stage.mode === "lp" ? [number("p", stage.p, (p) => p >= 1 && put({ p }))] : []),
  ];
}

function placeFields(stage, put) {
  const sides = Array.isArray(stage.padding);
  const choose = (word) => put({ padding: word === "explicit" ? [[1, 1], [1, 1]] : word });
  const found = [
    several("stride", stage.stride, 1, 96, (stride) => put({ stride })),
    choice("padding", sides ? "explicit" : stage.padding, [...PADDINGS, "explicit"], choose,
      (word) => (word === "explicit" ? say("explicit") : word)),
    several("dilation", stage.dilation, 1, 96, (dilation) => put({ dilation })),
  ];
  if (sides) {
    const take = ([top, bottom, left, right]) => put({ padding: [[top, bottom], [left, right]] });
    found.splice(2, 0, several("sides", stage.padding.flat(), 0, 96, take));
  }
  return found;
}

function labelled(key, ...controls) {
  return make("div", { className: "field" }, make("span", { textContent: say(key), id: `label-${key}` }), ...controls);
}

function choice(key, value, words, put, shown = (word) => word) {
  const select = make("select", { id: `field-${key}` }, ...words.map((word) => new Option(shown(word), word, false, word === value)));
  select.setAttribute("aria-labelledby", `label-${key}`);
  select.addEventListener("change", () => put(select.value));
  return labelled(key, select);
}

function number(key, value, put) {
  const input = make("input", { type: "number", step: "any", id: `field-${key}`, value: String(value) });
  input.setAttribute("aria-labelledby", `label-${key}`);
  input.addEventListener("change", () => Number.isFinite(input.valueAsNumber) && put(input.valueAsNumber));
  return labelled(key, input);
}

function several(key, values, least, most, put) {
  const inputs = values.map((value, i) => {
    const input = make("input", { type: "number", min: String(least), max: String(most), id: `field-${key}-${i}`, value: String(value) });
    input.setAttribute("aria-label", `${say(key)} ${i + 1}`);
    return input;
  });
  const read = () => {
    const found = inputs.map((input) => input.valueAsNumber);
    if (found.every((one) => Number.isInteger(one) && one >= least && one <= most)) put(found);
  };
  inputs.forEach((input) => input.addEventListener("change", read));
  const between = inputs.flatMap((input, i) => (i ? [values.length === 2 ? "×" : " ", input] : [input]));
  return labelled(key, make("span", { className: "numbers" }, ...between));
}

function flag(key, value, put) {
  const input = make("input", { type: "checkbox", id: `field-${key}`, checked: value });
  input.addEventListener("change", () => put(input.checked));
  return make("label", { className: "field" }, input, make("span", { textContent: say(key) }));
}
