// What is seen: the image, the window, the kernel, the products, the map; and what moves it.

import { Refused, STAGES, axesOf, compare, fieldsOf, followedIn, run, valueAt, windowOf } from "./engine.js";
import { Grid, css, grey, inkOn, numeral, paintSmall, palette, signed, tones } from "./cells.js";
import { commandOf, tomlOf } from "./commands.js";
import { costOf, factors } from "./cost.js";
import { RANGES, pixelsBy } from "./pixels.js";
import { fieldsFor, make, showFields } from "./editor.js";
import { History, LARGEST_KERNEL, MOST_STAGES, fragmentOf, newStage, stateIn } from "./state.js";
import { say, speak } from "./words.js";

const $ = (id) => /** @type {any} */ (document.getElementById(id));
const WIDEST_MARGIN = 12;
const SMALL = 5.5;
const NARROW = 5;
const MOST_LETTERS = 18;
const STEPS_A_SECOND = [1, 2, 4, 8, 16, 32, 60];
const KINDS = { uint8: Uint8Array, uint16: Uint16Array, float64: Float64Array };

/** An array of the facts as an image. */
function imageOf(array, whole) {
  const bytes = Uint8Array.from(atob(array.data), (letter) => letter.charCodeAt(0));
  const data = Float64Array.from(new KINDS[array.type](bytes.buffer));
  return { rows: array.rows, cols: array.cols, channels: array.channels, whole, data };
}

const facts = JSON.parse($("facts").textContent);
const image = imageOf(facts.excerpt, facts.whole);
const expected = imageOf(facts.map, false);
const first = { stages: facts.stages, stage: facts.stages.length - 1, row: facts.place[0], col: facts.place[1], channel: 0 };
const presets = facts.presets;

/** The state, and what is looked at for the moment. */
let state = stateIn(location.hash.slice(1)) ?? structuredClone(first);
let history = new History(facts.stages);
let maps = run(facts.stages, image);
let shown = facts.stages;
let looked = null;
let lit = null;
let version = 0;
let term = 0;
let playing = false;
let colors = palette();
/** What makes a pixel of a value of the map that is seen, by the ways to do it. */
const pixelOf = new Map();
const agreement = compare(maps[maps.length - 1], expected, largestOf([...maps, expected]));
const grids = { input: new Grid($("input").querySelector("canvas")), map: new Grid($("map").querySelector("canvas")) };

function largestOf(images) {
  let most = 0;
  for (const one of images) {
    for (const value of one.data) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  }
  return most;
}

/** The stage in full with its input, its map, and the place that is seen in it. */
function current() {
  const k = Math.min(state.stage, shown.length - 1);
  const map = maps[k + 1];
  const at = looked ?? [state.row, state.col];
  const row = Math.min(Math.max(at[0], 0), map.rows - 1);
  const col = Math.min(Math.max(at[1], 0), map.cols - 1);
  const channel = Math.min(state.channel, map.channels - 1);
  const stage = shown[k];
  const window = windowOf(stage, maps[k], row, col, channel);
  const value = valueAt(map, row, col, channel);
  return { k, stage, before: maps[k], map, row, col, channel, window, value };
}

/** Whether a stage lays windows on its input. */
function isWindowed(stage) {
  return stage.op === "conv" || stage.op === "pool";
}

function labelOf(stage) {
  if (stage.op === "conv") return `conv ${stage.name} ${stage.weights.length}x${stage.weights[0].length}`.replace("  ", " ");
  if (stage.op === "pool") return `pool ${stage.mode} ${stage.size === "global" ? "global" : stage.size.join("x")}`;
  return stage.op === "leaky_relu" ? `leaky_relu ${stage.slope}` : stage.op;
}

/** Compute the maps of the state's stages; where that is refused, those before stay. */
function compute() {
  try {
    maps = run(state.stages, image);
    shown = state.stages;
    version += 1;
    $("refused").hidden = true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    $("refused").textContent = `${say(error.key, error.values)} ${say("before")}`;
    $("refused").hidden = false;
  }
}

/** Take stages, keep them to be undone, and show all. */
function change(stages, keeps = true) {
  stop();
  state.stages = stages;
  state.stage = Math.min(state.stage, stages.length - 1);
  if (keeps) history.keep(stages);
  compute();
  showAll();
}

/** Change parameters of the stage in full. */
function put(values) {
  change(state.stages.map((one, k) => (k === state.stage ? { ...one, ...values } : one)));
}

