// One value: the image and its window, the kernel, the products, the sum, the map.

import { COMBINATIONS, axesOf, fieldsOf, followedIn, isConvolution } from "./engine.js";
import { facts } from "./facts.js";
import { Grid, css, inkOn, numeral, signed } from "./cells.js";
import { $, make, write } from "./elements.js";
import { current, isColor, isJoined, isLit, isWindowed, lights, seen } from "./model.js";
import { showPasses } from "./passes.js";
import { picture } from "./picture.js";
import { labelOf, toneOf } from "./stages.js";
import { LARGEST_KERNEL } from "./state.js";
import { weightInput } from "./weights.js";
import { say } from "./words.js";

const WIDEST_MARGIN = 12;
const LEAST_ROOM = 100;
const MOST_TABLES = 64;
const NARROW = 3;
const MOST_LETTERS = 15;

export const grids = { input: new Grid($("input").querySelector("canvas")), map: new Grid($("map").querySelector("canvas")) };

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

function marginsOf(stage, before) {
  if (!isWindowed(stage)) return [0, 0, 0, 0];
  return axesOf(stage, before).flatMap((axis) => {
    const reach = (axis.output - 1) * axis.stride - axis.before + (axis.taps - 1) * axis.dilation + 1;
    return [axis.before, Math.max(reach - axis.size, 0)].map((n) => Math.min(n, WIDEST_MARGIN));
  });
}

/** How wide and high a grid may be, in CSS pixels. */
function room() {
  return Math.max(Math.min($("input").clientWidth, Math.max(window.innerWidth * 0.32, 360)), LEAST_ROOM);
}

/** What the two grids are to show. */
function scenesOf({ k, stage, before, map, row, col, pinned, lanes, channels }) {
  const { colors, near, version } = seen;
  const mixes = stage.op === "gray" || stage.op === "layer";
  const into = mixes && isColor(before) ? [0, 1, 2] : mixes ? [strongest(lanes).channel] : channels;
  const around = (place) => fieldsOf([stage], [before, map], place[0], place[1]).map((spans) => spans.map(([start, stop]) => [start - 1, stop + 1]));
  const [pinnedIn, lookedIn] = [around(pinned), around([row, col])];
  const sceneOf = (i, image, shown) => ({
    image, channels: shown, tone: () => toneOf(image, shown), near, colors, scale: letters(), subject: String(k),
    pinned: pinnedIn[i], looked: seen.pointed === ["input", "map"][i] ? pinnedIn[i] : lookedIn[i],
    id: `${version} ${k + i} ${colors.ground}`,
  });
  const border = isConvolution(stage) ? { border: stage.border, fill: stage.fill } : { border: "padding", fill: 0 };
  return [
    { ...sceneOf(0, before, into), ...border, margins: marginsOf(stage, before) },
    { ...sceneOf(1, map, channels), border: "edge", fill: 0, margins: [0, 0, 0, 0] },
  ];
}

/** How large the page's letters are; 1 is 16 pixels. */
function letters() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

/** Lay both grids out, with cells of one size where they show parts. */
function layGrids(now) {
  const [input, map] = scenesOf(now);
  grids.input.measure(input);
  grids.map.measure(map);
  const least = Math.max(grids.input.least, grids.map.least);
  grids.input.lay({ ...input, least, room: room() });
  const asLarge = grids.input.cell * Math.max(now.before.rows, now.before.cols);
  grids.map.lay({ ...map, least, room: grids.input.isPart ? room() : asLarge });
}

export function showGrids(now) {
  const { k, stage, before, map, row, col, lanes, values } = now;
  const what = k ? labelOf(seen.shown[k - 1]) : say("image");
  layGrids(now);
  const all = lanes.flatMap((lane) => lane.window.flat());
  const span = (along) => [Math.min(...along), Math.max(...along) + 1];
  const frame = [span(all.map((one) => one.row)), span(all.map((one) => one.col))];
  grids.input.show([frame], markedIn(stage, lanes));
  grids.map.show([[[row, row + 1], [col, col + 1]]]);
  const made = all.some((one) => one.made) ? `; ${say("hatched")}` : "";
  write($("input").querySelector("figcaption"), say("input", { what, ...before }) + partOf(grids.input) + made);
  write($("map").querySelector("figcaption"), say("map", map) + partOf(grids.map));
  const isPart = grids.input.isPart || grids.map.isPart;
  $("near").hidden = seen.near && !isPart;
  $("step").classList.toggle("part", isPart);
  grids.input.canvas.setAttribute("aria-label", say("inputSays", { what, row, col }));
  grids.map.canvas.setAttribute("aria-label", say("mapSays", { row, col, value: values.map(numeral).join(", ") }));
}

/** The lane of the product that is the largest in size. */
function strongest(lanes) {
  const sizeOf = (lane) => Math.max(...lane.window.flat().map((one) => Math.abs(one.product)));
  return lanes.reduce((best, lane) => (sizeOf(lane) > sizeOf(best) ? lane : best));
}

