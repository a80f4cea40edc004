// The row of stages: the map of each, small, with what the value depends on in a frame.

import { tapsOf } from "./windows.js";
import { fieldsOf } from "./behind.js";
import { say } from "./words.js";
import { pixelsBy } from "./pixels.js";
import { grey, paintSmall, tones } from "./cells.js";
import { $, make } from "./elements.js";
import { picture } from "./picture.js";
import { channelsOf, choose, isColor, pathOf, pin, seen } from "./model.js";

const SMALL = 5.5;

/** What people call a stage. */
export function labelOf(stage) {
  if (stage.op === "conv") return `conv ${stage.name} ${stage.weights.length}x${stage.weights[0].length}`.replace("  ", " ");
  if (stage.op === "layer") return `conv ${stage.name} ${[stage.weights.length, stage.weights[0].length, ...tapsOf(stage)].join("x")}`;
  if (stage.op === "combine") return combinedLabel(stage);
  if (stage.footprint) return `pool ${stage.mode} ${tapsOf(stage).join("x")}, ${stage.footprint.flat().filter(Boolean).length}`;
  if (stage.op === "pool") return `pool ${stage.mode} ${stage.size === "global" ? "global" : stage.size.join("x")}`;
  return stage.op === "leaky_relu" ? `leaky_relu ${stage.slope}` : stage.op;
}

/** The names of combined kernels; of more than three, how many. */
function combinedLabel({ how, kernels }) {
  const names = kernels.length > 3 ? kernels.length : kernels.map((kernel) => kernel.name || tapsOf({ op: "conv", ...kernel }).join("x")).join(", ");
  return `conv ${how}: ${names}`;
}

/** What gives a value of an image its colour, seen in these channels: three are pixels, red, green and blue. */
export function toneOf(one, channels) {
  if (channels.length === 1) return tones(one, channels[0], one === seen.maps[0] ? picture.white : null, seen.colors);
  const { of, top } = pixelsBy("clip", one, picture.white);
  return (value) => grey(of(value), top);
}

export function showStages() {
  const items = seen.maps.map((map, i) => {
    const canvas = make("canvas");
    const channels = i === 0 && picture.white && isColor(map) ? [0, 1, 2] : channelsOf(map);
    paintSmall(canvas, map, channels, toneOf(map, channels));
    const name = i ? labelOf(seen.shown[i - 1]) : say("image");
    const size = `${map.rows}x${map.cols}${map.channels > 1 ? `x${map.channels}` : ""}`;
    const holder = make("span", { className: "small" }, sized(canvas, map.rows, map.cols));
    const parts = [holder, make("span", { className: "name", textContent: name }), make("small", { textContent: size })];
    if (i === 0) return make("li", { className: "image" }, make("div", {}, ...parts));
    const chosen = i - 1 === seen.state.stage;
    const button = make("button", { type: "button", id: `stage-${i}` }, ...parts);
    button.setAttribute("role", "tab");
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    button.addEventListener("click", (event) => {
      if (chosen && event.target === canvas) pin(...placeIn(canvas, event, [map.rows, map.cols]));
      else choose(i - 1);
      $(`stage-${i}`).focus();
    });
    const item = make("li", {}, button);
    item.setAttribute("role", "presentation");
    return item;
  });
  items[0].setAttribute("role", "presentation");
  $("stages").replaceChildren(...items);
  showWhole();
  const chosen = items[Math.min(seen.state.stage + 1, items.length - 1)];
  $("row").scrollLeft = chosen.offsetLeft + chosen.offsetWidth + 8 - $("row").clientWidth;
}

/** The row and column of a picture of so many rows and columns that is under a pointer. */
export function placeIn(shown, event, [rows, cols]) {
  const box = shown.getBoundingClientRect();
  return [Math.floor(((event.clientY - box.top) / box.height) * rows), Math.floor(((event.clientX - box.left) / box.width) * cols)];
}

/** A small picture, in the shape of an image. */
export function sized(shown, rows, cols) {
  const most = Math.max(rows, cols);
  shown.style.height = `${Math.max((SMALL * rows) / most, 0.3)}rem`;
  shown.style.width = `${Math.max((SMALL * cols) / most, 0.3)}rem`;
  return shown;
}

/** The whole image, small, with the piece that is shown in a frame. Another piece of an opened picture can be chosen. */
function showWhole() {
  $("whole").hidden = !picture.whole;
  if (!picture.whole) return;
  const { top, left, image } = picture;
  const [rows, cols] = picture.size;
  const shown = $("whole").querySelector("img");
  if (shown.src !== picture.whole) shown.src = picture.whole;
  sized(shown, rows, cols);
  const frame = $("piece");
  laid(frame, [[top, top + image.rows], [left, left + image.cols]], [rows, cols]);
  $("whole").title = say(picture.bitmap ? "whole" : "wholeStays");
  $("whole").classList.toggle("moves", picture.bitmap !== null);
  if (picture.bitmap) frame.tabIndex = 0;
  else frame.removeAttribute("tabindex");
  frame.setAttribute("aria-disabled", String(!picture.bitmap));
  frame.setAttribute("aria-label", say(picture.bitmap ? "pieceSays" : "wholeStays"));
  frame.setAttribute("aria-valuenow", String(top * cols + left));
  frame.setAttribute("aria-valuemax", String((rows - image.rows) * cols + cols - image.cols));
  frame.setAttribute("aria-valuetext", say("part", { top, left, bottom: top + image.rows - 1, right: left + image.cols - 1 }));
  $("whole").querySelector("small").textContent = `${rows}x${cols}`;
}

/** Lay an element over some rows and columns (first, last; last not counted) of a small picture. */
function laid(element, spans, size) {
  const share = (n, i) => 100 * (Math.min(Math.max(n, 0), size[i]) / size[i]);
  const [[top, bottom], [left, right]] = spans.map((span, i) => span.map((n) => share(n, i)));
  Object.assign(element.style, { top: `${top}%`, left: `${left}%`, height: `${bottom - top}%`, width: `${right - left}%` });
  return element;
}

/** Frame in each small map what the value depends on, and mark the element that it is followed through; `parts` are
 * the rows and columns, first and last, that are seen of the stage's input and of its map. */
export function showReceptive(now, parts) {
  const { k, row, col } = now;
  const fields = fieldsOf(seen.shown.slice(0, k + 1), seen.maps, row, col);
  const path = pathOf(now);
  document.querySelectorAll("#stages .small").forEach((holder, i) => {
    holder.querySelectorAll("i").forEach((mark) => mark.remove());
    if (i > k + 1) return;
    const size = [seen.maps[i].rows, seen.maps[i].cols];
    const part = i < k ? null : parts[i - k];
    if (part) holder.append(laid(make("i", { className: "part" }), part.map(([first, last]) => [first, last + 1]), size));
    holder.append(laid(make("i"), fields[i], size));
    if (i <= k) holder.append(laid(make("i", { className: "followed" }), path[i].map((at) => [at + 0.5, at + 0.5]), size));
  });
}
