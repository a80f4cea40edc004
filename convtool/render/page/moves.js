// What moves the page: pointer, keys, buttons, the address; and its start.

import { drawingOf } from "./drawing.js";
import { $, make } from "./elements.js";
import { back, change, choose, current, first, forward, over, pin, repicture, seen, whenChanged } from "./model.js";
import { open, restore } from "./picture.js";
import { labelOf } from "./stages.js";
import { fragmentOf, newStage, stateIn } from "./state.js";
import { grids } from "./step.js";
import { showAll, showStep } from "./view.js";
import { say, speak } from "./words.js";

const STEPS_A_SECOND = [1, 2, 4, 8, 16, 32, 60];
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function play() {
  seen.playing = !seen.playing;
  showStep();
  let last = performance.now();
  const tick = (time) => {
    if (!seen.playing) return;
    if (time - last >= 1000 / STEPS_A_SECOND[Number($("speed").value)]) {
      last = time;
      forward(1);
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

function listenToGrid(name) {
  const { canvas } = grids[name];
  const placeOf = (event) => {
    const [row, col] = grids[name].under(event);
    const { stage, before } = current();
    return name === "map" ? [row, col] : over(stage, before, row, col);
  };
  canvas.addEventListener("pointermove", (event) => {
    if (seen.playing) return;
    seen.looked = placeOf(event);
    seen.term = 0;
    showStep();
  });
  canvas.addEventListener("pointerleave", () => {
    seen.looked = null;
    if (!seen.playing) showStep();
  });
  canvas.addEventListener("click", (event) => {
    seen.playing = false;
    pin(...placeOf(event));
  });
  canvas.addEventListener("keydown", (event) => {
    const by = ARROWS[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    seen.playing = false;
    seen.term = 0;
    const { row, col } = current();
    pin(row + by[0], col + by[1]);
  });
}

function moveStage(by) {
  const stages = [...seen.state.stages];
  const [one] = stages.splice(seen.state.stage, 1);
  stages.splice(seen.state.stage + by, 0, one);
  seen.state.stage += by;
  change(stages);
}

function listen() {
  listenToGrid("input");
  listenToGrid("map");
  $("previous").addEventListener("click", () => forward(-1));
  $("next").addEventListener("click", () => forward(1));
  $("play").addEventListener("click", play);
  $("scrub").addEventListener("input", () => {
    seen.playing = false;
    const at = Number($("scrub").value);
    const { map } = current();
    pin(Math.floor(at / map.cols), at % map.cols);
  });
  $("terms").addEventListener("change", () => {
    seen.byTerms = $("terms").checked;
    seen.term = 0;
    showStep();
  });
  $("channel").addEventListener("change", () => {
    seen.state.channel = Number($("channel").value);
    showAll();
  });
  $("language").addEventListener("change", () => {
    speak($("language").value);
    showAll();
  });
  $("earlier").addEventListener("click", () => moveStage(-1));
  $("later").addEventListener("click", () => moveStage(1));
  $("remove").addEventListener("click", () => change(seen.state.stages.filter((_, k) => k !== seen.state.stage)));
  $("add").addEventListener("change", () => {
    const added = newStage($("add").value);
    const stages = seen.state.stages.toSpliced(seen.state.stage + 1, 0, added);
    seen.state.stage += 1;
    change(stages);
  });
  $("file").addEventListener("change", () => $("file").files[0] && repicture(() => open($("file").files[0])));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) repicture(() => open(file));
  });
  $("undo").addEventListener("click", () => back(-1));
  $("redo").addEventListener("click", () => back(1));
  $("reset").addEventListener("click", () => {
    Object.assign(seen.state, structuredClone(first));
    repicture(restore);
  });
  $("stages").addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    choose(Math.min(Math.max(seen.state.stage + by, 0), seen.shown.length - 1));
    $(`stage-${seen.state.stage + 1}`)?.focus();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLInputElement && event.target.type !== "range" && event.target.type !== "checkbox";
    if (isTyping || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    back(key === "y" || event.shiftKey ? 1 : -1);
  });
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", () => copy(/** @type {HTMLElement} */ (button)));
  }
  $("drawing").addEventListener("click", saveDrawing);
  window.addEventListener("resize", showStep);
  window.addEventListener("hashchange", () => {
    const found = stateIn(location.hash.slice(1));
    if (!found || fragmentOf(found) === fragmentOf(seen.state)) return;
    seen.state = found;
    change(seen.state.stages);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showAll);
}

/** Save the step that is seen as a file. */
function saveDrawing() {
  const { stage, row, col } = current();
  const text = drawingOf($("sum"), say("drawn", { stage: labelOf(stage), row, col }));
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  make("a", { href: address, download: "step.svg" }).click();
  URL.revokeObjectURL(address);
}

async function copy(button) {
  const text = $(button.dataset.copies).textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = say("done");
  } catch {
    getSelection().selectAllChildren($(button.dataset.copies));
  }
}

const isChinese = navigator.language.toLowerCase().startsWith("zh");
$("language").value = isChinese ? "zh" : "en";
speak($("language").value);
whenChanged(showAll, showStep);
listen();
seen.state = stateIn(location.hash.slice(1)) ?? seen.state;
change(seen.state.stages);
