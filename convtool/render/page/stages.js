// The row of stages: the map of each, small, with what the value depends on in a frame.

import { fieldsOf } from "./engine.js";
import { grey, paintSmall, palette, tones } from "./cells.js";
import { $, make } from "./elements.js";
import { choose, seen } from "./model.js";
import { picture } from "./picture.js";
import { say } from "./words.js";

const SMALL = 5.5;

/** What people call a stage. */
export function labelOf(stage) {
  if (stage.op === "conv") return `conv ${stage.name} ${stage.weights.length}x${stage.weights[0].length}`.replace("  ", " ");
  if (stage.op === "pool") return `pool ${stage.mode} ${stage.size === "global" ? "global" : stage.size.join("x")}`;
  return stage.op === "leaky_relu" ? `leaky_relu ${stage.slope}` : stage.op;
}

export function showStages() {
  const colors = palette();
  const items = seen.maps.map((map, i) => {
    const canvas = make("canvas");
    const channel = Math.min(seen.state.channel, map.channels - 1);
    const white = i ? null : picture.white;
    if (isColor(map)) paintSmall(canvas, map, [0, 1, 2], (value) => grey(value, picture.white));
    else paintSmall(canvas, map, [channel], tones(map, channel, white, colors));
    const name = i ? labelOf(seen.shown[i - 1]) : say("image");
    const size = `${map.rows}x${map.cols}${map.channels > 1 ? `x${map.channels}` : ""}`;
    const holder = make("span", { className: "small" }, sized(canvas, map.rows, map.cols));
    const parts = [holder, make("span", { className: "name", textContent: name }), make("small", { textContent: size })];
    if (i === 0) return make("li", { className: "image" }, make("div", {}, ...parts), ...wholePicture());
    const chosen = i - 1 === seen.state.stage;
    const button = make("button", { type: "button", id: `stage-${i}` }, ...parts);
    button.setAttribute("role", "tab");
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    button.addEventListener("click", () => {
      choose(i - 1);
      $(`stage-${i}`).focus();
    });
    const item = make("li", {}, button);
    item.setAttribute("role", "presentation");
    return item;
  });
  items[0].setAttribute("role", "presentation");
  $("stages").replaceChildren(...items);
  const chosen = items[Math.min(seen.state.stage + 1, items.length - 1)];
  $("stages").scrollLeft = chosen.offsetLeft + chosen.offsetWidth + 8 - $("stages").clientWidth;
}

function isColor(one) {
  return one === seen.maps[0] && picture.white && picture.channels.join("") === "RGB";
}

/** A small picture, in the shape of an image. */
export function sized(picture, rows, cols) {
  const most = Math.max(rows, cols);
  picture.style.height = `${Math.max((SMALL * rows) / most, 0.3)}rem`;
  picture.style.width = `${Math.max((SMALL * cols) / most, 0.3)}rem`;
  return picture;
}

/** The whole image, small, with the piece that is shown in a frame. */
function wholePicture() {
  if (!picture.whole) return [];
  const frame = make("i");
  const [rows, cols] = picture.size;
  const percent = (part, all) => `${(100 * part) / all}%`;
  Object.assign(frame.style, {
    top: percent(picture.top, rows), left: percent(picture.left, cols),
    height: percent(picture.image.rows, rows), width: percent(picture.image.cols, cols),
  });
  const holder = make("span", { className: "small" }, sized(make("img", { src: picture.whole, alt: "" }), rows, cols), frame);
  return [make("div", { className: "whole", title: say("whole") }, holder, make("small", { textContent: `${rows}x${cols}` }))];
}

/** Frame in each small map what the value depends on. */
export function showReceptive({ k, row, col }) {
  const fields = fieldsOf(seen.shown.slice(0, k + 1), seen.maps, row, col);
  document.querySelectorAll("#stages .small:first-child").forEach((holder, i) => {
    if (holder.parentElement.className === "whole") return;
    holder.querySelector("i")?.remove();
    const number = [...$("stages").children].indexOf(holder.closest("li"));
    if (number > k + 1 || !fields[number]) return;
    const [rows, cols] = fields[number];
    const { rows: height, cols: width } = seen.maps[number];
    const clip = ([from, to], size) => [Math.max(from, 0) / size, Math.min(to, size) / size];
    const [top, bottom] = clip(rows, height);
    const [left, right] = clip(cols, width);
    const frame = make("i");
    Object.assign(frame.style, {
      top: `${100 * top}%`, left: `${100 * left}%`, height: `${100 * (bottom - top)}%`, width: `${100 * (right - left)}%`,
    });
    holder.append(frame);
  });
}