/** Stay at a place of the map. */
function pin(row, col) {
  const { map } = current();
  state.row = Math.min(Math.max(row, 0), map.rows - 1);
  state.col = Math.min(Math.max(col, 0), map.cols - 1);
  looked = null;
  showStep();
  remember();
}

/** Choose a stage, at the element of its map that the value seen now is followed through, or at the
 * value above it. */
function choose(k) {
  stop();
  const now = current();
  let { row, col } = now;
  for (let i = now.k; i > k; i--) {
    const channel = Math.min(now.channel, maps[i + 1].channels - 1);
    const window = windowOf(shown[i], maps[i], row, col, channel);
    const best = followedIn(shown[i], window, valueAt(maps[i + 1], row, col, channel));
    if (best) [row, col] = window[best[0]][best[1]].from;
  }
  for (let i = now.k + 1; i <= k; i++) [row, col] = over(shown[i], maps[i], row, col);
  Object.assign(state, { stage: k, row, col });
  looked = null;
  showAll();
}

/** The place of the window of a stage whose middle is nearest to a pixel. */
function over(stage, before, row, col) {
  if (!isWindowed(stage)) return [row, col];
  return axesOf(stage, before).map((axis, i) => {
    const middle = ((axis.taps - 1) * axis.dilation) / 2;
    const o = Math.round(([row, col][i] + axis.before - middle) / axis.stride);
    return Math.min(Math.max(o, 0), axis.output - 1);
  });
}

function remember() {
  window.history.replaceState(null, "", `#${fragmentOf(state)}`);
}

// --- what is drawn ---

function showAll() {
  document.title = `${facts.name} · convtool`;
  document.documentElement.lang = $("language").value === "zh" ? "zh-Hans" : "en";
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = say(one.dataset.word);
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
  showHead();
  showStages();
  showChannels();
  showPixels();
  showEditor();
  layTables();
  showStep();
  remember();
}

function showHead() {
  const { top, left } = facts.excerpt;
  const [rows, cols] = facts.size;
  const place = { top, left, bottom: top + image.rows - 1, right: left + image.cols - 1, rows, cols };
  $("title").textContent = say("title", { name: facts.name });
  $("about").textContent = say(facts.picture ? "about" : "aboutAll", place);
  const words = [say("agrees", agreement)];
  if (agreement.differs.length) {
    const at = Math.floor(agreement.differs[0] / expected.channels);
    words.push(say("differs", { row: Math.floor(at / expected.cols), col: at % expected.cols }));
  }
  if (JSON.stringify(state.stages) !== JSON.stringify(facts.stages)) words.push(say("changed"));
  $("agreement").textContent = words.join(". ").replace("..", ".");
  $("agreement").className = agreement.agree === agreement.of ? "agrees" : "differs";
  $("made").textContent = say("made", { version: facts.version });
  $("command").textContent = commandOf(facts.name, state.stages, presets);
  $("toml").textContent = tomlOf(state.stages, presets);
}

function isColor(one) {
  return one === maps[0] && facts.white && facts.channels.join("") === "RGB";
}

function showStages() {
  const items = maps.map((map, i) => {
    const canvas = make("canvas");
    const channel = Math.min(state.channel, map.channels - 1);
    const white = i ? null : facts.white;
    if (isColor(map)) paintSmall(canvas, map, [0, 1, 2], (value) => grey(value, facts.white));
    else paintSmall(canvas, map, [channel], tones(map, channel, white, colors));
    const name = i ? labelOf(shown[i - 1]) : say("image");
    const size = `${map.rows}x${map.cols}${map.channels > 1 ? `x${map.channels}` : ""}`;
    const holder = make("span", { className: "small" }, sized(canvas, map.rows, map.cols));
    const parts = [holder, make("span", { className: "name", textContent: name }), make("small", { textContent: size })];
    if (i === 0) return make("li", { className: "image" }, make("div", {}, ...parts), ...wholePicture());
    const chosen = i - 1 === state.stage;
    const button = make("button", { type: "button", id: `stage-${i}` }, ...parts);
    button.setAttribute("role", "tab");
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    button.addEventListener("click", () => {
      choose(i - 1);
      $(`stage-${i}`).focus();
    });
    const item = make("li", {}, button);
    item.setAttribute("role", "presentation");
    return item;
  });
  items[0].setAttribute("role", "presentation");
  $("stages").replaceChildren(...items);
  const chosen = items[state.stage + 1];
  $("stages").scrollLeft = chosen.offsetLeft + chosen.offsetWidth + 8 - $("stages").clientWidth;
}

