import "./platform.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { Gallery } from "../assets/files/gallery.js";
import { decoded, headOf, mayShow, most } from "../assets/files/picture.js";
import { rest } from "./platform.js";

const latin = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const join = (...parts) =>
  Uint8Array.from(parts.flatMap((part) => [...(typeof part === "string" ? latin(part) : part)]));
const of16 = (n) => [n & 255, n >> 8]; // the low byte first
const of32 = (n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]; // the high byte first

const png = (width, height) => join("\x89PNG\r\n\x1a\n", of32(13), "IHDR", of32(width), of32(height), [8, 2, 0, 0, 0]);
const gif = (screen, first, table = false) => join("GIF89a", of16(screen[0]), of16(screen[1]), [table ? 0x81 : 0, 0, 0],
  table ? new Uint8Array(12) : [], [0x21, 0xf9, 4, 0, 0, 0, 0, 0], [0x2c],
  of16(0), of16(0), of16(first[0]), of16(first[1]), [0]);
const jpeg = (width, height) => join([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xdb, 0, 3, 0],
  [0xff, 0xc2, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255]);
const lossy = (width, height) => join("RIFF", [0, 0, 0, 0], "WEBPVP8 ", [0, 0, 0, 0], [0, 0, 0, 0x9d, 1, 0x2a],
  of16(width), of16(height));
const lossless = (width, height) => {
  const bits = (width - 1) | ((height - 1) << 14);
  return join("RIFF", [0, 0, 0, 0], "WEBPVP8L", [0, 0, 0, 0], [0x2f], of32(bits).reverse());
};
const extended = (width, height) => join("RIFF", [0, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0], [0, 0, 0, 0],
  of16(width - 1), [0], of16((height - 1) & 0xffff), [(height - 1) >> 16]);

test("the head of each kind of picture tells its size", () => {
  const size = { width: 321, height: 123 };
  for (const [bytes, type] of [[png(321, 123), "image/png"], [gif([321, 123], [1, 1]), "image/gif"],
    [gif([1, 123], [321, 2], true), "image/gif"], [jpeg(321, 123), "image/jpeg"], [lossy(321, 123), "image/webp"],
    [lossless(321, 123), "image/webp"], [extended(321, 123), "image/webp"]])
    assert.deepEqual(headOf(bytes), { type, ...size }, type);
});

test("what is no picture of the four kinds has no head, and neither has one that is cut off anywhere", () => {
  for (const text of ["", "<svg xmlns='http://www.w3.org/2000/svg'/>", "<html>", "%PDF-1.7", "BM\x00\x00",
    "GIF88a123456789",
    "\x89PNG\r\n\x1a\n<svg/>padding it to a length", "RIFF....WAVEfmt ", "\xff\xd8\xff\xda\x00\x08",
    "\xff\xd8\xff\xd9"])
    assert.equal(headOf(latin(text)), null, text);
  for (const whole of [png(3, 2), gif([3, 2], [1, 1], true), jpeg(3, 2), lossy(3, 2), lossless(3, 2), extended(3, 2)]) {
    const sizeAt = headOf(whole) && whole.length;
    for (let n = 0; n < sizeAt; n++) assert.doesNotThrow(() => headOf(whole.slice(0, n)));
    assert.equal(headOf(whole.slice(0, 16)), null);
  }
});

test("a picture beyond the bounds is none, however few bytes it has", async () => {
  const { side, pixels } = most;
  assert.ok(headOf(png(side, 1)));
  for (const [width, height] of [[side + 1, 1], [1, side + 1], [0, 1], [6_000, pixels / 6_000 + 1]])
    assert.equal(headOf(png(width, height)), null, `${width} by ${height}`);
  assert.equal(headOf(gif([1, 1], [65_535, 65_535])), null);
  globalThis.createImageBitmap = () => assert.fail("it was decoded");
  assert.equal(await decoded(join(png(9_000, 9_000), deflateSync(new Uint8Array(1000))), 100, 100), null);
  assert.equal(await decoded(new Uint8Array(most.bytes + 1), 100, 100), null);
  assert.ok(!mayShow({ type: "image/png", size: most.bytes + 1 }));
  for (const type of ["image/svg+xml", "text/html", "application/pdf", "image/avif", ""])
    assert.ok(!mayShow({ type, size: 1 }));
});

