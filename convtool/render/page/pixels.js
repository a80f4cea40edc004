// How values become pixels, in the ways of convtool's --range.

import { rounded } from "./engine.js";

export const RANGES = ["clip", "abs", "normalize", "center"];

/** What makes a pixel of each value of a map, by one of RANGES, and the pixels' white.
 *
 * `white` is the image's white, or null: 255. Pixels are rounded half to even, and cut off at black
 * and white; what is no number is black. normalize makes the smallest value of the map black and the
 * largest white; center makes 0 mid-grey. */
export function pixelsBy(range, map, white) {
  const top = white === 65535 ? 65535 : 255;
  const cut = (value) => Math.min(Math.max(rounded(value) || 0, 0), top);
  if (range === "clip") return { top, of: (value) => cut((value * top) / (white ?? top)) };
  if (range === "abs") return { top, of: (value) => cut((Math.abs(value) * top) / (white ?? top)) };
  let low = Infinity;
  let high = -Infinity;
  for (const value of map.data) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  let black = 0;
  let flat = 0;
  if (range === "center") {
    high = Math.max(Math.abs(low), Math.abs(high));
    low = -high;
    [black, flat] = [1, (top + 1) / 2];
  }
  if (!(low < high)) return { top, of: () => flat };
  const share = (value) => (Math.min(Math.max(value, low), high) - low) / (high - low);
  return { top, of: (value) => cut(black + share(value) * (top - black)) };
}
