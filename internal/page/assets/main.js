// Shows the page of this address.

import { CalmPage } from "./front/calm.js";
import { HomePage } from "./front/home.js";
import { InvitePage } from "./front/invite.js";
import * as kept from "./kept.js";
import { Room, claimed } from "./room.js";
import { RoomPage } from "./room-page.js";
import { root } from "./site.js";
import { isClaim, roomOf } from "./token.js";
import { html, render } from "./vendor.js";

const [kind, name] = location.pathname.slice(root.pathname.length).split("/");

/** Shows the room to which the address leads, and takes the secret out of the address. */
function roomPage(id) {
  const claim = location.hash.slice(1);
  if (claim) history.replaceState(null, "", location.pathname);
  if (claim && (!isClaim(claim) || roomOf(claim) !== id)) return html`<${CalmPage} trouble=${{ code: "wrong_link" }} />`;
  const seat = claim ? claimed(claim) : kept.seatIn(id);
  if (!seat) return html`<${CalmPage} trouble=${{ code: "no_seat" }} />`;
  const room = new Room(seat);
  room.run();
  return html`<${RoomPage} room=${room} />`;
}

const pages = { r: roomPage, i: (code) => html`<${InvitePage} code=${code} />` };
const page = pages[kind]?.(name) ?? html`<${HomePage} />`;

render(page, document.getElementById("page"));
