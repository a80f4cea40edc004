// How values become pixels, in the ways of convtool's --range.

import { rounded } from "./engine.js";

export const RANGES = ["clip", "abs", "normalize", "center"];

/** What makes a pixel of each value of a map, by one of RANGES, and the pixels' white.
 *
 * `white` is the image's white, or null: 255. Values are first rounded to float32 if they are `single`, as
 * convtool's are. Pixels are rounded half to even, and cut off at black and white; what is no number is
 * black. normalize makes the smallest value of the map black and the largest white; center makes 0
 * mid-grey. */
export function pixelsBy(range, map, { white, single }) {
  const top = white === 65535 ? 65535 : 255;
  const kept = single ? Math.fround : (value) => value;
  const cut = (value) => Math.min(Math.max(rounded(value) || 0, 0), top);
  if (range === "clip") return { top, of: (value) => cut((kept(value) * top) / (white ?? top)) };
  if (range === "abs") return { top, of: (value) => cut((Math.abs(kept(value)) * top) / (white ?? top)) };
  let low = Infinity;
  let high = -Infinity;
  for (const exact of map.data) {
    const value = kept(exact);
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) low = high = 0;
  let black = 0;
  let flat = 0;
  if (range === "center") {
    high = Math.max(Math.abs(low), Math.abs(high));
    low = -high;
    [black, flat] = [1, (top + 1) / 2];
  }
  if (low === high) {
    const side = (value) => (value > high ? top : value < low ? black : Number.isNaN(value) ? 0 : flat);
    return { top, of: (value) => side(kept(value)) };
  }
  // A power of two changes no ratio, and keeps differences of huge values finite.
  const unit = 2 ** Math.min(-1 - Math.floor(Math.log2(Math.max(Math.abs(low), Math.abs(high)))), 1000);
  const above = (value) => Math.min(Math.max(kept(value), low), high) * unit - low * unit;
  return { top, of: (value) => cut(black + (above(value) * (top - black)) / above(high)) };
}
