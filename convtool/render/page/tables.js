// The tables of a step: the windows, the kernels, the products.

import { isConvolution } from "./windows.js";
import { followedIn } from "./behind.js";
import { say } from "./words.js";
import { LARGEST_KERNEL } from "./state.js";
import { css, inkOn, numeral, signed } from "./cells.js";
import { $, make, write } from "./elements.js";
import { current, isJoined, isLit, lights, seen } from "./model.js";
import { weightInput } from "./weights.js";
import { grids } from "./grids.js";

/** More tables are not shown. */
export const MOST_TABLES = 64;
const NARROW = 3;
const MOST_LETTERS = 40;
const LETTERS_OF_FLOAT = 8;

/** Make the tables of the window and the products, one a channel, and of the kernel, of as many cells as there are. */
export function layTables() {
  const { stage, before, lanes, window } = current();
  const isNamed = lanes.length > 1;
  const weighted = isConvolution(stage) || (stage.op === "gray" && window[0].length > 1);
  const few = window.length <= LARGEST_KERNEL && window[0].length <= LARGEST_KERNEL && lanes.length <= MOST_TABLES;
  const isWide = window[0].length > NARROW || (weighted && window[0].length * lettersOf(window, before) > MOST_LETTERS);
  if (!$("kernel").querySelector(".dragged")) $("step").classList.toggle("wide", isWide);
  const key = [stage.op, lanes.map((lane) => lane.channel), weighted, window.length, window[0].length, document.documentElement.lang].join();
  if (key === $("grids").dataset.key) return;
  $("grids").dataset.key = key;
  $("grids").hidden = !few;
  $("unshown").hidden = few;
  $("unshown").textContent = say("unshown", { size: [...(isNamed ? [lanes.length] : []), window.length, window[0].length].join("x") });
  for (const one of document.querySelectorAll('[data-for="kernel"], #kernel, #products')) one.hidden = !weighted;
  const tableOf = (name, inside) => {
    const caption = isNamed ? [make("caption", { textContent: name })] : [];
    const rows = window.map((line, u) => make("tr", {}, ...line.map((_, v) => lights(make("td", {}, ...inside(u, v)), u, v))));
    return make("table", {}, ...caption, make("tbody", {}, ...(few ? rows : [])));
  };
  const names = lanes.map((lane) => lane.name);
  for (const name of ["window", "products"]) fillFigure(name, names.map((channel) => tableOf(channel, () => [])));
  const kernels = isJoined(stage) ? names : [""];
  const inside = (n) => (u, v) => (stage.op === "layer" || !isConvolution(stage) ? [] : [weightInput(u, v, n)]);
  fillFigure("kernel", kernels.map((name, n) => tableOf(name, inside(n))));
  for (const table of $("window").querySelectorAll("table")) {
    table.tabIndex = 0;
    table.setAttribute("aria-label", say("windowSays"));
  }
}

/** How many letters a pixel, a weight and a product take together, wherever the window is. */
function lettersOf(window, before) {
  const weights = window.flat().map((one) => one.weight);
  const weight = Math.max(...weights.map((one) => numeral(one).length));
  const pixel = before.whole ? numeral(before.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0)).length : LETTERS_OF_FLOAT;
  const product = before.whole && weights.every(Number.isInteger) ? pixel + weight : LETTERS_OF_FLOAT;
  return pixel + weight + product;
}

function fillFigure(name, tables) {
  $(name).replaceChildren($(name).querySelector("figcaption"), ...tables);
}

export function showTables(now) {
  if ($("grids").hidden) return;
  now.lanes.forEach((lane, number) => showLane(now, lane, number));
}

/** Fill the tables of a lane; where they are not joined, the first one's weights are those of all. */
function showLane({ stage, lanes }, { window: elements, value }, number) {
  const { colors } = seen;
  const { tone } = grids.input;
  const [, ...best] = (stage.op === "pool" && followedIn(stage, [elements], value)) || [];
  const shared = isJoined(stage) ? lanes.flatMap((lane) => lane.window.flat()) : elements.flat();
  const peakOf = (name) => Math.max(...shared.map((one) => (Number.isFinite(one[name]) ? Math.abs(one[name]) : 0)));
  const peaks = { weight: peakOf("weight"), product: peakOf("product") };
  const isLong = elements[0].length > NARROW;
  const short = (value) => numeral(isLong ? Number(value.toPrecision(3)) : value);
  const paint = (name, text, color) => {
    const table = $(name).querySelectorAll("table")[number];
    if (!table) return;
    if (table.caption && (name !== "kernel" || isJoined(stage))) write(table.caption, lanes[number].name);
    const longest = Math.max(...elements.flat().map((one) => text(one).length));
    table.style.setProperty("--letters", String(longest));
    elements.forEach((line, u) => line.forEach((one, v) => {
      const cell = table.rows[u]?.cells[v];
      if (!cell) return;
      const input = cell.querySelector("input");
      const shown = text(one);
      if (!input) write(cell, shown);
      else if (input.value !== shown && (input !== document.activeElement || Number(input.value) !== one.weight)) input.value = shown;
      const shade = color(one);
      cell.style.backgroundColor = shade ? css(shade) : "";
      cell.style.color = shade ? inkOn(shade) : "";
      const at = ((isJoined(stage) ? number : 0) * elements.length + u) * line.length + v;
      cell.classList.toggle("made", name === "window" && one.made);
      cell.classList.toggle("lit", isLit(u, v));
      cell.classList.toggle("followed", name === "window" && best[0] === u && best[1] === v);
      cell.classList.toggle("later", name !== "kernel" && seen.byTerms && at > seen.term);
    }));
  };
  const isMissing = (one) => stage.op === "pool" && !one.from;
  paint("window", (one) => (isMissing(one) ? "·" : one.made ? `(${short(one.pixel)})` : short(one.pixel)), (one) => (isMissing(one) ? null : tone(one.pixel)));
  paint("kernel", (one) => short(one.weight), (one) => signed(one.weight, peaks.weight, colors));
  paint("products", (one) => short(one.product), (one) => signed(one.product, peaks.product, colors));
}
