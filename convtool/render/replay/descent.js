// Gradient descent with momentum on a squared error. It knows no document.

/**
 * @typedef {{curvatures: number[], axes: ArrayLike<number>, end: number[], floor: number, steps: number[]}} Bowl
 *   The loss is `floor` and half the sum of each curvature times the squared offset from `end` along its axis;
 *   the axes are the columns of a matrix, row by row. `steps`: after how many steps the weights are kept.
 * @typedef {{step: number, weights: number[], loss: number, gradient: number, distance: number}} Frame
 */

const LARGEST_GROWTH = 1e6;

/** The weights after each number of steps that is kept; fewer where the loss grows without end.
 *
 * A step is `velocity = momentum * velocity + gradient; weights -= rate * velocity` (Polyak 1964), along each
 * axis by itself. @param {Bowl} bowl @returns {Frame[]} */
export function descend(bowl, start, rate, momentum) {
  const { curvatures, steps } = bowl;
  const offsets = alongAxes(bowl, start);
  const velocities = new Float64Array(offsets.length);
  const frames = [frameOf(bowl, offsets, 0)];
  const limit = LARGEST_GROWTH * frames[0].loss;
  let step = 0;
  for (const kept of steps.slice(1)) {
    for (; step < kept; step++) {
      for (let i = 0; i < offsets.length; i++) {
        velocities[i] = momentum * velocities[i] + curvatures[i] * offsets[i];
        offsets[i] -= rate * velocities[i];
      }
    }
    const frame = frameOf(bowl, offsets, step);
    if (!(frame.loss <= limit)) break;
    frames.push(frame);
  }
  return frames;
}

/** The frame of any weights, after so many steps. @returns {Frame} */
export function frameAt(bowl, weights, step) {
  return { ...frameOf(bowl, alongAxes(bowl, weights), step), weights };
}

function frameOf({ curvatures, axes, end, floor }, offsets, step) {
  const sum = (term) => offsets.reduce((total, offset, i) => total + term(offset, i), 0);
  return {
    step,
    weights: end.map((weight, row) => weight + sum((offset, i) => axes[row * end.length + i] * offset)),
    loss: floor + sum((offset, i) => 0.5 * curvatures[i] * offset ** 2),
    gradient: Math.sqrt(sum((offset, i) => (curvatures[i] * offset) ** 2)),
    distance: Math.sqrt(sum((offset) => offset ** 2)),
  };
}

/** How far weights are from the end, along each axis. */
function alongAxes({ axes, end }, weights) {
  return Float64Array.from(end, (_, i) =>
    weights.reduce((sum, weight, row) => sum + axes[row * end.length + i] * (weight - end[row]), 0),
  );
}

/** What a step multiplies the offset along an axis by, in the long run: the larger root of
 * `z ** 2 - (1 + momentum - rate * curvature) * z + momentum`. */
export function factorOf(curvature, rate, momentum) {
  const middle = (1 + momentum - rate * curvature) / 2;
  const inside = middle ** 2 - momentum;
  return inside < 0 ? Math.sqrt(momentum) : Math.abs(middle) + Math.sqrt(inside);
}

/** The rate and the momentum with which the slowest axis is fastest (Polyak 1964). */
export function fastestSettings({ curvatures }) {
  const [flat, steep] = [curvatures[0], curvatures[curvatures.length - 1]].map(Math.sqrt);
  return { rate: 4 / (steep + flat) ** 2, momentum: ((steep - flat) / (steep + flat)) ** 2 };
}

/** Random weights, evenly from -reach to reach, the same for the same seed: xorshift (Marsaglia 2003). */
export function randomWeights(seed, count, reach) {
  let state = Math.imul(seed, 2654435761) | 1;
  return Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return reach * ((state >>> 0) / 2 ** 31 - 1);
  });
}
