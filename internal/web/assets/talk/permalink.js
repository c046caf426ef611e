// The address of a message. It opens for those who have a seat in the room, and holds no secret: what
// stands behind the # is the id, which no browser sends.

import { at } from "../site.js";
import { Copy } from "../ui/copy.js";
import { html } from "../vendor.js";
import { actions } from "./dialog-words.js";

export const permalink = (room, id) => at("r/" + room) + "#" + id;

export const CopyLink = ({ room, message, ...rest }) => html`
  <${Copy} text=${permalink(room.seat.room, message.id)} label=${actions.copyLink} icon="link" ...${rest} />`;
