// One value: the image and its window, the kernel, the products, the sum, the map.

import { axesOf, followedIn } from "./engine.js";
import { facts } from "./facts.js";
import { Grid, css, inkOn, numeral, palette, signed, tones } from "./cells.js";
import { $, make } from "./elements.js";
import { current, isWindowed, light, put, seen } from "./model.js";
import { picture } from "./picture.js";
import { labelOf } from "./stages.js";
import { LARGEST_KERNEL } from "./state.js";
import { say } from "./words.js";

const WIDEST_MARGIN = 12;
const NARROW = 5;
const MOST_LETTERS = 18;

export const grids = { input: new Grid($("input").querySelector("canvas")), map: new Grid($("map").querySelector("canvas")) };

/** Make the tables of the window, the kernel and the products, of as many cells as there are. */
export function layTables() {
  const { stage, window } = current();
  const weighted = stage.op === "conv" || (stage.op === "gray" && window[0].length > 1);
  const few = window.length <= LARGEST_KERNEL && window[0].length <= LARGEST_KERNEL;
  const longest = Math.max(...window.flat().map((one) => numeral(one.weight).length));
  const isWide = window[0].length > NARROW || window[0].length * longest > MOST_LETTERS;
  const key = [stage.op, isWide, weighted, window.length, window[0].length, document.documentElement.lang].join();
  if (key === $("grids").dataset.key) return;
  $("grids").dataset.key = key;
  $("step").classList.toggle("wide", isWide);
  $("grids").hidden = !few;
  for (const one of document.querySelectorAll('[data-for="kernel"], #kernel, #products')) one.hidden = !weighted;
  const cells = (name, cell) => {
    const rows = window.map((line, u) => make("tr", {}, ...line.map((_, v) => make("td", {}, ...cell(u, v)))));
    const body = make("tbody", {}, ...(few ? rows : []));
    body.querySelectorAll("tr").forEach((line, u) => line.childNodes.forEach((one, v) => {
      one.addEventListener("pointerenter", () => light([u, v]));
      one.addEventListener("pointerleave", () => light(null));
    }));
    $(name).querySelector("table").replaceChildren(body);
  };
  cells("window", () => []);
  cells("products", () => []);
  cells("kernel", (u, v) => (stage.op === "conv" ? [weightInput(u, v)] : []));
}

function weightInput(u, v) {
  const input = make("input", { type: "text", inputMode: "decimal", id: `weight-${u}-${v}`, autocomplete: "off" });
  input.setAttribute("aria-label", say("weight", { row: u, col: v }));
  const weightsNow = () => seen.state.stages[seen.state.stage].weights ?? [];
  const write = (value) => {
    if (weightsNow()[u]?.[v] === undefined) return;
    put({ weights: weightsNow().map((line, i) => line.map((one, j) => (i === u && j === v ? value : one))), name: "" });
  };
  const typed = () => {
    const value = Number(input.value.replace(",", "."));
    if (input.value.trim() !== "" && Number.isFinite(value)) write(value);
    else input.value = numeral(weightsNow()[u]?.[v] ?? 0);
  };
  input.addEventListener("change", typed);
  input.addEventListener("focus", () => {
    input.value = numeral(weightsNow()[u]?.[v] ?? 0);
    light([u, v]);
  });
  input.addEventListener("blur", () => light(null));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    const by = (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 0.1 : 1);
    write(Number((Number(weightsNow()[u]?.[v]) + by).toPrecision(12)));
  });
  return input;
}

function marginsOf(stage, before) {
  if (!isWindowed(stage)) return [0, 0, 0, 0];
  return axesOf(stage, before).flatMap((axis) => {
    const reach = (axis.output - 1) * axis.stride - axis.before + (axis.taps - 1) * axis.dilation + 1;
    return [axis.before, Math.max(reach - axis.size, 0)].map((n) => Math.min(n, WIDEST_MARGIN));
  });
}

/** How wide and high a grid may be, in CSS pixels. */
function room() {
  return Math.min($("input").clientWidth, Math.max(window.innerWidth * 0.32, 360));
}

export function showGrids({ k, stage, before, map, row, col, channel, window: elements, value }) {
  const inputChannel = Math.min(channel, before.channels - 1);
  const border = stage.op === "conv" ? stage.border : "padding";
  const fill = stage.op === "conv" ? stage.fill : 0;
  const whiteOf = (one) => (one === seen.maps[0] ? picture.white : null);
  const what = k ? labelOf(seen.shown[k - 1]) : say("image");
  const colors = palette();
  const dark = colors.ground.join();
  grids.input.lay({ image: before, channel: inputChannel, white: whiteOf(before), margins: marginsOf(stage, before), border, fill, room: room(), colors, id: `${seen.version} ${k} ${dark}` });
  grids.map.lay({ image: map, channel, white: null, margins: [0, 0, 0, 0], border: "edge", fill: 0, room: grids.input.cell * Math.max(before.rows, before.cols), colors, id: `${seen.version} ${k + 1} ${dark}` });
  const span = (along) => [Math.min(...along), Math.max(...along) + 1];
  const all = elements.flat();
  const frame = [span(all.map((one) => one.row)), span(all.map((one) => one.col))];
  const marked = [];
  if (seen.lit) {
    const one = elements[seen.lit[0]]?.[seen.lit[1]];
    if (one) marked.push([one.row, one.col]);
  } else {
    const best = followedIn(stage, elements, value);
    if (best && stage.op === "pool") marked.push([elements[best[0]][best[1]].row, elements[best[0]][best[1]].col]);
  }
  grids.input.show([frame], marked);
  grids.map.show([[[row, row + 1], [col, col + 1]]]);
  const made = all.some((one) => one.made) ? `; ${say("hatched")}` : "";
  $("input").querySelector("figcaption").textContent = say("input", { what, ...before }) + made;
  $("map").querySelector("figcaption").textContent = say("map", map);
  grids.input.canvas.setAttribute("aria-label", say("inputSays", { what, row, col }));
  grids.map.canvas.setAttribute("aria-label", say("mapSays", { row, col, value: numeral(value) }));
}

