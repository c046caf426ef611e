// The file that is open over the page. It outlives the row in which it was pressed: that leaves the page when the
// conversation goes on.

import { later } from "../ui/later.js";
import { useRoom } from "../use-room.js";
import { html, useLayoutEffect, useState } from "../vendor.js";

const viewers = { text: later("TextFile"), picture: later("Large") };
let show = (/** @type {{room: any, message: any, as: string}} */ _) => {};

/** Opens the file of a message in a room, as a text or as a picture. */
export const openFile = (room, message, as) => show({ room, message, as });

/** The file that is open, until the person closes it. */
export function OpenFile() {
  const [open, setOpen] = useState(/** @type {any} */ (null));
  useLayoutEffect(() => void (show = setOpen), []);
  return open && html`<${Viewer} ...${open} onClose=${() => setOpen(null)} />`;
}

/** A file, until its message is removed. */
function Viewer({ room, message, as, onClose }) {
  const { messages } = useRoom(room);
  const now = messages.find((one) => one.id === message.id) ?? message;
  const redacted = now.redacted || messages.some(({ changes }) => changes?.redacted === message.id);
  return html`<${viewers[as]} room=${room} message=${{ ...now, redacted }} onClose=${onClose} />`;
}
