// All that is seen around the value: head, channels, pixels, editor; and what is drawn when.

import { axesOf, isConvolution } from "./windows.js";
import { compare } from "./engine.js";
import { say } from "./words.js";
import { commandOf, tomlOf } from "./commands.js";
import { pytorchOf } from "./pytorch.js";
import { ALL, MOST_STAGES, fragmentOf } from "./state.js";
import { RANGES, pixelsBy } from "./pixels.js";
import { costOf, factors } from "./cost.js";
import { grey, numeral, paintSmall, palette } from "./cells.js";
import { $, make } from "./elements.js";
import { showWords } from "./language.js";
import { fieldsFor, several, showFields } from "./editor.js";
import { expected, facts, presets } from "./facts.js";
import { cut, picture } from "./picture.js";
import { channelName, channelsOf, current, isColor, isWindowed, put, repicture, seen } from "./model.js";
import { labelOf, showReceptive, showStages, sized } from "./stages.js";
import { grids, showGrids, shownBy } from "./grids.js";
import { layTables, showTables } from "./tables.js";
import { showSum } from "./sums.js";

/** What makes a pixel of a value of the map that is seen, by the ways to do it. */
const pixelOf = new Map();
/** What stands for a stage that makes grey, among the channels. */
export const GREY = "gray";
const agreement = compare(seen.maps[seen.maps.length - 1], expected, largestOf([...seen.maps, expected]));

function largestOf(images) {
  let most = 0;
  for (const one of images) {
    for (const value of one.data) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  }
  return most;
}

export function showAll() {
  showWords(picture.name);
  showRefusal();
  showHead();
  showPieces();
  showStages();
  showChannels();
  showPixels();
  showEditor();
  layTables();
  showStep();
}

function showHead() {
  const { top, left, image } = picture;
  const [rows, cols] = picture.size;
  const place = { top, left, bottom: top + image.rows - 1, right: left + image.cols - 1, rows, cols };
  $("title").textContent = say("title", { name: picture.name });
  $("about").textContent = say(picture.whole ? "about" : "aboutAll", place) + aside();
  const words = [];
  if (agreement.differs.length) {
    const at = Math.floor(agreement.differs[0] / expected.channels);
    words.push(say("differs", { row: Math.floor(at / expected.cols), col: at % expected.cols }));
  }
  const isChanged = picture.bitmap !== null || JSON.stringify(seen.state.stages) !== JSON.stringify(facts.stages);
  if (isChanged) words.push(say("changed"));
  $("agreement").textContent = [say("agrees", agreement), ...words].join(say("stop")).trimEnd();
  $("agreement").className = agreement.agree === agreement.of ? "agrees" : "differs";
  $("agreement").classList.toggle("changed", isChanged);
  $("made").textContent = say("made", { version: facts.version });
  $("command").textContent = commandOf(picture.source, seen.state.stages, presets, seen.maps.at(-1).channels);
  $("toml").textContent = tomlOf(seen.state.stages, presets);
  const [height, width] = picture.size;
  $("pytorch").textContent = pytorchOf(seen.shown, { ...seen.maps[0], rows: height, cols: width });
}

/** What of the picture is not shown. */
function aside() {
  if (picture.deep) return say("deep");
  return facts.opaque && !picture.bitmap ? say("opaque") : "";
}

/** The fields that choose the piece of an opened picture. */
function showPieces() {
  const most = () => [picture.size[0] - picture.image.rows, picture.size[1] - picture.image.cols];
  const take = (wanted) => repicture(() => cut(...most().map((last, i) => Math.min(wanted[i], last))));
  const fields = picture.bitmap && picture.whole ? [several("piece", [picture.top, picture.left], 0, Math.max(...most()), take)] : [];
  showFields($("pieces"), fields);
}

/** The map as pixels, in each of the ways. */
function showPixels() {
  const { map } = current();
  const figures = RANGES.map((range) => {
    const canvas = make("canvas");
    const made = pixelsBy(range, map, picture);
    pixelOf.set(range, made.of);
    paintSmall(canvas, map, channelsOf(map), (value) => grey(made.of(value), made.top));
    const holder = make("span", { className: "small" }, sized(canvas, map.rows, map.cols));
    return make("figure", {}, holder, make("figcaption", { id: `pixel-${range}` }));
  });
  $("ranges").replaceChildren(...figures);
}

