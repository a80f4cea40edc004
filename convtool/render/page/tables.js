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
const MOST_LETTERS = 15;

/** Make the tables of the window and the products, one a channel, and of the kernel, of as many cells as there are. */
export function layTables() {
  const { stage, lanes, window } = current();
  const weighted = isConvolution(stage) || (stage.op === "gray" && window[0].length > 1);
  const few = window.length <= LARGEST_KERNEL && window[0].length <= LARGEST_KERNEL && lanes.length <= MOST_TABLES;
  const longest = Math.max(...window.flat().map((one) => numeral(one.weight).length));
  const isWide = window[0].length > NARROW || window[0].length * longest > MOST_LETTERS;
  if (!$("kernel").querySelector(".dragged")) $("step").classList.toggle("wide", isWide);
  const key = [stage.op, lanes.map((lane) => [lane.name, lane.channel]), weighted, window.length, window[0].length, document.documentElement.lang].join();
  if (key === $("grids").dataset.key) return;
  $("grids").dataset.key = key;
  $("grids").hidden = !few;
  for (const one of document.querySelectorAll('[data-for="kernel"], #kernel, #products')) one.hidden = !weighted;
  const tableOf = (name, inside) => {
    const caption = name === undefined ? [] : [make("caption", { textContent: name })];
    const rows = window.map((line, u) => make("tr", {}, ...line.map((_, v) => lights(make("td", {}, ...inside(u, v)), u, v))));
    return make("table", {}, ...caption, make("tbody", {}, ...(few ? rows : [])));
  };
  const names = lanes.map((lane) => (lanes.length > 1 ? lane.name : undefined));
  for (const name of ["window", "products"]) fillFigure(name, names.map((channel) => tableOf(channel, () => [])));
  const kernels = isJoined(stage) ? names : [undefined];
  const inside = (n) => (u, v) => (stage.op === "layer" || !isConvolution(stage) ? [] : [weightInput(u, v, n)]);
  fillFigure("kernel", kernels.map((name, n) => tableOf(name, inside(n))));
  for (const table of $("window").querySelectorAll("table")) {
    table.tabIndex = 0;
    table.setAttribute("aria-label", say("windowSays"));
  }
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
  const isWide = $("step").classList.contains("wide");
  const short = (value) => numeral(isWide ? Number(value.toPrecision(3)) : value);
  const paint = (name, text, color) => {
    const table = $(name).querySelectorAll("table")[number];
    if (!table) return;
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
