// A kernel that is a column times a row: its sum in two passes.

import { say } from "./words.js";
import { factors, inPasses } from "./cost.js";
import { css, inkOn, numeral, signed } from "./cells.js";
import { $, make, write } from "./elements.js";
import { isLit, lights, seen } from "./model.js";

/** Show each channel's window times the column, the sums of its columns times the row, and the sum of these. */
export function showPasses({ stage, lanes, window: elements }, tone) {
  const found = stage.op === "conv" && !$("grids").hidden && elements.length > 1 && elements[0].length > 1 ? factors(stage.weights) : null;
  $("passes").hidden = !found;
  if (!found || !$("passes").open) return;
  lay(lanes, elements);
  lanes.forEach((lane, number) => fill($("passes").querySelectorAll("table")[number], found, lane.window, tone));
  const sums = lanes.map((lane) => inPasses(found, pixelsOf(lane.window)).sum);
  const agree = lanes.every((lane, number) => isSame(sums[number], lane.window));
  const words = [say(agree ? "passesAgree" : "passesDiffer", { sum: sums.map(numeral).join(", ") })];
  if (stage.divisor !== 1 || stage.bias !== 0) words.push(say("passesThen"));
  $("passes").querySelector("p").textContent = words.join(" ");
}

function pixelsOf(elements) {
  return elements.map((line) => line.map((one) => one.pixel));
}

/** Whether a sum is that of the products, up to rounding. */
function isSame(sum, elements) {
  const products = elements.flat().map((one) => one.product);
  const direct = products.reduce((a, b) => a + b, 0);
  const size = products.reduce((a, b) => a + Math.abs(b), 0);
  return Object.is(sum, direct) || Math.abs(sum - direct) <= 1e-12 * size;
}

/** Make the tables, of as many cells as there are. */
function lay(lanes, elements) {
  const [rows, cols] = [elements.length, elements[0].length];
  const key = [lanes.map((lane) => lane.channel), rows, cols, document.documentElement.lang].join();
  if (key === $("passes").dataset.key) return;
  $("passes").dataset.key = key;
  const cells = (u) => Array.from({ length: cols }, (_, v) => lights(make("td"), u, v));
  const line = (...parts) => make("tr", {}, ...parts);
  const head = (word, rowSpan = 1) => make("th", { scope: "row", textContent: say(word), rowSpan });
  const tables = lanes.map(({ name }) => make("table", {},
    ...(lanes.length > 1 ? [make("caption", { textContent: name })] : []),
    make("tbody", {},
      ...elements.map((_, u) => line(...(u ? [] : [head("passColumn", rows)]), lights(make("td", { className: "factor" }), u, null), ...cells(u))),
      ...["passSums", "passRow", "passProducts"].map((word) => line(head(word), make("th"), ...cells(null))))));
  $("passes").querySelector("div").replaceChildren(...tables);
}

function fill(table, { column, row }, elements, tone) {
  const pixels = pixelsOf(elements);
  const { sums, products } = inPasses({ column, row }, pixels);
  const lines = [...table.rows].map((line) => line.querySelectorAll("td"));
  const show = (cell, value, color, u, v) => {
    write(cell, numeral(Number(value.toPrecision(4))));
    cell.style.backgroundColor = css(color);
    cell.style.color = inkOn(color);
    cell.classList.toggle("lit", isLit(u, v));
  };
  const weigh = (values, value) => signed(value, Math.max(...values.map(Math.abs)), seen.colors);
  elements.forEach((line, u) => {
    show(lines[u][0], column[u], weigh(column, column[u]), u, null);
    line.forEach((one, v) => show(lines[u][v + 1], one.pixel, tone(one.pixel), u, v));
  });
  [sums, row, products].forEach((values, i) =>
    values.forEach((value, v) => show(lines[elements.length + i][v], value, weigh(values, value), null, v)));
}
