// What moves the page: buttons, keys, the address; and its start.

import { STAGES } from "./engine.js";
import { say } from "./words.js";
import { fragmentOf, newStage, stateIn } from "./state.js";
import { $, make } from "./elements.js";
import { listenToLanguage } from "./language.js";
import { walk } from "./pace.js";
import { facts } from "./facts.js";
import { open, restore } from "./picture.js";
import { back, change, choose, current, first, forward, isJoined, pin, repicture, seen, whenChanged } from "./model.js";
import { labelOf } from "./stages.js";
import { GREY, recolor, showAll, showStep } from "./view.js";
import { drawingOf } from "./drawing.js";
import { listenToGrid, listenToPiece, listenToWindow, release } from "./pointing.js";

const layers = facts.stages.filter((stage) => stage.op === "layer");
const STEPS_A_SECOND = [1, 2, 4, 8, 16, 32, 60];

function play() {
  seen.playing = !seen.playing;
  showStep();
  walk(() => seen.playing, () => STEPS_A_SECOND[Number($("speed").value)], () => forward(1));
}

function moveStage(by) {
  const stages = [...seen.state.stages];
  const [one] = stages.splice(seen.state.stage, 1);
  stages.splice(seen.state.stage + by, 0, one);
  seen.state.stage += by;
  change(stages);
}

/** See a channel, or all; grey is a stage in front, which goes when a channel is chosen. */
function takeChannel() {
  const { stages } = seen.state;
  const isGray = stages[0].op === "gray";
  if ($("channel").value === GREY) {
    seen.state.stage += 1;
    change([newStage("gray"), ...stages]);
    return;
  }
  seen.state.channel = Number($("channel").value);
  if (!isGray || stages.length === 1) {
    showAll();
    return;
  }
  seen.state.stage = Math.max(seen.state.stage - 1, 0);
  change(stages.slice(1));
}

/** Paper is light, whatever the screen is. */
function listenToPrint() {
  for (const [name, prints] of [["beforeprint", true], ["afterprint", false]]) {
    window.addEventListener(name, () => {
      document.documentElement.classList.toggle("paper", prints);
      recolor();
    });
  }
}

function listen() {
  listenToGrid("input");
  listenToGrid("map");
  listenToWindow();
  listenToPiece();
  listenToPrint();
  $("previous").addEventListener("click", () => forward(-1));
  $("next").addEventListener("click", () => forward(1));
  $("play").addEventListener("click", play);
  $("scrub").addEventListener("change", release);
  $("scrub").addEventListener("input", () => {
    Object.assign(seen, { playing: false, held: true });
    const at = Number($("scrub").value);
    const { map } = current();
    pin(Math.floor(at / map.cols), at % map.cols);
  });
  $("terms").addEventListener("change", () => {
    seen.byTerms = $("terms").checked;
    seen.term = 0;
    showStep();
  });
  $("channel").addEventListener("change", takeChannel);
  $("numbers").addEventListener("change", () => {
    seen.near = $("numbers").checked;
    showStep();
  });
  $("passes").addEventListener("toggle", showStep);
  $("earlier").addEventListener("click", () => moveStage(-1));
  $("later").addEventListener("click", () => moveStage(1));
  $("remove").addEventListener("click", () => change(seen.state.stages.filter((_, k) => k !== seen.state.stage)));
  $("op").append(...STAGES.filter((op) => !isJoined({ op })).map((op) => new Option(op, op)));
  $("add").addEventListener("click", () => {
    const added = newStage($("op").value);
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
    $("file").value = "";
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
    const found = stateIn(location.hash.slice(1), layers);
    if (found && fragmentOf(found) === fragmentOf(seen.state)) return;
    seen.state = found ?? seen.state;
    change(seen.state.stages);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolor);
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

listenToLanguage(showAll);
whenChanged(showAll, showStep);
listen();
seen.state = stateIn(location.hash.slice(1), layers) ?? seen.state;
change(seen.state.stages);
