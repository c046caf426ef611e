// A QR code, by which a camera opens a link. It is black on white in dark colours, too: many cameras
// read no other. What makes it is loaded when one is shown.

import { html, useEffect, useState } from "../vendor.js";

/** Returns the dark modules as the path of an SVG with so many units on each side: {path, side}. */
export function pathOf(rows) {
  const cells = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  return { path: cells.join(""), side: rows.length };
}

/** label says what it opens. Where it cannot be made, the link beside it has to do. */
export function QR({ text, label }) {
  const [rows, setRows] = useState(/** @type {boolean[][]} */ ([]));
  useEffect(() => {
    import("../vendor-qr.js").then(({ modulesOf }) => setRows(modulesOf(text)), () => {});
  }, [text]);
  const { path, side } = pathOf(rows);
  return html`
    <svg class="qr" role="img" aria-label=${label} viewBox=${`0 0 ${side} ${side}`} shape-rendering="crispEdges">
      <rect width=${side} height=${side} fill="#fff" /><path d=${path} fill="#000" />
    </svg>`;
}
