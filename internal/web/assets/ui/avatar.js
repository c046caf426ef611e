// The picture of a speaker: initials in the colour of the seat, or a person.

import { html } from "../vendor.js";
import { colourIn } from "./colour.js";
import { Icon } from "./icon.js";

/** colours are those of the room, by name. */
export const Avatar = ({ colours, name, person }) => html`
  <span class=${"avatar who-" + colourIn(colours, name) + (person ? " avatar-person" : "")} aria-hidden="true">
    ${person ? html`<${Icon} name="person" />` : initials(name)}
  </span>`;

/** Returns the first letters of the first two words of a name. */
export function initials(name) {
  const letters = name.split(/[\s._-]+/).map((word) => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? "");
  return letters.join("").slice(0, 2).toUpperCase();
}
