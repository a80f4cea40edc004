// The fields in which a stage's parameters are changed.

import { tapsOf } from "./windows.js";
import { COMBINATIONS, POOL_MODES } from "./engine.js";
import { say } from "./words.js";
import { presetOf } from "./commands.js";
import { BORDERS, LARGEST_KERNEL, LARGEST_STEP, PADDINGS, flipped, resized } from "./state.js";
import { make } from "./elements.js";

/** The fields of a stage. `now` gives it as it is, and `put` takes parameters that were changed.
 * @returns {HTMLElement[]} */
export function fieldsFor(now, presets, put) {
  if (now().op === "conv") return convFields(now, presets, put);
  if (now().op === "combine") return [choice("how", now().how, Object.keys(COMBINATIONS), (how) => put({ how })), ...laidFields(now, put)];
  if (now().op === "layer") return laidFields(now, put);
  if (now().op === "pool") return poolFields(now, put);
  if (now().op === "leaky_relu") return [number("slope", now().slope, (slope) => put({ slope }))];
  return [];
}

function convFields(now, presets, put) {
  const stage = now();
  const size = [stage.weights.length, stage.weights[0].length];
  const resize = ([rows, cols]) => put({ weights: resized(now().weights, rows, cols), anchor: null, name: "" });
  const known = presetOf(stage, presets);
  const pick = (name) => {
    const preset = presets.find((one) => one.name === name);
    if (preset) put(structuredClone(preset));
  };
  const names = ["", ...presets.map((one) => one.name)];
  return [
    choice("preset", known ? known.name : "", names, pick, (name) => name || say("own")),
    several("size", size, 1, Math.max(LARGEST_KERNEL, ...size), resize),
    number("divide", stage.divisor, (divisor) => put({ divisor }), (divisor) => divisor !== 0),
    number("add_bias", stage.bias, (bias) => put({ bias })),
    ...laidFields(now, put),
    button("flip", () => put(flipped(now()))),
  ];
}

/** How kernels are laid on an image. */
function laidFields(now, put) {
  const stage = now();
  const fillOf = (border) => (border === "constant" ? now().fill : 0);
  return [
    ...placeFields(stage, put),
    choice("border", stage.border, BORDERS, (border) => put({ border, fill: fillOf(border) })),
    ...(stage.border === "constant" ? [number("fill", stage.fill, (fill) => put({ fill }))] : []),
  ];
}

function poolFields(now, put) {
  const stage = now();
  const all = stage.size === "global";
  const none = { stride: [1, 1], dilation: [1, 1], padding: [[0, 0], [0, 0]] };
  const spread = (on) => put(on ? { size: "global", ceil: false, ...none } : { size: [2, 2], stride: [2, 2] });
  const found = [
    choice("mode", stage.mode, POOL_MODES, (mode) => put({ mode, countPadding: false })),
    ...(stage.footprint ? [] : [flag("global", all, spread)]),
  ];
  if (stage.footprint) {
    found.push(button("rectangle", () => put({ footprint: null, size: tapsOf(now()) })));
  } else if (!all) {
    found.push(several("size", stage.size, 1, Math.max(LARGEST_KERNEL, ...stage.size), (size) => put({ size })));
  }
  if (!all) {
    found.push(...placeFields(stage, put), flag("ceil", stage.ceil, (ceil) => put({ ceil })));
  }
  if (stage.mode === "mean") found.push(flag("countPadding", stage.countPadding, (countPadding) => put({ countPadding })));
  if (stage.mode === "lp") found.push(number("p", stage.p, (p) => put({ p }), (p) => p >= 1));
  return found;
}

function placeFields(stage, put) {
  const sides = Array.isArray(stage.padding);
  const choose = (word) => put({ padding: word === "explicit" ? [[1, 1], [1, 1]] : word });
  const shown = (word) => (word === "explicit" ? say("explicit") : word);
  const found = [
    several("stride", stage.stride, 1, LARGEST_STEP, (stride) => put({ stride })),
    choice("padding", sides ? "explicit" : stage.padding, [...PADDINGS, "explicit"], choose, shown),
  ];
  if (sides) {
    const take = ([top, bottom, left, right]) => put({ padding: [[top, bottom], [left, right]] });
    found.push(several("sides", stage.padding.flat(), 0, LARGEST_STEP, take));
  }
  return [...found, several("dilation", stage.dilation, 1, LARGEST_STEP, (dilation) => put({ dilation }))];
}

/** Show the values of these fields in those that are there, if they are the same ones: whoever is
 * in a field stays in it. Else these are put in their place. Formulas come last, and are new. */
export function showFields(holder, fields) {
  const fresh = make("div", {}, ...fields);
  const controls = (one) => [...one.querySelectorAll("input, select")];
  const labels = (one) => [...one.querySelectorAll(".field > span:first-child, label > span")].map((label) => label.textContent);
  const sameAs = (one) => JSON.stringify([controls(one).map((control) => [control.id, control.max]), labels(one)]);
  if (sameAs(holder) !== sameAs(fresh)) {
    holder.replaceChildren(...fresh.childNodes);
    return;
  }
  const now = controls(holder);
  controls(fresh).forEach((control, i) => {
    if (control.type === "checkbox") now[i].checked = control.checked;
    else now[i].value = control.value;
  });
  holder.querySelectorAll(".formula").forEach((line) => line.remove());
  holder.append(...fresh.querySelectorAll(".formula"));
}

function button(key, press) {
  const made = make("button", { type: "button", id: `field-${key}`, textContent: say(key) });
  made.addEventListener("click", press);
  return made;
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

/** A number; one that is not `allowed` is put back. */
function number(key, value, put, allowed = (_) => true) {
  const input = make("input", { type: "number", step: "any", id: `field-${key}`, value: String(value) });
  input.setAttribute("aria-labelledby", `label-${key}`);
  let last = input.value;
  input.addEventListener("change", () => {
    const found = input.valueAsNumber;
    if (Number.isFinite(found) && allowed(found)) {
      last = input.value;
      put(found);
    } else {
      input.value = last;
    }
  });
  return labelled(key, input);
}

/** Some whole numbers, each from `least` to `most`. */
export function several(key, values, least, most, put) {
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