/** A small picture, in the shape of an image. */
function sized(picture, rows, cols) {
  const most = Math.max(rows, cols);
  picture.style.height = `${Math.max((SMALL * rows) / most, 0.3)}rem`;
  picture.style.width = `${Math.max((SMALL * cols) / most, 0.3)}rem`;
  return picture;
}

/** The whole image, small, with the piece that is shown in a frame. */
function wholePicture() {
  if (!facts.picture) return [];
  const frame = make("i");
  const [rows, cols] = facts.size;
  const percent = (part, all) => `${(100 * part) / all}%`;
  Object.assign(frame.style, {
    top: percent(facts.excerpt.top, rows), left: percent(facts.excerpt.left, cols),
    height: percent(image.rows, rows), width: percent(image.cols, cols),
  });
  const holder = make("span", { className: "small" }, sized(make("img", { src: facts.picture, alt: "" }), rows, cols), frame);
  return [make("div", { className: "whole", title: say("whole") }, holder, make("small", { textContent: `${rows}x${cols}` }))];
}

/** The map as pixels, in each of the ways. */
function showPixels() {
  const { map, channel } = current();
  const figures = RANGES.map((range) => {
    const canvas = make("canvas");
    const made = pixelsBy(range, map, facts.white);
    pixelOf.set(range, made.of);
    paintSmall(canvas, map, [channel], (value) => grey(made.of(value), made.top));
    const holder = make("span", { className: "small" }, sized(canvas, map.rows, map.cols));
    return make("figure", {}, holder, make("figcaption", { id: `pixel-${range}` }));
  });
  $("ranges").replaceChildren(...figures);
}

/** The pixel of the value that is seen, in each of the ways. */
function showPixel({ value }) {
  for (const [range, of] of pixelOf) $(`pixel-${range}`).textContent = `${range}: ${of(value)}`;
}

function showChannels() {
  const { map, before } = current();
  const count = Math.max(map.channels, before.channels);
  const names = count === facts.channels.length ? facts.channels : Array.from({ length: count }, (_, c) => String(c));
  $("channels").hidden = map.channels < 2;
  $("channel").replaceChildren(...names.map((name, c) => new Option(name, String(c), false, c === Math.min(state.channel, count - 1))));
}

function showEditor() {
  $("editing").textContent = `${say("editing", { number: state.stage + 1 })}: ${labelOf(state.stages[state.stage])}`;
  const fields = fieldsFor(() => state.stages[state.stage], presets, put);
  showFields($("fields"), [...fields, ...formulas()]);
  $("earlier").disabled = state.stage === 0;
  $("later").disabled = state.stage === state.stages.length - 1;
  $("remove").disabled = state.stages.length === 1;
  $("undo").disabled = !history.canUndo;
  $("redo").disabled = !history.canRedo;
  $("add").disabled = state.stages.length >= MOST_STAGES;
  $("add").replaceChildren(new Option(say("choose"), ""), ...STAGES.map((op) => new Option(op, op)));
}

/** How the size of the map comes about. */
function formulas() {
  const { stage, before, map } = current();
  if (!isWindowed(stage)) return [];
  const lines = axesOf(stage, before).map((axis, i) => {
    const reach = (axis.taps - 1) * axis.dilation + 1;
    return say(["rowsOut", "colsOut"][i], { ...axis, reach });
  });
  if (stage.op === "conv") lines.push(...costs(stage, before, map));
  return lines.map((line) => make("p", { className: "formula", textContent: line }));
}

/** What a convolution costs, and how it would cost less. */
function costs(stage, before, map) {
  const cost = Object.entries(costOf(stage, before, map)).map(([name, count]) => [name, count.toLocaleString(document.documentElement.lang)]);
  const lines = [say("cost", Object.fromEntries(cost))];
  const found = factors(stage.weights);
  const [all, two] = [stage.weights.flat().length, stage.weights.length + stage.weights[0].length];
  if (found && two < all) {
    const short = (values) => `[${values.map((one) => numeral(Number(one.toPrecision(4)))).join(" ")}]`;
    lines.push(say("separable", { column: short(found.column), row: short(found.row), two, all }));
  }
  return lines;
}

