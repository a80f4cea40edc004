// What moves the page of a descent: keys, pointer, buttons, the address; and its start.

import { $ } from "../page/elements.js";
import { listenToLanguage } from "../page/language.js";
import { walk } from "../page/pace.js";
import { charts } from "./curves.js";
import { fastestSettings } from "./descent.js";
import { bowl } from "./given.js";
import { PLATES, canvasOf, placeUnder } from "./plates.js";
import { showAll, showDescent, showFrame, showLooked } from "./show.js";
import { LEAST_RATE, MOST_MOMENTUM, MOST_RATE, UNIT_RATE, training } from "./training.js";
import { advance, fragmentNow, goTo, lookAt, readFragment, redescend } from "./training.js";

const FRAMES_A_SECOND = [2, 4, 8, 16, 24, 32, 60];
const CALM = 1;
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

function pause() {
  training.playing = false;
}

function play() {
  training.playing = !training.playing;
  const last = training.frames.length - 1;
  if (training.playing && training.at === last) training.at = 0;
  showFrame();
  const step = () => {
    advance(1);
    training.playing = training.at < last;
    showFrame();
  };
  walk(() => training.playing, () => FRAMES_A_SECOND[Number($("speed").value)], step);
}

/** Stop playing, do something, and show the frame that is seen then. */
function move(how) {
  pause();
  how();
  showFrame();
}

function change(settings) {
  pause();
  Object.assign(training, settings);
  redescend();
  showDescent();
}

function listenToPlate(name) {
  const canvas = canvasOf(name);
  const look = (event) => {
    lookAt(...placeUnder(name, event));
    showLooked();
  };
  canvas.addEventListener("pointermove", look);
  canvas.addEventListener("pointerdown", look);
  canvas.addEventListener("keydown", (event) => {
    const by = MOVES[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    lookAt(training.row + by[0], training.col + by[1]);
    showLooked();
  });
}

function listenToChart(chart) {
  const follow = (event) => event.buttons && move(() => goTo(chart.under(event)));
  chart.svg.addEventListener("pointerdown", (event) => {
    chart.svg.setPointerCapture(event.pointerId);
    follow(event);
  });
  chart.svg.addEventListener("pointermove", follow);
}

function listenToKeys(event) {
  const inField = event.target instanceof HTMLElement && event.target.closest("input, select, button");
  if (inField || event.altKey || event.ctrlKey || event.metaKey) return;
  const by = STEPS[event.key];
  if (by === undefined && event.key !== " ") return;
  event.preventDefault();
  if (by === undefined) play();
  else move(() => advance(by));
}

function listen() {
  PLATES.forEach(listenToPlate);
  Object.values(charts).forEach(listenToChart);
  $("previous").addEventListener("click", () => move(() => advance(-1)));
  $("next").addEventListener("click", () => move(() => advance(1)));
  $("play").addEventListener("click", play);
  $("scrub").addEventListener("input", () => move(() => advance(Number($("scrub").value) - training.at)));
  for (const kind of ["closed", "whole"]) $(kind).addEventListener("click", () => move(() => goTo(kind)));
  $("rate").addEventListener("input", () => change({ rate: Number($("rate").value) }));
  $("momentum").addEventListener("input", () => change({ momentum: Number($("momentum").value) }));
  $("plain").addEventListener("click", () => change({ rate: 1, momentum: 0, seed: 0 }));
  $("fastest").addEventListener("click", () => {
    const { rate, momentum } = fastestSettings(bowl);
    change({ rate: rate / UNIT_RATE, momentum: Math.min(momentum, MOST_MOMENTUM) });
  });
  $("another").addEventListener("click", () => change({ seed: training.seed + 1 }));
  document.addEventListener("keydown", listenToKeys);
  window.addEventListener("resize", showDescent);
  window.addEventListener("hashchange", () => {
    if (location.hash.slice(1) === fragmentNow()) return;
    pause();
    readFragment(location.hash.slice(1));
    showDescent();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showAll);
}

$("rate").min = String(LEAST_RATE);
$("rate").max = String(MOST_RATE);
$("momentum").max = String(MOST_MOMENTUM);
if (matchMedia("(prefers-reduced-motion: reduce)").matches) $("speed").value = String(CALM);
listenToLanguage(showAll);
listen();
readFragment(location.hash.slice(1));
showAll();
