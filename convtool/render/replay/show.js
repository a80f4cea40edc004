// All that is seen of a descent: head, kernel, numbers, curves, texts.

import { compare, run } from "../page/engine.js";
import { css, inkOn, numeral, palette, signed } from "../page/cells.js";
import { $, make } from "../page/elements.js";
import { showWords } from "../page/language.js";
import { say } from "../page/words.js";
import { layCharts, markCharts } from "./curves.js";
import { descend, factorOf } from "./descent.js";
import { beforePiece, bowl, comparedWeights, expectedMap, given, stageOf, wholeEnd } from "./given.js";
import { counted, inFourDigits, lossWords, paintPlates, showPlace } from "./plates.js";
import { REACH, TAPS, UNIT_RATE, fragmentNow, pathNow, shareOfLimit, training } from "./training.js";

const [ROWS, COLS] = given.kernel;
const WIDE = 5;
const TINY = 8;
const CLOSE = 1e-6;
const ALIKE = 0.9;
/** Of the first loss: a rise by less is rounding. */
const LEAST_RISE = 1e-9;

const peak = Math.max(...[given.start, given.end].flatMap((weights) => weights.slice(0, TAPS)).map(Math.abs));
const agreement = agreed();
let keptFragment = "";

/** How many values are those of convtool: of the closed form's map, and of weights on the way there. */
function agreed() {
  const largest = (values) => values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  const map = compare(run([stageOf(given.end)], beforePiece).at(-1), expectedMap, largest(beforePiece.data) * peak * TAPS);
  const steps = given.compared.steps;
  const frames = descend({ ...bowl, steps }, given.start, UNIT_RATE, 0);
  const weights = compare({ ...comparedWeights, data: Float64Array.from(frames.flatMap((frame) => frame.weights)) }, comparedWeights, peak);
  return { agree: map.agree + weights.agree, of: map.of + weights.of, count: steps.length };
}

/** Show everything. */
export function showAll() {
  showWords(given.name);
  showHead();
  showEnds();
  showDescent();
}

/** Show what depends on the settings. */
export function showDescent() {
  showSettings();
  layCharts();
  showFrame();
}

/** Show what depends on the frame. */
export function showFrame() {
  const frame = training.frames[training.at];
  fillTable($("kernel").querySelector("table"), frame.weights);
  $("added").textContent = given.bias ? say("biasNow", { number: inFourDigits(frame.weights[TAPS]) }) : "";
  const name = nameOf(frame);
  $("step-now").textContent = name;
  $("loss").textContent = lossWords(frame.loss, given.least);
  $("rms").textContent = lossWords(Math.sqrt(frame.loss), Math.sqrt(given.least));
  $("gradient").textContent = inFourDigits(frame.gradient);
  $("distance").textContent = inFourDigits(frame.distance);
  $("scrub").max = String(training.frames.length - 1);
  $("scrub").value = String(training.at);
  $("scrub").setAttribute("aria-valuetext", name);
  for (const kind of ["closed", "whole"]) $(kind).setAttribute("aria-pressed", String(frame.kind === kind));
  markCharts(frame);
  paintPlates(frame.weights);
  showPlace();
  showPlay();
}

function nameOf(frame) {
  if (frame.kind) return say(frame.kind === "closed" ? "closed" : "wholeWeights");
  return say("stepOf", { step: counted(frame.step), last: counted(pathNow().at(-1).step) });
}

/** Show whether it plays; the address keeps what is seen while it does not. */
function showPlay() {
  $("play").textContent = training.playing ? "❚❚" : "▶";
  $("play").setAttribute("aria-label", say(training.playing ? "pause" : "play"));
  const fragment = `#${fragmentNow()}`;
  if (training.playing || fragment === keptFragment) return;
  keptFragment = fragment;
  window.history.replaceState(null, "", fragment);
}

/** Show another place in the pictures. */
export function showLooked() {
  showPlace();
  showPlay();
}

function showHead() {
  const { top, left, size, pairs } = given;
  const [rows, cols] = size;
  const place = { top, left, bottom: top + beforePiece.rows - 1, right: left + beforePiece.cols - 1, rows, cols };
  const more = pairs > 1 ? say("more", { count: pairs - 1 }) : "";
  $("title").textContent = say("training", { name: `${given.name}${more}` });
  const counts = Object.fromEntries(["used", "border", "clipped", "undefined"].map((name) => [name, counted(given[name])]));
  const learned = say("learned", { size: `${ROWS}x${COLS}`, ...counts });
  const about = [learned, given.alpha ? say("alphaLeft") : "", say("shown", place), channelShown()];
  $("about").textContent = about.filter(Boolean).join(" ");
  $("root").textContent = say(given.white === null ? "root" : "rms");
  $("agreement").textContent = say("compared", { agrees: say("agrees", agreement), count: agreement.count });
  $("agreement").className = agreement.agree === agreement.of ? "agrees" : "differs";
  $("made").textContent = say("made", { version: given.version });
}