/** Make the tables of the window, the kernel and the products, of as many cells as there are. */
function layTables() {
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
  const weightsNow = () => state.stages[state.stage].weights ?? [];
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

function light(cell) {
  lit = cell;
  showStep();
}

/** Draw all that depends on the place. */
function showStep() {
  const now = current();
  showGrids(now);
  showTables(now);
  showSum(now);
  showReceptive(now);
  showPixel(now);
  const at = now.row * now.map.cols + now.col;
  $("scrub").max = String(now.map.rows * now.map.cols - 1);
  $("scrub").value = String(at);
  $("scrub").setAttribute("aria-valuetext", say("value", { row: now.row, col: now.col }));
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

function showGrids({ k, stage, before, map, row, col, channel, window: elements, value }) {
  const inputChannel = Math.min(channel, before.channels - 1);
  const border = stage.op === "conv" ? stage.border : "padding";
  const fill = stage.op === "conv" ? stage.fill : 0;
  const whiteOf = (one) => (one === maps[0] ? facts.white : null);
  const what = k ? labelOf(shown[k - 1]) : say("image");
  const dark = colors.ground.join();
  grids.input.lay({ image: before, channel: inputChannel, white: whiteOf(before), margins: marginsOf(stage, before), border, fill, room: room(), colors, id: `${version} ${k} ${dark}` });
  grids.map.lay({ image: map, channel, white: null, margins: [0, 0, 0, 0], border: "edge", fill: 0, room: grids.input.cell * Math.max(before.rows, before.cols), colors, id: `${version} ${k + 1} ${dark}` });
  const span = (along) => [Math.min(...along), Math.max(...along) + 1];
  const all = elements.flat();
  const frame = [span(all.map((one) => one.row)), span(all.map((one) => one.col))];
  const marked = [];
  if (lit) {
    const one = elements[lit[0]]?.[lit[1]];
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

function showTables({ stage, before, channel, window: elements, value }) {
  if ($("grids").hidden) return;
  const inputChannel = Math.min(channel, before.channels - 1);
  const tone = tones(before, inputChannel, before === maps[0] ? facts.white : null, colors);
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
      cell.classList.toggle("lit", lit !== null && lit[0] === u && lit[1] === v);
      cell.classList.toggle("followed", best !== null && name === "window" && best[0] === u && best[1] === v);
      cell.classList.toggle("later", name !== "kernel" && $("terms").checked && at > term);
    }));
  };
  const isMissing = (one) => stage.op === "pool" && !one.from;
  paint("window", (one) => (isMissing(one) ? "·" : one.made ? `(${short(one.pixel)})` : short(one.pixel)), (one) => (isMissing(one) ? null : tone(one.pixel)));
  paint("kernel", (one) => short(one.weight), (one) => signed(one.weight, peaks.weight, colors));
  paint("products", (one) => short(one.product), (one) => signed(one.product, peaks.product, colors));
}

