// What is seen: the settings of the descent, its frames, the one that is shown, the place in the pictures.

import { descend, frameAt, randomWeights } from "./descent.js";
import { afterPiece, bowl, given, isClipped, wholeEnd } from "./given.js";

export const LEAST_RATE = 0.05;
export const MOST_RATE = 4.2;
export const MOST_MOMENTUM = 0.999;
const MOST_SEED = 1e6;
const ALMOST = 1e-12;
/** The rate at which the page opens, in plain descent: one over the largest curvature. */
export const UNIT_RATE = 1 / bowl.curvatures[bowl.curvatures.length - 1];
/** The last step that is shown. */
export const LAST_STEP = bowl.steps[bowl.steps.length - 1];
/** The weights of the kernel, without a bias. */
export const TAPS = given.kernel[0] * given.kernel[1];
/** How far random weights may be from 0. */
export const REACH = TAPS ** -0.5;

/** `rate` is a multiple of UNIT_RATE; the seed 0 stands for convtool's own random weights; `at` is a number
 * of `frames`, whose last ones are the closed form and the whole weights. */
export const training = {
  rate: 1, momentum: 0, seed: 0, at: 0, row: 0, col: 0, frames: /** @type {any[]} */ ([]), playing: false,
};
lookAt(...middlePlace());

/** The place nearest to the middle whose value counts, if one does. */
function middlePlace() {
  const { rows, cols, channels } = afterPiece;
  const [row, col] = [rows >> 1, cols >> 1];
  const far = (place) => Math.hypot(Math.floor(place / cols) - row, (place % cols) - col);
  const counts = (place) => !isClipped.slice(place * channels, (place + 1) * channels).some(Boolean);
  const places = Array.from({ length: rows * cols }, (_, place) => place).filter(counts);
  const nearest = places.reduce((best, place) => (far(place) < far(best) ? place : best), places[0] ?? row * cols + col);
  return [Math.floor(nearest / cols), nearest % cols];
}

const ends = [{ ...frameAt(bowl, bowl.end, LAST_STEP), kind: "closed" }];
if (wholeEnd) ends.push({ ...frameAt(bowl, wholeEnd, LAST_STEP), kind: "whole" });

/** Descend anew, by the settings as they are now, and show about the same step. */
export function redescend() {
  const now = training.frames[training.at];
  const random = randomWeights(training.seed, TAPS, REACH);
  const start = training.seed ? bowl.end.map((_, i) => random[i] ?? 0) : given.start;
  const path = descend(bowl, start, training.rate * UNIT_RATE, training.momentum);
  training.frames = [...path, ...ends];
  if (now) goTo(now.kind ?? now.step);
}

/** The rate as a share of the one at which the steepest axis neither arrives nor diverges: that is
 * `2 * (1 + momentum) * UNIT_RATE`. Exactly 1 there, whatever the rounding. */
export function shareOfLimit() {
  const share = training.rate / (2 * (1 + training.momentum));
  return Math.abs(share - 1) < ALMOST ? 1 : share;
}

/** The frames of the descent, without the ends. */
export function pathNow() {
  return training.frames.slice(0, training.frames.length - ends.length);
}

/** Show the frame of a kind, or the last one that is not past a step. */
export function goTo(place) {
  const kind = training.frames.findIndex((frame) => frame.kind === place);
  const later = pathNow().findIndex((frame) => frame.step > place);
  training.at = kind >= 0 ? kind : later < 0 ? pathNow().length - 1 : Math.max(later - 1, 0);
}

/** Show another frame: so many further on, if there is one. */
export function advance(by) {
  training.at = Math.min(Math.max(training.at + by, 0), training.frames.length - 1);
}

/** Look at a place of the result's piece, or the nearest one. */
export function lookAt(row, col) {
  training.row = Math.min(Math.max(row, 0), afterPiece.rows - 1);
  training.col = Math.min(Math.max(col, 0), afterPiece.cols - 1);
}

/** What is seen, as a fragment of an address. */
export function fragmentNow() {
  const { rate, momentum, seed, row, col } = training;
  const now = training.frames[training.at];
  const parts = { step: now.kind ?? now.step, rate, momentum, seed, at: `${row},${col}` };
  return Object.entries(parts).map(([name, value]) => `${name}=${value}`).join("&");
}

/** See what a fragment says, as far as it says something that can be seen. */
export function readFragment(fragment) {
  const parts = new URLSearchParams(fragment);
  const number = (name, low, high, otherwise) => {
    const value = parts.get(name) ? Number(parts.get(name)) : NaN;
    return value >= low && value <= high ? value : otherwise;
  };
  training.rate = number("rate", LEAST_RATE, MOST_RATE, 1);
  training.momentum = number("momentum", 0, MOST_MOMENTUM, 0);
  training.seed = Math.floor(number("seed", 0, MOST_SEED, 0));
  const [row, col] = (parts.get("at") ?? "").split(",").map(Number);
  if (Number.isInteger(row) && Number.isInteger(col)) lookAt(row, col);
  redescend();
  const step = parts.get("step");
  goTo(ends.some((end) => end.kind === step) ? step : number("step", 0, LAST_STEP, 0));
}
