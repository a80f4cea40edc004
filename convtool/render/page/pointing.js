// What the reader points at: the grids, the window, the piece of the picture; by pointer and by keys.

import { $ } from "./elements.js";
import { cut, picture } from "./picture.js";
import { current, light, over, pin, repicture, seen } from "./model.js";
import { placeIn } from "./stages.js";
import { grids } from "./grids.js";
import { showStep } from "./view.js";

const PIXELS_A_KEY = 8;
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Rows and columns that an arrow key moves by; undefined for other keys. */
function arrowOf(event) {
  return event.altKey || event.ctrlKey || event.metaKey ? undefined : ARROWS[event.key];
}

/** Nothing is held any more. */
export function release() {
  if (!seen.held) return;
  seen.held = false;
  showStep();
}

export function listenToGrid(name) {
  const { canvas } = grids[name];
  const placeOf = (event) => {
    const [row, col] = grids[name].under(event);
    const { stage, before } = current();
    return name === "map" ? [row, col] : over(stage, before, row, col);
  };
  canvas.addEventListener("pointermove", (event) => {
    if (seen.playing) return;
    Object.assign(seen, { looked: placeOf(event), pointed: name, term: 0 });
    showStep();
  });
  canvas.addEventListener("pointerleave", () => {
    Object.assign(seen, { looked: null, pointed: "" });
    if (!seen.playing) showStep();
  });
  canvas.addEventListener("click", (event) => {
    seen.playing = false;
    pin(...placeOf(event));
  });
  canvas.addEventListener("keydown", (event) => {
    const by = arrowOf(event);
    if (!by) return;
    event.preventDefault();
    Object.assign(seen, { playing: false, term: 0, held: event.repeat });
    const { row, col } = current();
    pin(row + by[0], col + by[1]);
  });
  canvas.addEventListener("keyup", release);
  canvas.addEventListener("blur", release);
}

/** The elements of the window are lit by arrow keys as well. */
export function listenToWindow() {
  $("window").addEventListener("focusin", () => light([0, 0]));
  $("window").addEventListener("focusout", () => light(null));
  $("window").addEventListener("keydown", (event) => {
    const by = arrowOf(event);
    if (!by || !seen.lit) return;
    event.preventDefault();
    const { window: elements } = current();
    light([elements, elements[0]].map((line, i) => Math.min(Math.max((seen.lit[i] ?? 0) + by[i], 0), line.length - 1)));
  });
}

/** The piece of an opened picture is dragged in the whole, or moved by arrow keys. */
export function listenToPiece() {
  const holder = $("piece").parentElement;
  const move = (top, left) => {
    const places = [top, left].map((n, i) => {
      const last = picture.size[i] - [picture.image.rows, picture.image.cols][i];
      return Math.min(Math.max(n, 0), last);
    });
    if (places[0] !== picture.top || places[1] !== picture.left) repicture(() => cut(...places));
  };
  let held = [0, 0];
  holder.addEventListener("pointerdown", (event) => {
    if (!picture.bitmap || event.button !== 0) return;
    event.preventDefault();
    $("piece").focus({ focusVisible: false });
    holder.setPointerCapture(event.pointerId);
    const { top, left, image } = picture;
    const sizes = [image.rows, image.cols];
    const inside = placeIn(holder, event, picture.size).map((n, i) => n - [top, left][i]);
    const isHeld = inside.every((n, i) => n >= 0 && n < sizes[i]);
    held = isHeld ? inside : sizes.map((size) => size >> 1);
    drag(event);
  });
  const drag = (event) => {
    if (!holder.hasPointerCapture(event.pointerId)) return;
    const [row, col] = placeIn(holder, event, picture.size);
    move(row - held[0], col - held[1]);
  };
  holder.addEventListener("pointermove", drag);
  $("piece").addEventListener("keydown", (event) => {
    const by = arrowOf(event);
    if (!by || !picture.bitmap) return;
    event.preventDefault();
    const step = event.shiftKey ? 1 : PIXELS_A_KEY;
    move(picture.top + by[0] * step, picture.left + by[1] * step);
  });
}
