// What the products of a step add up to, and what becomes of the sum.

import { COMBINATIONS } from "./engine.js";
import { say } from "./words.js";
import { numeral } from "./cells.js";
import { $, make } from "./elements.js";
import { facts } from "./facts.js";
import { picture } from "./picture.js";
import { isJoined, placeInWhole, seen } from "./model.js";
import { labelOf } from "./stages.js";
import { showPasses } from "./passes.js";
import { grids } from "./grids.js";
import { MOST_TABLES } from "./tables.js";

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

/** Where the value lies in the whole map, and what is to be said where it has another value there. */
function remarks(now) {
  const place = placeInWhole(now.k, now.row, now.col);
  const said = place ? [say("inWhole", { row: place[0], col: place[1] })] : [];
  return [...said, ...otherwise(now)].map((textContent) => make("dd", { className: "remark", textContent }));
}

function otherwise({ k, row, col, channels, values }) {
  const isAt = k === facts.stages.length - 1 && row === facts.place[0] && col === facts.place[1];
  if (!isAt || picture.bitmap || JSON.stringify(seen.shown) !== JSON.stringify(facts.stages)) return [];
  const whole = channels.map((channel) => Number(facts.values[channel]));
  if (!values.some((value, i) => Math.abs(whole[i] - value) > 1e-4 * Math.max(Math.abs(whole[i]), 1))) return [];
  return [say("elsewhere", { value: whole.map(numeral).join(", ") })];
}
