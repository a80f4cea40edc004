// The picture that the page works on: convtool's own, or one that the reader opens, which stays here.

import { Refused } from "./windows.js";
import { facts, image } from "./facts.js";

const LARGEST_SIDE = 96;
const LARGEST_WHOLE = 200;

/** `image` is the piece that is seen, from row `top` and column `left` of a picture of `size`; `whole` is
 * that picture, small, as a data: address, and null where the piece is all of it. `bitmap` is an opened
 * picture, from which other pieces can be cut; `deep`: it has 16 bits, of which the browser gives 8. `source` are
 * the words of a command line that read the picture. */
export const picture = {
  image, name: facts.name, source: facts.source, size: facts.size, channels: facts.channels,
  white: facts.white, single: facts.single,
  top: facts.excerpt.top, left: facts.excerpt.left, whole: facts.picture,
  bitmap: /** @type {ImageBitmap | null} */ (null), deep: false,
};
const own = { ...picture };

/** See convtool's own picture again. */
export function restore() {
  Object.assign(picture, own);
}

/** Open a file: its piece in the middle is seen, as red, green and blue, or grey, of 8 bits. */
export async function open(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  } catch {
    throw new Refused("noPicture");
  }
  const middle = (length) => Math.max(length - LARGEST_SIDE, 0) >> 1;
  const before = { ...picture };
  const { deep, grey: isGrey } = await kindOf(file);
  Object.assign(picture, { bitmap, size: [bitmap.height, bitmap.width], name: file.name, source: [file.name], deep });
  Object.assign(picture, { white: 255, single: true, channels: isGrey ? ["L"] : ["R", "G", "B"] });
  try {
    cut(middle(bitmap.height), middle(bitmap.width));
  } catch (error) {
    Object.assign(picture, before);
    throw error;
  }
  picture.whole = isAll() ? null : small(bitmap);
}

/** See the piece of the opened picture that begins at a row and a column. */
export function cut(top, left) {
  const rows = Math.min(picture.size[0], LARGEST_SIDE);
  const cols = Math.min(picture.size[1], LARGEST_SIDE);
  const pencil = drawn(picture.bitmap, rows, cols, -left, -top, picture.size[1], picture.size[0]);
  const { data } = pencil.getImageData(0, 0, cols, rows);
  const channels = picture.channels.length;
  const values = new Float64Array(rows * cols * channels);
  for (let i = 0; i < rows * cols; i++) {
    if (data[4 * i + 3] !== 255) throw new Refused("noAlpha");
    for (let c = 0; c < channels; c++) values[channels * i + c] = data[4 * i + c];
  }
  Object.assign(picture, { top, left, image: { rows, cols, channels, whole: true, data: values } });
}

const PNG = 0x89504e47;
const JPEG_FRAMES = [0xffc0, 0xffc1, 0xffc2];

/** What a browser does not tell of a file: whether it has 16 bits, and whether one channel, which it makes three. PNG says
 * so in its header; JPEG where its frame begins, behind segments that each have their length. */
async function kindOf(file) {
  const bytes = new DataView(await file.slice(0, 1 << 20).arrayBuffer());
  if (bytes.byteLength > 25 && bytes.getUint32(0) === PNG) {
    return { deep: bytes.getUint8(24) === 16, grey: bytes.getUint8(25) % 4 === 0 };
  }
  let at = 2;
  while (at + 9 < bytes.byteLength && bytes.getUint8(at) === 0xff && !JPEG_FRAMES.includes(bytes.getUint16(at))) at += 2 + bytes.getUint16(at + 2);
  const isFrame = at + 9 < bytes.byteLength && JPEG_FRAMES.includes(bytes.getUint16(at));
  return { deep: false, grey: isFrame && bytes.getUint8(at + 9) === 1 };
}

function isAll() {
  return picture.image.rows === picture.size[0] && picture.image.cols === picture.size[1];
}

function small(bitmap) {
  const share = Math.min(LARGEST_WHOLE / Math.max(bitmap.width, bitmap.height), 1);
  const [rows, cols] = [bitmap.height, bitmap.width].map((length) => Math.max(Math.round(length * share), 1));
  return drawn(bitmap, rows, cols, 0, 0, cols, rows).canvas.toDataURL("image/png");
}

function drawn(bitmap, rows, cols, left, top, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width: cols, height: rows });
  const pencil = canvas.getContext("2d");
  pencil.drawImage(bitmap, left, top, width, height);
  return pencil;
}