/** The sum, the divisor, the bias, the value. */
function showSum({ k, stage, window: elements, row, col, channel, value }) {
  const lines = [];
  const all = elements.flat();
  if (stage.op === "conv") {
    const count = $("terms").checked ? Math.min(term + 1, all.length) : all.length;
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
  const same = JSON.stringify(shown) === JSON.stringify(facts.stages);
  if (isAt && same && Math.abs(whole - value) > 1e-4 * Math.max(Math.abs(whole), 1)) {
    rows.push(make("dd", { className: "remark", textContent: say("elsewhere", { value: numeral(whole) }) }));
  }
  $("steps").replaceChildren(...rows);
}

/** Frame in each small map what the value depends on. */
function showReceptive({ k, row, col }) {
  const fields = fieldsOf(shown.slice(0, k + 1), maps, row, col);
  document.querySelectorAll("#stages .small:first-child").forEach((holder, i) => {
    if (holder.parentElement.className === "whole") return;
    holder.querySelector("i")?.remove();
    const number = [...$("stages").children].indexOf(holder.closest("li"));
    if (number > k + 1 || !fields[number]) return;
    const [rows, cols] = fields[number];
    const { rows: height, cols: width } = maps[number];
    const clip = ([from, to], size) => [Math.max(from, 0) / size, Math.min(to, size) / size];
    const [top, bottom] = clip(rows, height);
    const [left, right] = clip(cols, width);
    const frame = make("i");
    Object.assign(frame.style, {
      top: `${100 * top}%`, left: `${100 * left}%`, height: `${100 * (bottom - top)}%`, width: `${100 * (right - left)}%`,
    });
    holder.append(frame);
  });
}

// --- what moves it ---

function stop() {
  playing = false;
  $("play").textContent = "▶";
  $("play").setAttribute("aria-label", say("play"));
}

/** One step on: the next term, or the next value. */
function forward(by) {
  const { map, row, col, window: elements } = current();
  if ($("terms").checked && by > 0 && term < elements.flat().length - 1) {
    term += 1;
    showStep();
    return;
  }
  term = 0;
  const count = map.rows * map.cols;
  const at = (row * map.cols + col + by + count) % count;
  pin(Math.floor(at / map.cols), at % map.cols);
}

function play() {
  if (playing) {
    stop();
    return;
  }
  playing = true;
  $("play").textContent = "❚❚";
  $("play").setAttribute("aria-label", say("pause"));
  let last = performance.now();
  const tick = (time) => {
    if (!playing) return;
    if (time - last >= 1000 / STEPS_A_SECOND[Number($("speed").value)]) {
      last = time;
      forward(1);
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function listenToGrid(name) {
  const { canvas } = grids[name];
  const placeOf = (event) => {
    const [row, col] = grids[name].under(event);
    const { stage, before } = current();
    return name === "map" ? [row, col] : over(stage, before, row, col);
  };
  canvas.addEventListener("pointermove", (event) => {
    if (playing) return;
    looked = placeOf(event);
    term = 0;
    showStep();
  });
  canvas.addEventListener("pointerleave", () => {
    looked = null;
    if (!playing) showStep();
  });
  canvas.addEventListener("click", (event) => {
    stop();
    pin(...placeOf(event));
  });
  canvas.addEventListener("keydown", (event) => {
    const by = ARROWS[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    stop();
    term = 0;
    const { row, col } = current();
    pin(row + by[0], col + by[1]);
  });
}

function moveStage(by) {
  const stages = [...state.stages];
  const [one] = stages.splice(state.stage, 1);
  stages.splice(state.stage + by, 0, one);
  state.stage += by;
  change(stages);
}

function back(by) {
  change(history.move(by), false);
}

function listen() {
  listenToGrid("input");
  listenToGrid("map");
  $("previous").addEventListener("click", () => forward(-1));
  $("next").addEventListener("click", () => forward(1));
  $("play").addEventListener("click", play);
  $("scrub").addEventListener("input", () => {
    stop();
    const at = Number($("scrub").value);
    const { map } = current();
    pin(Math.floor(at / map.cols), at % map.cols);
  });
  $("terms").addEventListener("change", () => {
    term = 0;
    showStep();
  });
  $("channel").addEventListener("change", () => {
    state.channel = Number($("channel").value);
    showAll();
  });
  $("language").addEventListener("change", () => {
    speak($("language").value);
    showAll();
  });
  $("earlier").addEventListener("click", () => moveStage(-1));
  $("later").addEventListener("click", () => moveStage(1));
  $("remove").addEventListener("click", () => change(state.stages.filter((_, k) => k !== state.stage)));
  $("add").addEventListener("change", () => {
    const added = newStage($("add").value);
    const stages = state.stages.toSpliced(state.stage + 1, 0, added);
    state.stage += 1;
    change(stages);
  });
  $("undo").addEventListener("click", () => back(-1));
  $("redo").addEventListener("click", () => back(1));
  $("reset").addEventListener("click", () => {
    Object.assign(state, structuredClone(first));
    change(state.stages);
  });
  $("stages").addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    choose(Math.min(Math.max(state.stage + by, 0), shown.length - 1));
    $(`stage-${state.stage + 1}`)?.focus();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type !== "range" && event.target.type !== "checkbox";
    if (isTyping || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    back(key === "y" || event.shiftKey ? 1 : -1);
  });
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", () => copy(/** @type {HTMLElement} */ (button)));
  }
  window.addEventListener("resize", showStep);
  window.addEventListener("hashchange", () => {
    const found = stateIn(location.hash.slice(1));
    if (!found || fragmentOf(found) === fragmentOf(state)) return;
    state = found;
    change(state.stages);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colors = palette();
    showAll();
  });
}

async function copy(button) {
  const text = $(button.dataset.copies).textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = say("done");
  } catch {
    getSelection().selectAllChildren($(button.dataset.copies));
  }
}

const isChinese = navigator.language.toLowerCase().startsWith("zh");
$("language").value = isChinese ? "zh" : "en";
speak($("language").value);
listen();
change(state.stages);
