// The pages that say why there is no room here, and what to do.

import * as storage from "../storage.js";
import { Unsent, unsentIn } from "../talk/unsent.js";
import { talk } from "../talk/words.js";
import { ui, who } from "../ui/words.js";
import { Brand } from "./brand.js";
import { root } from "../site.js";
import { capital } from "../talk/names.js";
import { fill, word } from "../ui/fill.js";
import { nameTab } from "../ui/tab.js";
import { html, useEffect } from "../vendor.js";
import { errors as w } from "./error-words.js";
import { Line } from "./line.js";

/** Returns what happened and what to do: {title, text}. alone is whether the person has no agent in the room. */
export function tellOf(trouble, alone) {
  const { code, reason, by, note, message } = trouble;
  const known = w.of[code !== "left" ? code : (reason ?? (alone ? "leftAlone" : code))];
  const why = known && w.gone[reason];
  if (!why) return known ?? { title: w.other, text: message || w.otherText };
  const values = { by: by ?? word(capital(who.anAdmin)), note: { quote: note } };
  const said = fill(why(alone) + (note ? talk.events.because : ""), values);
  const next = { device: w.nextDevice, banned: w.nextBanned(alone) }[reason] ?? w.next;
  return { title: w.of.removed.title, text: [said, ". ", next] };
}

/**
 * One quiet page: what happened, and what to do.
 * @param {{trouble: {code: string, message?: string, reason?: string}, room?: import("../room.js").Room}} about
 *   trouble is as in Room.state, or has the code nothing, wrong_link, no_seat or invite; room is the Room that ended
 */
export function ErrorPage({ trouble, room }) {
  const { title, text } = tellOf(trouble, room?.seat.alone);
  const known = storage.seats().length > 0; // whether this browser has rooms
  useEffect(() => {
    nameTab(title);
    return () => nameTab("");
  }, [title]);
  return html`
    <main class="error-page">
      <${Brand} />
      <h1>${title}</h1>
      ${room?.seat.title && html`<p class="quiet" dir="auto">${room.seat.title}</p>`}
      <p>${text}</p>
      ${trouble.code === "no_seat" && !room?.seat.alone && html`
        <p>${w.askLink}</p>
        <${Line} text=${w.linkRequest(room?.seat.title || location.origin + location.pathname)}
          what=${w.theRequest} word />`}
      ${room && html`<${Unsent} texts=${unsentIn(room)} />`}
      <div class="landing-buttons">
        <a class=${known ? "button primary" : "button"} href=${root.href}>${known ? ui.home : w.start}</a>
        ${room && isKept(room) && html`<${Forget} room=${room} />`}
      </div>
    </main>`;
}

/** Reports whether this browser keeps the seat of a room: not after a link that was used up by somebody else. */
const isKept = ({ seat }) => storage.seats().some(({ token }) => token === seat.token);

/** Forgets the seat of a room that ended, and leads to the others. */
export function Forget({ room }) {
  const forget = () => {
    room.forget();
    location.assign(root);
  };
  return html`<button type="button" class="button" onClick=${forget}>${w.forget}</button>`;
}
