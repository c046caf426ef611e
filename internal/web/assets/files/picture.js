// Pictures out of files that anybody may have sent. A file becomes a picture only if its first
// bytes say that it is of one of four kinds and within bounds, and this browser has decoded all of
// it. What is shown are the pixels, on a canvas: the file itself is given to no element, so that
// nothing in it can act, whatever else it is as well.

export const most = { bytes: 8 * 1024 * 1024, pixels: 24_000_000, side: 12_000 };

/** The media types of files that may be pictures. */
export const kinds = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** Reports whether a file, as a message or a disk names it, may be a picture that is shown. */
export const mayShow = ({ type, size, width = 1, height = 1 }) =>
  kinds.includes(type) && size <= most.bytes && fits({ width, height });

const fits = ({ width, height }) =>
  Math.min(width, height) > 0 && Math.max(width, height) <= most.side && width * height <= most.pixels;

/**
 * Returns the kind and the size in pixels of a picture, by its first bytes; null if it is none of the
 * four kinds, or beyond the bounds.
 * @param {Uint8Array} bytes
 */
export function headOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const head = png(view) ?? gif(view) ?? webp(view) ?? jpeg(view);
    return head && fits(head) ? head : null;
  } catch (problem) {
    if (problem instanceof RangeError) return null; // it ends before its head does
    throw problem;
  }
}

/** Reports whether the bytes at a place are these characters. */
const has = (view, at, text) => [...text].every((c, n) => view.getUint8(at + n) === c.charCodeAt(0));

/** PNG, 11.2.1 (IHDR). */
function png(view) {
  if (!has(view, 0, "\x89PNG\r\n\x1a\n") || !has(view, 12, "IHDR")) return null;
  return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

/** GIF89a, 18 and 20: a browser makes room for the first image, also where that is larger than the screen. */
function gif(view) {
  if (!has(view, 0, "GIF87a") && !has(view, 0, "GIF89a")) return null;
  const tableOf = (flags) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableOf(view.getUint8(10));
  while (view.getUint8(at) === 0x21) {
    at += 2;
    for (let size; (size = view.getUint8(at)) > 0; ) at += 1 + size;
    at++;
  }
  if (view.getUint8(at) !== 0x2c) return null;
  const [x, y, width, height] = [1, 3, 5, 7].map((n) => view.getUint16(at + n, true));
  return {
    type: "image/gif",
    width: Math.max(view.getUint16(6, true), x + width),
    height: Math.max(view.getUint16(8, true), y + height),
  };
}

/** WebP, RFC 9649, 2.3 to 2.7. */
function webp(view) {
  if (!has(view, 0, "RIFF") || !has(view, 8, "WEBP")) return null;
  const is = (width, height) => ({ type: "image/webp", width, height });
  if (has(view, 12, "VP8 ")) return is(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  if (has(view, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return is(1 + (bits & 0x3fff), 1 + ((bits >>> 14) & 0x3fff));
  }
  const of24 = (at) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  return has(view, 12, "VP8X") ? is(1 + of24(24), 1 + of24(27)) : null;
}

/** JPEG, T.81, B.1 and B.2.2: the segments up to the one that begins a frame. */
function jpeg(view) {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at++; // a fill byte
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) at += 2;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { type: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    else if (marker === 0xda || marker === 0xd9) return null;
    else at += 2 + view.getUint16(at + 2);
  }
}

/**
 * Decodes a picture completely, and returns it as a bitmap that fits into a box of so many pixels;
 * null if the bytes are no picture that may be shown. The caller closes the bitmap.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export async function decoded(bytes, width, height) {
  const head = bytes.length <= most.bytes ? headOf(bytes) : null;
  if (!head) return null;
  const whole = await createImageBitmap(new Blob([bytes], { type: head.type })).catch(() => null);
  if (!whole) return null;
  const scale = Math.min(1, width / whole.width, height / whole.height);
  if (scale === 1) return whole;
  const small = await createImageBitmap(whole, {
    resizeWidth: Math.max(1, Math.round(whole.width * scale)),
    resizeHeight: Math.max(1, Math.round(whole.height * scale)),
    resizeQuality: "high",
  });
  whole.close();
  return small;
}