/** The places of what is lit in the window, or of the elements that won. */
function markedIn(stage, lanes) {
  const places = ({ window: elements, value }) => {
    if (seen.lit) return elements.flatMap((line, u) => line.filter((_, v) => isLit(u, v)));
    const best = stage.op === "pool" ? followedIn(stage, [elements], value) : null;
    return best ? [elements[best[1]][best[2]]] : [];
  };
  return lanes.flatMap(places).map((one) => [one.row, one.col]);
}

/** The rows and columns of a map that a grid shows, first and last, where it shows a part. */
export function shownBy(grid) {
  if (!grid.isPart) return null;
  const { rows, cols } = grid.scene.image;
  const [top, left] = grid.from;
  return [[Math.max(top, 0), Math.min(top + grid.rows, rows) - 1], [Math.max(left, 0), Math.min(left + grid.cols, cols) - 1]];
}

function partOf(grid) {
  const found = shownBy(grid);
  if (!found) return "";
  const [[top, bottom], [left, right]] = found;
  return `; ${say("part", { top, bottom, left, right })}`;
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

/** The sum, the divisor, the bias, the value, a column a channel. */
export function showSum(now) {
  const { stage, lanes, row, col } = now;
  const joined = isJoined(stage);
  const columns = joined ? [joinedLines(now)] : lanes.map((lane) => linesOf(stage, lane));
  const lines = columns[0].map(([word], i) => [word, ...columns.map((column) => column[i][1])]);
  lines.push([say("value", { row, col }), ...columns.map((_, i) => numeral(lanes[i].value))]);
  const rows = lines.flatMap(([word, ...numbers], i) => {
    const className = i === lines.length - 1 ? "value" : "";
    return [make("dt", { textContent: word, className }), ...numbers.map((textContent) => make("dd", { textContent, className }))];
  });
  if (columns.length > 1) rows.unshift(make("dt"), ...lanes.map((lane) => make("dd", { textContent: lane.name })));
  $("steps").classList.toggle("lanes", columns.length > 1);
  $("steps").replaceChildren(...rows, ...remarks(now));
  showPasses(now, grids.input.tone);
}

/** What the value of joined windows comes from: words and numbers. */
function joinedLines({ stage, lanes, channels }) {
  const all = lanes.flatMap((lane) => lane.window.flat());
  const added = (elements) => elements.reduce((total, one) => total + one.product, 0);
  if (seen.byTerms && seen.term + 1 < all.length) {
    const count = seen.term + 1;
    return [[say("partial", { count }), numeral(added(all.slice(0, count)))]];
  }
  const sums = lanes.map((lane) => added(lane.window.flat()));
  const each = lanes.length > MOST_TABLES ? [] : lanes.map((lane, i) => [say("sumOf", { name: lane.name }), numeral(sums[i])]);
  if (stage.op === "layer") return [...each, ...closing(sums.reduce((a, b) => a + b), stage.divisor, stage.bias[channels[0]])];
  const values = stage.kernels.map((kernel, i) => sums[i] / kernel.divisor + kernel.bias);
  const changed = stage.kernels.some((kernel) => kernel.divisor !== 1 || kernel.bias !== 0);
  const then = changed ? lanes.map((lane, i) => [say("valueOf", { name: lane.name }), numeral(values[i])]) : [];
  return [...each, ...then, [say(`how-${stage.how}`), numeral(COMBINATIONS[stage.how](values))]];
}

/** What is done with a sum of products: words and numbers. */
function closing(sum, divisor, bias) {
  const lines = [[say("sum"), numeral(sum)]];
  if (divisor !== 1) lines.push([say("divisor", { number: numeral(divisor) }), numeral(sum / divisor)]);
  if (bias !== 0) lines.push([say("bias", { number: numeral(bias) }), numeral(sum / divisor + bias)]);
  return lines;
}

/** What a channel's value comes from: words and numbers. */
function linesOf(stage, { window: elements, value }) {
  if (stage.op === "pool") return [[say(stage.mode === "sum" ? "pool-sum" : stage.mode, stage), numeral(value)]];
  if (stage.op !== "conv") return [[labelOf(stage), numeral(value)]];
  const all = elements.flat();
  const count = seen.byTerms ? Math.min(seen.term + 1, all.length) : all.length;
  const sum = all.slice(0, count).reduce((total, one) => total + one.product, 0);
  return count < all.length ? [[say("partial", { count }), numeral(sum)]] : closing(sum, stage.divisor, stage.bias);
}

/** What is to be said where the whole image has another value here than the piece shown. */
function remarks({ k, row, col, channels, values }) {
  const isAt = k === facts.stages.length - 1 && row === facts.place[0] && col === facts.place[1];
  if (!isAt || picture.bitmap || JSON.stringify(seen.shown) !== JSON.stringify(facts.stages)) return [];
  const whole = channels.map((channel) => Number(facts.values[channel]));
  if (!values.some((value, i) => Math.abs(whole[i] - value) > 1e-4 * Math.max(Math.abs(whole[i]), 1))) return [];
  return [make("dd", { className: "remark", textContent: say("elsewhere", { value: whole.map(numeral).join(", ") }) })];
}
