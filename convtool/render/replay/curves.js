// The curves of a descent: its losses and its weights.

import { $ } from "../page/elements.js";
import { say } from "../page/words.js";
import { Chart, power } from "./chart.js";
import { bowl, given } from "./given.js";
import { counted, inFourDigits, lossWords } from "./plates.js";
import { LAST_STEP, TAPS, pathNow } from "./training.js";

/** Of the first loss: the smallest and the largest that are drawn. */
const LEAST_SHARE = 1e-14;
const GROWN = 100;
/** Of the span of the first weights and the last: how far beyond it others are drawn. */
const FAR = 0.5;

export const charts = { loss: new Chart($("loss-chart")), weights: new Chart($("weights-chart")) };

/** Lay out both charts. */
export function layCharts() {
  const path = pathNow();
  const losses = path.map((frame) => frame.loss);
  const most = Math.min(Math.max(...losses), GROWN * losses[0]);
  const lowest = given.floor > given.least ? Math.min(given.floor, ...losses) : 0;
  const least = Math.max(lowest, given.least, LEAST_SHARE * losses[0]);
  const rounded = { low: 10 ** Math.floor(Math.log10(least)), high: 10 ** Math.ceil(Math.log10(most)), log: true };
  if (!(rounded.low < rounded.high)) Object.assign(rounded, { low: 0.1, high: 1 });
  const axis = say("stepAxis");
  charts.loss.lay({
    last: LAST_STEP, scale: rounded, axis, floor: { value: given.floor, name: say("closed") },
    curves: [{ kind: "line", points: path.map((frame) => [frame.step, frame.loss]) }],
  });
  tellCut("loss-cut", [[lowest < rounded.low, power(rounded.low)], [Math.max(...losses) > rounded.high, power(rounded.high)]]);
  const [lightest, heaviest] = spanOf(path);
  const { low, high } = weightsScale(path);
  tellCut("weights-cut", [[lightest < low, inFourDigits(low)], [heaviest > high, inFourDigits(high)]]);
  charts.weights.lay({
    last: LAST_STEP, scale: { low, high, log: false }, axis,
    curves: Array.from({ length: TAPS }, (_, i) => ({
      kind: `weight ${given.end[i] < 0 ? "below" : "above"}`, points: path.map((frame) => [frame.step, frame.weights[i]]),
    })),
  });
  const last = path[path.length - 1];
  const [first, end, floor] = [losses[0], last.loss, given.floor].map((loss) => lossWords(loss, given.least));
  const words = { first, last: end, floor, steps: counted(last.step) };
  $("loss-chart").setAttribute("aria-label", say("lossSays", words));
  $("weights-chart").setAttribute("aria-label", say("weightsSays", { count: TAPS }));
}

/** Tell the ends of an axis beyond which a curve goes on: (whether, where). */
function tellCut(name, ends) {
  const places = ends.filter(([cut]) => cut).map(([, place]) => place);
  $(name).textContent = places.length ? say("cut", { places: places.join(", ") }) : "";
}

/** The smallest and the largest weight of some frames. */
function spanOf(frames) {
  const all = frames.flatMap((frame) => frame.weights.slice(0, TAPS));
  return [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
}

/** The span of all weights on a path, but not far beyond those at both ends of it. */
function weightsScale(path) {
  const [first, last] = spanOf([path[0], { weights: given.end }]);
  const [least, most] = spanOf(path);
  const room = FAR * (last - first);
  const [low, high] = [Math.max(Math.min(first, least), first - room), Math.min(Math.max(last, most), last + room)];
  const edge = 0.05 * (high - low) || 1;
  return { low: low - edge, high: high + edge };
}

/** Mark the frame that is seen. */
export function markCharts(frame) {
  charts.loss.mark(frame.step, [frame.loss]);
  charts.weights.mark(frame.step, frame.weights.slice(0, TAPS));
}