export function showTables({ stage, before, channel, window: elements, value }) {
  if ($("grids").hidden) return;
  const colors = palette();
  const inputChannel = Math.min(channel, before.channels - 1);
  const tone = tones(before, inputChannel, before === seen.maps[0] ? picture.white : null, colors);
  const best = stage.op === "pool" ? followedIn(stage, elements, value) : null;
  const peakOf = (name) => Math.max(...elements.flat().map((one) => (Number.isFinite(one[name]) ? Math.abs(one[name]) : 0)));
  const peaks = { weight: peakOf("weight"), product: peakOf("product") };
  const isWide = $("step").classList.contains("wide");
  const short = (value) => numeral(isWide ? Number(value.toPrecision(3)) : value);
  const paint = (name, text, color) => {
    const lines = $(name).querySelectorAll("tr");
    const longest = Math.max(...elements.flat().map((one) => text(one).length));
    $(name).querySelector("table").style.setProperty("--letters", String(longest));
    elements.forEach((line, u) => line.forEach((one, v) => {
      const cell = lines[u]?.children[v];
      if (!cell) return;
      const input = cell.querySelector("input");
      if (!input) cell.textContent = text(one);
      else if (input !== document.activeElement || Number(input.value) !== one.weight) input.value = text(one);
      const shade = color(one);
      cell.style.backgroundColor = shade ? css(shade) : "";
      cell.style.color = shade ? inkOn(shade) : "";
      const at = u * line.length + v;
      cell.classList.toggle("made", name === "window" && one.made);
      cell.classList.toggle("lit", seen.lit !== null && seen.lit[0] === u && seen.lit[1] === v);
      cell.classList.toggle("followed", best !== null && name === "window" && best[0] === u && best[1] === v);
      cell.classList.toggle("later", name !== "kernel" && seen.byTerms && at > seen.term);
    }));
  };
  const isMissing = (one) => stage.op === "pool" && !one.from;
  paint("window", (one) => (isMissing(one) ? "·" : one.made ? `(${short(one.pixel)})` : short(one.pixel)), (one) => (isMissing(one) ? null : tone(one.pixel)));
  paint("kernel", (one) => short(one.weight), (one) => signed(one.weight, peaks.weight, colors));
  paint("products", (one) => short(one.product), (one) => signed(one.product, peaks.product, colors));
}

/** The sum, the divisor, the bias, the value. */
export function showSum({ k, stage, window: elements, row, col, channel, value }) {
  const lines = [];
  const all = elements.flat();
  if (stage.op === "conv") {
    const count = seen.byTerms ? Math.min(seen.term + 1, all.length) : all.length;
    const sum = all.slice(0, count).reduce((total, one) => total + one.product, 0);
    lines.push([say(count < all.length ? "partial" : "sum", { count }), numeral(sum)]);
    if (count === all.length && stage.divisor !== 1) lines.push([say("divisor", { number: numeral(stage.divisor) }), numeral(sum / stage.divisor)]);
    if (count === all.length && stage.bias !== 0) lines.push([say("bias", { number: numeral(stage.bias) }), numeral(sum / stage.divisor + stage.bias)]);
  } else if (stage.op === "pool") {
    lines.push([say(stage.mode === "sum" ? "pool-sum" : stage.mode, stage), numeral(value)]);
  } else {
    lines.push([labelOf(stage), numeral(value)]);
  }
  lines.push([say("value", { row, col }), numeral(value)]);
  const rows = lines.flatMap(([word, number], i) => {
    const last = i === lines.length - 1 ? "value" : "";
    return [make("dt", { textContent: word, className: last }), make("dd", { textContent: number, className: last })];
  });
  const whole = Number(facts.values[channel]);
  const isAt = k === facts.stages.length - 1 && row === facts.place[0] && col === facts.place[1];
  const same = JSON.stringify(seen.shown) === JSON.stringify(facts.stages);
  if (isAt && same && !picture.bitmap && Math.abs(whole - value) > 1e-4 * Math.max(Math.abs(whole), 1)) {
    rows.push(make("dd", { className: "remark", textContent: say("elsewhere", { value: numeral(whole) }) }));
  }
  $("steps").replaceChildren(...rows);
}
