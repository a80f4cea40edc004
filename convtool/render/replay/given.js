// What convtool has put into the page: the loss, where the descent begins, and a piece of the images.

import { imageOf } from "../page/arrays.js";

const told = JSON.parse(document.getElementById("facts").textContent);
export const given = { ...told, ...told.descent };

/** The loss around the closed form, as `descend` takes it. */
export const bowl = {
  curvatures: given.curvatures, axes: imageOf(given.axes, false).data, end: given.end, floor: given.floor,
  steps: given.steps,
};
/** The weights that convtool finds after some of the steps, as an image of a row for each. */
export const comparedWeights = imageOf(given.compared.weights, false);
export const beforePiece = imageOf(given.before, false);
/** The target, in the unit of the image before. */
export const afterPiece = imageOf(given.after, false);
/** Whether a value of the target may have been clipped, and is left out. */
export const isClipped = Array.from(afterPiece.data, (value) => given.limit !== null && (value === 0 || value === given.limit));
afterPiece.data = afterPiece.data.map((value) => value * given.scale);
/** What convtool's engine makes of the piece by the closed form. */
export const expectedMap = imageOf(given.map, false);
/** The weights that `--rational` found, a bias last; or null. */
export const wholeEnd = given.whole && [
  ...given.whole.weights.map((weight) => weight / given.whole.divisor), ...(given.bias ? [given.whole.bias] : []),
];

/** The stage that lays weights, a bias last, over the piece. */
export function stageOf(weights) {
  const [rows, cols] = given.kernel;
  const grid = Array.from({ length: rows }, (_, i) => weights.slice(i * cols, (i + 1) * cols));
  return {
    op: "conv", weights: grid, divisor: 1, bias: given.bias ? weights[rows * cols] : 0, anchor: null,
    border: "edge", fill: 0, padding: "valid", stride: given.stride, dilation: given.dilation,
  };
}
