// The file that is open over the page of a room. It outlives the row in which it was pressed: that leaves the page when
// the conversation goes on.

import { later } from "../ui/later.js";
import { html, useLayoutEffect, useState } from "../vendor.js";

const viewers = { text: later("TextFile"), picture: later("Large") };
let show = (/** @type {{message: any, as: string}} */ _) => {};

/** Opens the file of a message, as a text or as a picture. */
export const openFile = (message, as) => show({ message, as });

/** The file that is open, until the person closes it or its message is removed. */
export function OpenFile({ room, state }) {
  const [open, setOpen] = useState(/** @type {any} */ (null));
  useLayoutEffect(() => void (show = setOpen), []);
  if (!open) return null;
  const { id } = open.message;
  const now = state.messages.find((one) => one.id === id) ?? open.message;
  const redacted = now.redacted || state.messages.some(({ changes }) => changes?.redacted === id);
  return html`
    <${viewers[open.as]} room=${room} message=${{ ...now, redacted }} onClose=${() => setOpen(null)} />`;
}
