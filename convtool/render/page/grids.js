// The two grids of a step: the input with its windows, and the map.

import { axesOf, isConvolution } from "./windows.js";
import { fieldsOf, followedIn } from "./behind.js";
import { say } from "./words.js";
import { numeral } from "./cells.js";
import { Grid } from "./grid.js";
import { $, write } from "./elements.js";
import { isColor, isLit, isWindowed, seen } from "./model.js";
import { labelOf, toneOf } from "./stages.js";

const WIDEST_MARGIN = 12;
const LEAST_ROOM = 100;

export const grids = { input: new Grid($("input").querySelector("canvas")), map: new Grid($("map").querySelector("canvas")) };

function marginsOf(stage, before) {
  if (!isWindowed(stage)) return [0, 0, 0, 0];
  return axesOf(stage, before).flatMap((axis) => {
    const reach = (axis.output - 1) * axis.stride - axis.before + (axis.taps - 1) * axis.dilation + 1;
    return [axis.before, Math.max(reach - axis.size, 0)].map((n) => Math.min(n, WIDEST_MARGIN));
  });
}

/** How wide and high a grid may be, in CSS pixels. */
function room() {
  return Math.max(Math.min($("input").clientWidth, Math.max(window.innerWidth * 0.32, 360)), LEAST_ROOM);
}

/** What the two grids are to show. */
function scenesOf({ k, stage, before, map, row, col, pinned, lanes, channels }) {
  const { colors, near, version } = seen;
  const mixes = stage.op === "gray" || stage.op === "layer";
  const into = mixes && isColor(before) ? [0, 1, 2] : mixes ? [strongest(lanes).channel] : channels;
  const around = (place) => fieldsOf([stage], [before, map], place[0], place[1]).map((spans) => spans.map(([start, stop]) => [start - 1, stop + 1]));
  const [pinnedIn, lookedIn] = [around(pinned), around([row, col])];
  const sceneOf = (i, image, shown) => ({
    image, channels: shown, tone: () => toneOf(image, shown), near, colors, scale: letters(), subject: String(k),
    pinned: pinnedIn[i], looked: seen.pointed === ["input", "map"][i] ? pinnedIn[i] : lookedIn[i],
    id: `${version} ${k + i} ${colors.ground}`,
  });
  const border = isConvolution(stage) ? { border: stage.border, fill: stage.fill } : { border: "padding", fill: 0 };
  return [
    { ...sceneOf(0, before, into), ...border, margins: marginsOf(stage, before) },
    { ...sceneOf(1, map, channels), border: "edge", fill: 0, margins: [0, 0, 0, 0] },
  ];
}

/** How large the page's letters are; 1 is 16 pixels. */
function letters() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

/** Lay both grids out, with cells of one size where they show parts. */
function layGrids(now) {
  const [input, map] = scenesOf(now);
  grids.input.measure(input);
  grids.map.measure(map);
  const least = Math.max(grids.input.least, grids.map.least);
  grids.input.lay({ ...input, least, room: room() });
  const asLarge = grids.input.cell * Math.max(now.before.rows, now.before.cols);
  grids.map.lay({ ...map, least, room: grids.input.isPart ? room() : asLarge });
}

export function showGrids(now) {
  const { k, stage, before, map, row, col, lanes, values } = now;
  const what = k ? labelOf(seen.shown[k - 1]) : say("image");
  layGrids(now);
  const all = lanes.flatMap((lane) => lane.window.flat());
  const span = (along) => [Math.min(...along), Math.max(...along) + 1];
  const frame = [span(all.map((one) => one.row)), span(all.map((one) => one.col))];
  grids.input.show([frame], markedIn(stage, lanes));
  grids.map.show([[[row, row + 1], [col, col + 1]]]);
  const made = all.some((one) => one.made) ? say("hatched") : "";
  write($("input").querySelector("figcaption"), say("input", { what, ...before }) + partOf(grids.input) + made);
  write($("map").querySelector("figcaption"), say("map", map) + partOf(grids.map));
  const isPart = grids.input.isPart || grids.map.isPart;
  $("near").hidden = seen.near && !isPart;
  $("step").classList.toggle("part", isPart);
  grids.input.canvas.setAttribute("aria-label", say("inputSays", { what, row, col }));
  grids.map.canvas.setAttribute("aria-label", say("mapSays", { row, col, value: values.map(numeral).join(", ") }));
}

/** The lane of the product that is the largest in size. */
function strongest(lanes) {
  const sizeOf = (lane) => Math.max(...lane.window.flat().map((one) => Math.abs(one.product)));
  return lanes.reduce((best, lane) => (sizeOf(lane) > sizeOf(best) ? lane : best));
}

/** The places of what is lit in the window, or of the elements that won. */
function markedIn(stage, lanes) {
  const places = ({ window: elements, value }) => {
    if (seen.lit) return elements.flatMap((line, u) => line.filter((_, v) => isLit(u, v)));
    const best = stage.op === "pool" ? followedIn(stage, [elements], value) : null;
    return best ? [elements[best[1]][best[2]]] : [];
  };
  return lanes.flatMap(places).map((one) => [one.row, one.col]);
}

/** The rows and columns of a map that a grid shows, first and last, where it shows a part. */
export function shownBy(grid) {
  if (!grid.isPart) return null;
  const { rows, cols } = grid.scene.image;
  const [top, left] = grid.from;
  return [[Math.max(top, 0), Math.min(top + grid.rows, rows) - 1], [Math.max(left, 0), Math.min(left + grid.cols, cols) - 1]];
}

function partOf(grid) {
  const found = shownBy(grid);
  if (!found) return "";
  const [[top, bottom], [left, right]] = found;
  return say("partSeen", { top, bottom, left, right });
}
