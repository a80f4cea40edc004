// Steps at a pace.

/** Take a step so many times a second, as `pace` says at each moment, while it `goesOn`. */
export function walk(goesOn, pace, step) {
  let last = performance.now();
  const tick = (time) => {
    if (!goesOn()) return;
    if (time - last >= 1000 / pace()) {
      last = time;
      step();
    }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
