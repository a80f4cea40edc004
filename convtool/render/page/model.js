// The state of the page, and how it is changed. Whoever shows it is told.

import { Refused, axesOf, followedIn, run, valueAt, windowOf } from "./engine.js";
import { facts } from "./facts.js";
import { picture } from "./picture.js";
import { History } from "./state.js";

/** The state where the page begins: the value that was asked for. */
export const first = { stages: facts.stages, stage: facts.stages.length - 1, row: facts.place[0], col: facts.place[1], channel: 0 };

/** What is seen. `state` is what the address keeps. `maps` are the image and the map of each of the stages `shown`,
 * which are those of the state unless these were `refused`. `looked` is the place that is pointed at, `lit` the
 * element of the window; `term` counts the terms that are seen `byTerms`. */
export const seen = {
  state: structuredClone(first), history: new History(facts.stages), maps: run(facts.stages, picture.image), shown: facts.stages,
  version: 0, refused: /** @type {Refused | null} */ (null), looked: /** @type {number[] | null} */ (null),
  lit: /** @type {number[] | null} */ (null), term: 0, byTerms: false, playing: false,
};

const shows = { all: () => {}, step: () => {} };

/** Call `all` after a change of stages, and `step` after one of the place. */
export function whenChanged(all, step) {
  Object.assign(shows, { all, step });
}

/** The stage in full with its input, its map, and the place that is seen in it. */
export function current() {
  const k = Math.min(seen.state.stage, seen.shown.length - 1);
  const map = seen.maps[k + 1];
  const at = seen.looked ?? [seen.state.row, seen.state.col];
  const row = Math.min(Math.max(at[0], 0), map.rows - 1);
  const col = Math.min(Math.max(at[1], 0), map.cols - 1);
  const channel = Math.min(seen.state.channel, map.channels - 1);
  const stage = seen.shown[k];
  const window = windowOf(stage, seen.maps[k], row, col, channel);
  const value = valueAt(map, row, col, channel);
  return { k, stage, before: seen.maps[k], map, row, col, channel, window, value };
}

/** Whether a stage lays windows on its input. */
export function isWindowed(stage) {
  return stage.op === "conv" || stage.op === "pool";
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

/** Take stages, keep them to be undone, and show all. */
export function change(stages, keeps = true) {
  seen.playing = false;
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
export function put(values) {
  change(seen.state.stages.map((one, k) => (k === seen.state.stage ? { ...one, ...values } : one)));
}

/** Stay at a place of the map. */
export function pin(row, col) {
  const { map } = current();
  seen.state.row = Math.min(Math.max(row, 0), map.rows - 1);
  seen.state.col = Math.min(Math.max(col, 0), map.cols - 1);
  seen.looked = null;
  shows.step();
}

/** Choose a stage, at the element of its map that the value seen now is followed through, or at the
 * value above it. */
export function choose(k) {
  seen.playing = false;
  const now = current();
  let { row, col } = now;
  for (let i = now.k; i > k; i--) {
    const channel = Math.min(now.channel, seen.maps[i + 1].channels - 1);
    const window = windowOf(seen.shown[i], seen.maps[i], row, col, channel);
    const best = followedIn(seen.shown[i], window, valueAt(seen.maps[i + 1], row, col, channel));
    if (best) [row, col] = window[best[0]][best[1]].from;
  }
  for (let i = now.k + 1; i <= k; i++) [row, col] = over(seen.shown[i], seen.maps[i], row, col);
  Object.assign(seen.state, { stage: k, row, col });
  seen.looked = null;
  shows.all();
}

/** Light an element of the window, [row, column] in it; null: none. */
export function light(cell) {
  seen.lit = cell;
  shows.step();
}

/** One step on: the next term, or the next value. */
export function forward(by) {
  const { map, row, col, window: elements } = current();
  if (seen.byTerms && by > 0 && seen.term < elements.flat().length - 1) {
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
  change(seen.history.move(by), false);
}
