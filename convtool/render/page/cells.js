// Numbers as texts and colours, and grids of them on a canvas.

/** A number for people: whole ones in full, others to six digits. */
export function numeral(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value === 0 ? 0 : value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  return String(Number(value.toPrecision(6)));
}

/** The page's colours, as its style has them now. */
export function palette() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const channels = (name) => of(name).match(/\w\w/g).map((part) => parseInt(part, 16));
  return {
    ground: channels("ground"), positive: channels("positive"), negative: channels("negative"),
    mark: of("mark"), hatch: of("hatch"), line: of("line"),
  };
}

/** The colour of a number: blue above 0, orange below, the stronger the larger. */
export function signed(value, peak, colors) {
  const share = Number.isFinite(value) && peak > 0 ? Math.min(Math.abs(value) / peak, 1) : 0;
  const end = value < 0 ? colors.negative : colors.positive;
  return colors.ground.map((part, i) => Math.round(part + (end[i] - part) * share));
}

/** The grey of a pixel, from 0, black, to white. */
export function grey(value, white) {
  const level = Math.round(Math.min(Math.max(value / white || 0, 0), 1) * 255);
  return [level, level, level];
}

export function css([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}

/** How light a colour is, from 0 to 1 (relative luminance, WCAG 2.2). */
export function luminance(color) {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever is more readable on a colour: with a contrast above 4.5 on any. */
export function inkOn(color) {
  return luminance(color) > 0.179 ? "#000000" : "#ffffff";
}

/** What gives each value of a channel of an image its colour. */
export function tones(image, channel, white, colors) {
  let least = Infinity;
  let most = -Infinity;
  for (let i = channel; i < image.data.length; i += image.channels) {
    const value = image.data[i];
    if (!Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const top = white || Math.max(most, 0) || 1;
  if (least < 0 || most > top) {
    const peak = Math.max(Math.abs(least), Math.abs(most));
    return (value) => signed(value, peak, colors);
  }
  return (value) => grey(value, top);
}

/** The colour of a pixel: of its one value, or with the greys of three as its red, green and blue. */
export function colorOf(values, tone) {
  return values.length === 1 ? tone(values[0]) : values.map((value) => tone(value)[0]);
}

/** A whole image, a pixel of the canvas each, in the colours that `tone` gives the values
 * of one channel, or with the greys of three as its red, green and blue. */
export function paintSmall(canvas, image, channels, tone) {
  canvas.width = image.cols;
  canvas.height = image.rows;
  const pencil = canvas.getContext("2d");
  const picture = pencil.createImageData(image.cols, image.rows);
  for (let i = 0; i < image.rows * image.cols; i++) {
    const at = i * image.channels;
    const color = channels.length === 1 ? tone(image.data[at + channels[0]]) : null;
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = color ? color[c] : tone(image.data[at + channels[c]])[0];
    picture.data[4 * i + 3] = 255;
  }
  pencil.putImageData(picture, 0, 0);
}
