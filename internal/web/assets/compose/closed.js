// The bar that says that a room is closed, until when it can be read, and what became of the drafts.

import { html } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { dayOf } from "../ui/time.js";
import { compose as w } from "./words.js";

const life = 30 * 86_400_000; // ms: 30 days, after which the server forgets a room in which nothing happens

/** Returns until when a closed room can be read, in ms; NaN if its end is not loaded. */
export const readableUntil = ({ messages }) => Date.parse(messages.at(-1)?.at) + life;

/** onExport opens the export. */
export function ClosedBar({ state, onExport }) {
  const { room, phase, unsent } = state;
  if (!room?.closed || phase === "opening") return null;
  const until = readableUntil(state);
  return html`
    <div class="bar closed" role="status">
      <${Icon} name="lock" />
      <p>${w.closed} ${until > 0 && w.closedUntil(dayOf(until))} ${unsent > 0 && w.unsent(unsent)}</p>
      <button type="button" class="button" aria-haspopup="dialog" onClick=${onExport}>${w.menuItems.export}</button>
    </div>`;
}
