// The pages that say why there is no room here, and what to do.

import * as kept from "../kept.js";
import { root } from "../site.js";
import { html, useEffect } from "../vendor.js";
import { words } from "../words.js";

const say = words.front.calm;

/**
 * One quiet page: what happened, and what to do.
 * @param {{trouble: {code: string, message?: string}, room?: object}} about trouble is as in
 *   Room.state, or has the code wrong_link, no_seat or invite; room is the Room that ended
 */
export function CalmPage({ trouble, room }) {
  const known = say.of[trouble.code];
  const { title, text } = known ?? { title: say.other, text: trouble.message || say.otherText };
  useEffect(() => {
    document.title = title + " · " + words.site;
  }, [title]);
  const forget = () => {
    room.close();
    kept.forget(room.seat.token);
    location.assign(root);
  };
  return html`
    <main class="front-calm">
      <h1>${title}</h1>
      ${room?.seat.title && html`<p class="quiet" dir="auto">${room.seat.title}</p>`}
      <p>${text}</p>
      <div class="front-buttons">
        <a class="button primary" href=${root.href}>${say.home}</a>
        ${room && html`<button type="button" class="button" onClick=${forget}>${say.forget}</button>`}
      </div>
    </main>`;
}
