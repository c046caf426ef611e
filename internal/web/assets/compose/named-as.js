// Under which name the person will be seen.

import { fill } from "../ui/fill.js";
import { html } from "../vendor.js";
import { compose as w } from "./words.js";

/**
 * Says where the person speaks under which name it will be seen in a room that does not know that yet, and leaves the
 * name out of the room. onDone takes the focus.
 */
export function NamedAs({ room, onDone }) {
  const name = room.deciding.nameToGive;
  const leaveOut = () => {
    room.naming.skip();
    onDone();
  };
  return name && html`
    <p class="compose-why named-as small">
      ${fill(w.namedAs, { name })} <button type="button" class="event-more" onClick=${leaveOut}>${w.unnamed}</button>
    </p>`;
}
