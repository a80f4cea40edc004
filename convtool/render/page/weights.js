// The fields of the weights: typed, stepped by keys, dragged.

import { say } from "./words.js";
import { numeral } from "./cells.js";
import { make } from "./elements.js";
import { keep, light, put, seen } from "./model.js";

const PIXELS_A_STEP = 4;

/** The field of the weight in a row and a column of the kernel; `n` is its number among those that are combined. */
export function weightInput(u, v, n) {
  const which = n ? `${n}-` : "";
  const input = make("input", { type: "text", inputMode: "decimal", id: `weight-${which}${u}-${v}`, autocomplete: "off" });
  input.setAttribute("aria-label", say("weight", { row: u, col: v }));
  const stageNow = () => seen.state.stages[seen.state.stage];
  const weightsNow = () => (stageNow().kernels?.[n] ?? stageNow()).weights ?? [];
  const write = (value, keeps = true) => {
    if (weightsNow()[u]?.[v] === undefined) return;
    const weights = weightsNow().map((line, i) => line.map((one, j) => (i === u && j === v ? value : one)));
    const { kernels } = stageNow();
    if (kernels) put({ kernels: kernels.with(n, { ...kernels[n], weights, name: "" }) }, keeps);
    else put({ weights, name: "" }, keeps);
  };
  const moveBy = (by, keeps) => write(Number((Number(weightsNow()[u]?.[v]) + by).toPrecision(12)), keeps);
  const typed = () => {
    const value = Number(input.value.replace(",", "."));
    if (input.value.trim() !== "" && Number.isFinite(value)) write(value);
    else input.value = numeral(weightsNow()[u]?.[v] ?? 0);
  };
  input.addEventListener("change", typed);
  input.addEventListener("focus", () => {
    input.value = numeral(weightsNow()[u]?.[v] ?? 0);
    light([u, v]);
  });
  input.addEventListener("blur", () => light(null));
  input.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    moveBy((event.key === "ArrowUp" ? 1 : -1) * unitOf(event));
  });
  listenToDrag(input, moveBy);
  return input;
}

function unitOf(event) {
  return event.shiftKey ? 0.1 : 1;
}

/** Dragged up or down, a weight changes; only a click without that goes into the field. */
function listenToDrag(input, moveBy) {
  let at = 0;
  let isDragged = false;
  input.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("pointerdown", (event) => {
    at = event.clientY;
    isDragged = false;
    input.setPointerCapture(event.pointerId);
  });
  input.addEventListener("pointermove", (event) => {
    if (!input.hasPointerCapture(event.pointerId)) return;
    const steps = Math.trunc((at - event.clientY) / PIXELS_A_STEP);
    if (steps === 0) return;
    at -= steps * PIXELS_A_STEP;
    isDragged = true;
    input.classList.add("dragged");
    moveBy(steps * unitOf(event), false);
  });
  input.addEventListener("lostpointercapture", () => {
    input.classList.remove("dragged");
    if (isDragged) keep();
  });
  input.addEventListener("click", () => {
    if (isDragged) return;
    input.focus();
    input.select();
  });
}
