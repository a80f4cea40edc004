// Arrays that convtool has put into the page.

const KINDS = {
  uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, int32: Int32Array,
  float32: Float32Array, float64: Float64Array,
};

/** An array of the facts as an image. */
export function imageOf(array, whole) {
  const bytes = Uint8Array.from(atob(array.data), (letter) => letter.charCodeAt(0));
  const data = Float64Array.from(new KINDS[array.type](bytes.buffer));
  return { rows: array.rows, cols: array.cols, channels: array.channels, whole, data };
}
