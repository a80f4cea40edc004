// What a convolution costs, beside a layer that joins every value to every pixel.

import { kernelsFor } from "./windows.js";

/** The weights of a kernel as a column times a row; null for those that are no such product.
 * @returns {{column: number[], row: number[]} | null} */
export function factors(weights) {
  const most = Math.max(...weights.flat().map(Math.abs));
  if (most === 0) return null;
  const from = weights.reduce((best, line) => (peak(line) > peak(best) ? line : best));
  const at = from.findIndex((one) => Math.abs(one) === peak(from));
  const divisor = from.every(Number.isInteger) ? from.reduce(common) : from[at];
  const row = from.map((one) => one / divisor);
  const column = weights.map((line) => line[at] / row[at]);
  const isProduct = weights.every((line, i) => line.every((one, j) => Math.abs(one - column[i] * row[j]) <= 1e-12 * most));
  return isProduct ? { column, row } : null;
}

/** The sum of a window's products in two passes: of each column of it, then of these sums along the row.
 * @param {{column: number[], row: number[]}} factors @param {number[][]} pixels */
export function inPasses({ column, row }, pixels) {
  const sums = row.map((_, v) => column.reduce((total, weight, u) => total + weight * pixels[u][v], 0));
  const products = sums.map((sum, v) => sum * row[v]);
  return { sums, products, sum: products.reduce((a, b) => a + b, 0) };
}

function peak(line) {
  return Math.max(...line.map(Math.abs));
}

function common(a, b) {
  return b ? common(b, a % b) : Math.abs(a);
}

/** Weights and multiply-adds of a convolution from one map to another, and the weights of a fully
 * connected layer between them. */
export function costOf(stage, before, map) {
  const each = kernelsFor(stage, 0).map((kernel) => kernel.weights.flat().length).reduce((a, b) => a + b);
  const weights = stage.op === "layer" ? each * stage.weights.length : each;
  return { weights, adds: each * map.data.length, connected: before.data.length * map.data.length };
}
