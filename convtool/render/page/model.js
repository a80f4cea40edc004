// The state of the page, and how it is changed. Whoever shows it is told.

import { Refused, axesOf, isConvolution, kernelsFor } from "./windows.js";
import { run, valueAt } from "./engine.js";
import { followedIn, windowsOf } from "./behind.js";
import { ALL, History } from "./state.js";
import { palette } from "./cells.js";
import { facts } from "./facts.js";
import { picture } from "./picture.js";

/** The state where the page begins: the value that was asked for. */
export const first = { stages: facts.stages, stage: facts.stages.length - 1, row: facts.place[0], col: facts.place[1], channel: 0 };

/** What is seen. `state` is what the address keeps. `maps` are the image and the map of each of the stages `shown`,
 * which are those of the state unless these were `refused`. `looked` is the place that is pointed at, in the
 * grid `pointed`; `lit` is the element of the window, or a row or a column of it, the other being null; `term` counts the
 * terms that are seen `byTerms`. `held`: a key or a slider is held, or a weight dragged. `colors` are the page's. `near`: numbers are seen even if there is room for a part of them only. */
export const seen = {
  state: structuredClone(first), history: new History(facts.stages), maps: run(facts.stages, picture.image), shown: facts.stages,
  version: 0, refused: /** @type {Refused | null} */ (null), looked: /** @type {number[] | null} */ (null),
  pointed: "", lit: /** @type {(number | null)[] | null} */ (null), term: 0, byTerms: false, near: true, playing: false, held: false,
  colors: palette(),
};

const shows = { all: () => {}, step: () => {} };

/** Call `all` after a change of stages, and `step` after one of the place. */
export function whenChanged(all, step) {
  Object.assign(shows, { all, step });
}

/** Whether an image has red, green and blue. */
export function isColor(one) {
  return one.channels === 3 && picture.channels.join("") === "RGB" && !isLayered(one);
}

/** Whether a map is one of a layer, or of stages after it, whose channels are its own. */
function isLayered(map) {
  return seen.shown.slice(0, Math.max(seen.maps.indexOf(map), 0)).some((stage) => stage.op === "layer");
}

/** The channels of a map that are seen. @returns {number[]} */
export function channelsOf(map) {
  if (seen.state.channel === ALL && isColor(map)) return [0, 1, 2];
  return [Math.min(Math.max(seen.state.channel, 0), map.channels - 1)];
}

/** What a channel of an image is called. */
export function channelName(channel, one) {
  return (isLayered(one) ? null : picture.channels[channel]) ?? String(channel);
}

/** Whether several windows make one value: those of kernels that are combined, or of a layer. */
export function isJoined(stage) {
  return stage.op === "combine" || stage.op === "layer";
}

/** The stage in full with its input, its map, the place that is seen in it, and the one where it stays. `lanes` has the
 * window, its name and the value in each of the `channels` seen; of a stage whose windows are joined, it has these. The
 * first of each is there by itself. */
export function current() {
  const k = Math.min(seen.state.stage, seen.shown.length - 1);
  const map = seen.maps[k + 1];
  const inside = ([row, col]) => [Math.min(Math.max(row, 0), map.rows - 1), Math.min(Math.max(col, 0), map.cols - 1)];
  const pinned = inside([seen.state.row, seen.state.col]);
  const [row, col] = seen.looked ? inside(seen.looked) : pinned;
  const stage = seen.shown[k];
  const before = seen.maps[k];
  const channels = isJoined(stage) ? channelsOf(map).slice(0, 1) : channelsOf(map);
  const values = channels.map((channel) => valueAt(map, row, col, channel));
  const lanes = channels.flatMap((channel, i) => {
    const kernels = isConvolution(stage) ? kernelsFor(stage, channel) : [{ channel }];
    return windowsOf(stage, before, row, col, channel).map((window, number) => {
      const name = stage.op === "combine" ? stage.kernels[number].name || String(number + 1) : channelName(kernels[number].channel, before);
      return { name, channel: kernels[number].channel, window, value: values[i] };
    });
  });
  const [{ window, value }] = lanes;
  return { k, stage, before, map, row, col, pinned, lanes, channels, channel: channels[0], values, window, value };
}

/** How many elements the windows of the value that is seen have that are added one by one. */
export function termsOf({ stage, lanes }) {
  return (isJoined(stage) ? lanes : lanes.slice(0, 1)).flatMap((lane) => lane.window.flat()).length;
}

/** Where a value of the map of stage `k` lies in the map of the whole picture; null where that is not known, or the same. */
export function placeInWhole(k, row, col) {
  const stages = seen.shown.slice(0, k + 1).filter(isWindowed);
  if (!picture.whole || stages.some((stage) => stage.size === "global")) return null;
  const starts = [picture.top, picture.left].map((start, i) => start / stages.reduce((step, stage) => step * stage.stride[i], 1));
  return starts.every(Number.isInteger) ? [row + starts[0], col + starts[1]] : null;
}