/** The pixel of the value that is seen, in each of the ways. */
function showPixel({ values }) {
  for (const [range, of] of pixelOf) $(`pixel-${range}`).textContent = `${range}: ${values.map(of).join(", ")}`;
}

/** The channels to choose from: each, all three, and grey, which is a stage before the others. */
function showChannels() {
  const { map, channel } = current();
  const isGray = seen.state.stages[0].op === "gray";
  const color = isColor(picture.image);
  const named = isGray && color ? picture.image : map;
  const choices = Array.from({ length: named.channels }, (_, c) => [channelName(c, named), String(c)]);
  if (color && isColor(named)) choices.push([say("allChannels"), String(ALL)], [say("grey"), GREY]);
  const chosen = color && isGray ? GREY : channelsOf(map).length > 1 ? String(ALL) : String(channel);
  $("channels").hidden = map.channels < 2 && !(color && isGray);
  $("channel").replaceChildren(...choices.map(([name, value]) => new Option(name, value, false, value === chosen)));
}

function showEditor() {
  $("editing").textContent = say("editing", { number: seen.state.stage + 1, name: labelOf(seen.state.stages[seen.state.stage]) });
  const fields = fieldsFor(() => seen.state.stages[seen.state.stage], presets, put);
  showFields($("fields"), [...fields, ...formulas()]);
  $("earlier").disabled = seen.state.stage === 0;
  $("later").disabled = seen.state.stage === seen.state.stages.length - 1;
  $("remove").disabled = seen.state.stages.length === 1;
  $("undo").disabled = !seen.history.canUndo;
  $("redo").disabled = !seen.history.canRedo;
  $("add").disabled = seen.state.stages.length >= MOST_STAGES;
}

/** How the size of the map comes about. */
function formulas() {
  const { stage, before, map } = current();
  if (!isWindowed(stage)) return [];
  const lines = axesOf(stage, before).map((axis, i) => {
    const reach = (axis.taps - 1) * axis.dilation + 1;
    const whole = (axis.size + axis.before + axis.after - reach) % axis.stride === 0;
    const [open, close] = whole ? ["", ""] : stage.ceil ? "⌈⌉" : "⌊⌋";
    return say(["rowsOut", "colsOut"][i], { ...axis, reach, open, close });
  });
  if (isConvolution(stage)) lines.push(...costs(stage, before, map));
  return lines.map((line) => make("p", { className: "formula", textContent: line }));
}

/** What a convolution costs, and how it would cost less. */
function costs(stage, before, map) {
  const cost = Object.entries(costOf(stage, before, map)).map(([name, count]) => [name, count.toLocaleString(document.documentElement.lang)]);
  const lines = [say("cost", Object.fromEntries(cost))];
  const found = stage.op === "conv" ? factors(stage.weights) : null;
  if (!found) return lines;
  const [all, two] = [stage.weights.flat().length, stage.weights.length + stage.weights[0].length];
  if (two < all) {
    const short = (values) => `[${values.map((one) => numeral(Number(one.toPrecision(4)))).join(" ")}]`;
    lines.push(say("separable", { column: short(found.column), row: short(found.row), two, all }));
  }
  return lines;
}

/** Show all in the colours that the page has now. */
export function recolor() {
  seen.colors = palette();
  showAll();
}

/** Draw all that depends on the place. */
export function showStep() {
  const now = current();
  showGrids(now);
  showTables(now);
  showSum(now);
  showReceptive(now, [shownBy(grids.input), shownBy(grids.map)]);
  showPixel(now);
  showPlaying();
  remember();
  const at = now.row * now.map.cols + now.col;
  $("scrub").max = String(now.map.rows * now.map.cols - 1);
  $("scrub").value = String(at);
  $("scrub").setAttribute("aria-valuetext", say("value", { row: now.row, col: now.col }));
}

/** Keep the state in the address, where it is read again; browsers count how often, so not while it is on the way. */
function remember() {
  const fragment = `#${fragmentOf(seen.state)}`;
  if (seen.playing || seen.held || fragment === location.hash) return;
  window.history.replaceState(null, "", fragment);
}

function showRefusal() {
  const { refused } = seen;
  $("refused").hidden = !refused;
  $("refused").textContent = refused ? `${say(refused.key, refused.values)} ${say("before")}` : "";
}

function showPlaying() {
  $("play").textContent = seen.playing ? "❚❚" : "▶";
  $("play").setAttribute("aria-label", say(seen.playing ? "pause" : "play"));
}
