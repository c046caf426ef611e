// A QR code, by which a camera opens a link. It is black on white in dark colours, too: many cameras
// read no other.

import { modulesOf } from "../vendor-qr.js";
import { html } from "../vendor.js";

/** Returns the dark modules as the path of an SVG with so many units on each side: {path, side}. */
export function pathOf(text) {
  const rows = modulesOf(text);
  const cells = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  return { path: cells.join(""), side: rows.length };
}

/** label says what it opens. */
export function QR({ text, label }) {
  const { path, side } = pathOf(text);
  return html`
    <svg class="qr" role="img" aria-label=${label} viewBox=${`0 0 ${side} ${side}`} shape-rendering="crispEdges">
      <rect width=${side} height=${side} fill="#fff" /><path d=${path} fill="#000" />
    </svg>`;
}