/** Whether a stage lays windows on its input. */
export function isWindowed(stage) {
  return isConvolution(stage) || stage.op === "pool";
}

/** The place of the window of a stage whose middle is nearest to a pixel. */
export function over(stage, before, row, col) {
  if (!isWindowed(stage)) return [row, col];
  return axesOf(stage, before).map((axis, i) => {
    const middle = ((axis.taps - 1) * axis.dilation) / 2;
    const o = Math.round(([row, col][i] + axis.before - middle) / axis.stride);
    return Math.min(Math.max(o, 0), axis.output - 1);
  });
}

/** Compute the maps of the state's stages; where that is refused, those before stay. */
function compute() {
  try {
    seen.maps = run(seen.state.stages, picture.image);
    seen.shown = seen.state.stages;
    seen.version += 1;
    seen.refused = null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    seen.refused = error;
  }
}

/** Take stages, keep them to be undone, and show all. Without `keeps`, `keep` is to follow. */
export function change(stages, keeps = true) {
  seen.playing = false;
  seen.held = !keeps;
  seen.state.stages = stages;
  seen.state.stage = Math.min(seen.state.stage, stages.length - 1);
  if (keeps) seen.history.keep(stages);
  compute();
  shows.all();
}

/** Show what comes of an action on the picture, or why it is refused. */
export async function repicture(action) {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    seen.refused = error;
    shows.all();
    return;
  }
  change(seen.state.stages);
}

/** Change parameters of the stage in full. */
export function put(values, keeps = true) {
  change(seen.state.stages.map((one, k) => (k === seen.state.stage ? { ...one, ...values } : one)), keeps);
}

/** Keep the stages as they are now to be undone. */
export function keep() {
  seen.held = false;
  seen.history.keep(seen.state.stages);
  shows.all();
}

/** Stay at a place of the map. */
export function pin(row, col) {
  const { map } = current();
  seen.state.row = Math.min(Math.max(row, 0), map.rows - 1);
  seen.state.col = Math.min(Math.max(col, 0), map.cols - 1);
  seen.looked = null;
  shows.step();
}

/** The elements that a value is followed through: its place in each map up to its own, the image's first. */
export function pathOf({ k, row, col, channel: seenIn }) {
  const path = [[row, col]];
  let channel = seenIn;
  for (let i = k; i >= 0; i--) {
    const [stage, before, map] = [seen.shown[i], seen.maps[i], seen.maps[i + 1]];
    channel = Math.min(channel, map.channels - 1);
    const windows = windowsOf(stage, before, path[0][0], path[0][1], channel);
    const best = followedIn(stage, windows, valueAt(map, path[0][0], path[0][1], channel));
    const above = [Math.min(path[0][0], before.rows - 1), Math.min(path[0][1], before.cols - 1)];
    if (best && isConvolution(stage)) ({ channel } = kernelsFor(stage, channel)[best[0]]);
    path.unshift(best ? /** @type {any} */ (windows[best[0]][best[1]][best[2]].from) : above);
  }
  return path;
}

/** Choose a stage, at the element of its map that the value seen now is followed through, or at the
 * value above it. */
export function choose(k) {
  seen.playing = false;
  const now = current();
  let [row, col] = pathOf(now)[Math.min(k, now.k) + 1];
  for (let i = now.k + 1; i <= k; i++) [row, col] = over(seen.shown[i], seen.maps[i], row, col);
  Object.assign(seen.state, { stage: k, row, col });
  seen.looked = null;
  shows.all();
}

/** Light an element of the window, [row, column] in it; null for either is all of the other; null: none. */
export function light(cell) {
  seen.lit = cell;
  shows.step();
}

/** A cell of a table that lights an element of the window, or a row or a column of it, when it is pointed at. */
export function lights(cell, u, v) {
  cell.addEventListener("pointerenter", () => light([u, v]));
  cell.addEventListener("pointerleave", () => light(null));
  return cell;
}

/** Whether something of a row and a column of the window, null for any, belongs to what is lit. */
export function isLit(u, v) {
  return seen.lit !== null && [u, v].every((at, i) => at === null || seen.lit[i] === null || seen.lit[i] === at);
}

/** One step on: the next term, or the next value. */
export function forward(by) {
  const now = current();
  const { map, row, col } = now;
  if (seen.byTerms && by > 0 && seen.term < termsOf(now) - 1) {
    seen.term += 1;
    shows.step();
    return;
  }
  seen.term = 0;
  const count = map.rows * map.cols;
  const at = (row * map.cols + col + by + count) % count;
  pin(Math.floor(at / map.cols), at % map.cols);
}

/** Undo, by -1, or do again, by 1. */
export function back(by) {
  change(seen.history.move(by));
}
