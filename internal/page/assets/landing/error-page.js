// The pages that say why there is no room here, and what to do.

import * as storage from "../storage.js";
import { root } from "../site.js";
import { html, useEffect } from "../vendor.js";
import { words } from "../words.js";

const w = words.landing.errors;

/**
 * One quiet page: what happened, and what to do.
 * @param {{trouble: {code: string, message?: string}, room?: import("../room.js").Room}} about trouble is as in
 *   Room.state, or has the code wrong_link, no_seat or invite; room is the Room that ended
 */
export function ErrorPage({ trouble, room }) {
  const known = w.of[trouble.code];
  const { title, text } = known ?? { title: w.other, text: trouble.message || w.otherText };
  useEffect(() => {
    document.title = title + " · " + words.site;
  }, [title]);
  const forget = () => {
    room?.close();
    if (room) storage.forget(room.seat.token);
    location.assign(root);
  };
  return html`
    <main class="error-page">
      <h1>${title}</h1>
      ${room?.seat.title && html`<p class="quiet" dir="auto">${room.seat.title}</p>`}
      <p>${text}</p>
      <div class="landing-buttons">
        <a class="button primary" href=${root.href}>${w.home}</a>
        ${room && html`<button type="button" class="button" onClick=${forget}>${w.forget}</button>`}
      </div>
    </main>`;
}