/** Which channel is seen of images that have no red, green and blue. */
function channelShown() {
  const { channels } = beforePiece;
  return channels === 1 || channels === 3 ? "" : say("channelShown", { channels });
}

function showEnds() {
  $("closed-says").textContent = say("closedSays", { size: `${bowl.end.length}x${bowl.end.length}` });
  fillTable($("end").querySelector("table"), bowl.end);
  $("end").querySelector(".reading").textContent = given.bias ? say("biasNow", { number: inFourDigits(bowl.end[TAPS]) }) : "";
  $("whole").hidden = !wholeEnd;
  $("fractions").hidden = !wholeEnd;
  if (!wholeEnd) return;
  const { divisor } = given.whole;
  $("fractions").querySelector("figcaption").textContent = divisor === 1 ? say("wholeWeights") : say("wholeCaption", { divisor });
  fillTable($("fractions").querySelector("table"), given.whole.weights, divisor);
  $("fractions").querySelector(".reading").textContent = given.bias ? say("biasNow", { number: inFourDigits(given.whole.bias) }) : "";
}

/** Write weights, whole ones times a divisor, into the cells of a table, in the colours of their values. */
function fillTable(table, weights, divisor = 0) {
  if (!table.rows.length) {
    table.className = COLS > TINY ? "tiny" : COLS > WIDE ? "wide" : "";
    const line = () => make("tr", {}, ...Array.from({ length: COLS }, () => make("td")));
    table.append(make("tbody", {}, ...Array.from({ length: ROWS }, line)));
  }
  const colors = palette();
  const places = Math.min(Math.max(3 - Math.ceil(Math.log10(peak)), 0), 12);
  table.querySelectorAll("td").forEach((cell, i) => {
    const color = signed(weights[i] / (divisor || 1), peak, colors);
    cell.textContent = divisor ? String(weights[i]) : shortened(weights[i], places);
    cell.title = numeral(weights[i]);
    cell.style.background = css(color);
    cell.style.color = inkOn(color);
  });
}

/** A weight with so many decimals, and without the sign of a rounded 0. */
function shortened(value, places) {
  return Math.abs(value) < 1e6 ? (value + 0).toFixed(places).replace(/^-(0\.?0*)$/, "$1") : inFourDigits(value);
}

function showSettings() {
  const { rate, momentum } = training;
  $("rate").value = String(rate);
  $("momentum").value = String(momentum);
  $("rate-says").textContent = say("rateSays", { share: inFourDigits(rate), rate: inFourDigits(rate * UNIT_RATE) });
  $("momentum-says").textContent = say("momentumSays", { momentum: inFourDigits(momentum) });
  const limit = shareOfLimit();
  $("slowness").textContent = limit > 1 ? say("diverges") : limit === 1 ? say("stays") : paceWords();
  $("slowness").className = limit > 1 ? "diverges" : "";
  const path = pathNow();
  const last = path[path.length - 1];
  const words = { steps: counted(last.step), distance: inFourDigits(last.distance) };
  const near = last.distance / peak;
  $("left").textContent = say(limit > 1 ? "gone" : near > CLOSE ? "left" : near > Number.EPSILON ? "there" : "exactly", words);
  $("rule").textContent = say("rule", { reach: inFourDigits(REACH) });
  $("unit").textContent = given.white > 1 ? say("unit", { white: given.white, times: counted(given.white ** 2) }) : "";
  const rise = LEAST_RISE * path[0].loss;
  $("rises").hidden = limit >= 1 || !path.some((frame, i) => i > 0 && frame.loss > path[i - 1].loss + rise);
  $("why").hidden = limit >= 1 || !firstIsBrightness();
}

/** How fast settings are that arrive. */
function paceWords() {
  const { rate, momentum } = training;
  const { curvatures } = bowl;
  const factor = Math.max(...curvatures.map((one) => factorOf(one, rate * UNIT_RATE, momentum)));
  if (curvatures[0] === 0 || factor >= 1) return say("never");
  const times = counted(Number((curvatures[curvatures.length - 1] / curvatures[0]).toPrecision(3)));
  const shape = curvatures.length > 1 ? say("curved", { factor: times }) : say("parabola");
  const half = Math.ceil(Math.log(0.5) / Math.log(factor));
  if (factor <= Number.EPSILON) return `${shape} ${say("oneStep")}`;
  return `${shape} ${half > 1 ? say("pace", { half: counted(half) }) : say("quick")}`;
}

/** Whether the loss is steepest where all weights, of several, grow alike. */
function firstIsBrightness() {
  if (TAPS === 1) return false;
  const size = bowl.end.length;
  const along = Array.from({ length: TAPS }, (_, i) => bowl.axes[i * size + size - 1]);
  return Math.abs(along.reduce((a, b) => a + b, 0)) > ALIKE * Math.sqrt(TAPS);
}