/** A browser that decodes: it notes what it was given, and how large the pictures are that it made. */
function decoder({ fails = () => false } = {}) {
  const given = [];
  const open = new Set();
  globalThis.createImageBitmap = async (from, { resizeWidth = from.width, resizeHeight = from.height } = {}) => {
    given.push(from.type ?? "bitmap");
    if (fails(given.length)) throw new DOMException("no", "InvalidStateError");
    const whole = from instanceof Blob;
    const made = { width: whole ? 2_000 : resizeWidth, height: whole ? 1_000 : resizeHeight };
    open.add(made);
    return { ...made, close: () => open.delete(made) };
  };
  return { given, open };
}

test("a picture is decoded as what its bytes are, made as small as it is shown, and let go", async () => {
  const { given, open } = decoder();
  const { width, height } = await decoded(png(2_000, 1_000), 640, 480);
  assert.deepEqual([width, height, given, open.size], [640, 320, ["image/png", "bitmap"], 1]);
  decoder({ fails: () => true });
  assert.equal(await decoded(png(3, 2), 640, 480), null);
});

const messageOf = (n) => ({ id: "m" + n, file: { name: "a.png", type: "image/png", size: 100 } });

test("a gallery fetches two at once, each file once, and keeps forty pictures", async () => {
  const { open } = decoder();
  let [now, atMost, reads] = [0, 0, 0];
  const gallery = new Gallery(async () => {
    reads++;
    atMost = Math.max(atMost, ++now);
    await rest();
    now--;
    return png(2_000, 1_000);
  });
  const all = Array.from({ length: 50 }, (_, n) => messageOf(n));
  assert.equal(gallery.of(all[0]), undefined);
  await Promise.all([...all, ...all].map((message) => gallery.load(message)));
  assert.deepEqual([atMost, reads, open.size], [2, 50, 40]);
  assert.equal(gallery.of(all[0]), undefined); // forgotten
  assert.ok(gallery.of(all[49]));
  gallery.forget("m49");
  assert.equal(gallery.of(all[49]), undefined);
  assert.equal(open.size, 39);
});

test("a file that is no picture is fetched once, one that nobody may see as a picture never", async () => {
  decoder();
  let reads = 0;
  const gallery = new Gallery(async () => (reads++, latin("<svg onload=alert(1)>")));
  await gallery.load(messageOf(1));
  await gallery.load(messageOf(1));
  assert.deepEqual([gallery.of(messageOf(1)), reads], [null, 1]);
  const svg = { id: "m2", file: { name: "a.svg", type: "image/svg+xml", size: 100 } };
  assert.equal(gallery.of(svg), null);
  assert.equal(gallery.of({ ...messageOf(3), redacted: true }), null);
});

test("a fetch that fails is tried again when it is asked for again, and takes nobody's turn", async () => {
  decoder();
  let fails = true;
  const gallery = new Gallery(async () => {
    if (fails) throw new Error("offline");
    return png(3, 2);
  });
  for (let n = 0; n < 5; n++) await assert.rejects(gallery.load(messageOf(n)), /offline/);
  assert.equal(gallery.of(messageOf(1)), undefined);
  fails = false;
  await gallery.load(messageOf(1));
  assert.ok(gallery.of(messageOf(1)));
});

test("a picture of which the message says that it is beyond the bounds is none that is shown", () => {
  const file = { type: "image/png", size: 100 };
  for (const [size, shown] of [[{}, true], [{ width: 4000, height: 6000 }, true], [{ width: 1, height: 12_000 }, true],
    [{ width: 4001, height: 6000 }, false], [{ width: 1, height: 12_001 }, false]])
    assert.equal(mayShow({ ...file, ...size }), shown, JSON.stringify(size));
});
