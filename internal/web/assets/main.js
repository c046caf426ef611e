// Shows the page of this address, and tells it of what happens to its tab.

import { attention } from "./compose/calls.js";
import { ErrorPage } from "./landing/error-page.js";
import { pageWords, site } from "./page-words.js";
import * as storage from "./storage.js";
import { Room } from "./room.js";
import { RoomPage } from "./room-page.js";
import { claimed, returned } from "./seats.js";
import { root } from "./site.js";
import { isClaim, isMessage, roomOf } from "./token.js";
import { moved } from "./ui/back.js";
import { Dialog } from "./ui/dialog.js";
import { later } from "./ui/later.js";
import { showTheme } from "./ui/theme.js";
import { html, render } from "./vendor.js";

/** @type {Room | null} */
let room = null; // that is shown
let opened = 0; // rooms so far
let warned = false; // the person knows that nothing is kept

/**
 * Returns what stands behind the # in the address, and takes it out: the secret of a link, or the id of a
 * message. What people paste may end with the sentence around it.
 */
function takeFragment() {
  const text = location.hash.slice(1).toLowerCase().replace(/[^0-9a-z]+$/, "");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return text;
}

/** Shows the room to which the address leads. */
function roomPage(id) {
  const fragment = takeFragment();
  const [claim, message] = isMessage(fragment) ? ["", fragment] : [fragment, ""];
  if (message && room?.seat.room === id) return openRoom(room, message);
  room?.close();
  room = null;
  if (claim && (!isClaim(claim) || roomOf(claim) !== id)) return html`
    <${ErrorPage} trouble=${{ code: "wrong_link" }} />`;
  const seat = claim ? claimed(claim) : returned(id);
  if (!seat) return html`<${ErrorPage} trouble=${{ code: "no_seat" }} />`;
  room = new Room(seat);
  opened++;
  room.subscribe(title);
  seen();
  room.run();
  return openRoom(room, message);
}

/** The page of a room. message is the id of one that is to be shown. */
const openRoom = (room, message) => html`
  <${RoomPage} key=${opened} room=${room} target=${message ? { id: message } : null} />`;

// The pages that are no room come in the second script: the first one is for rooms.
const Missing = () => html`<${ErrorPage} trouble=${{ code: "not_loaded" }} />`;
const HomePage = later("HomePage", Missing);
const InvitePage = later("InvitePage", Missing);
const SignInPage = later("SignInPage", Missing);
const UploadPage = later("UploadPage", Missing);

const pages = {
  r: roomPage,
  i: (code) => html`<${InvitePage} code=${code} />`,
  oauth: (name) => (name === "authorize" ? html`<${SignInPage} />` : html`<${HomePage} />`),
  "v1/upload": (code) => html`<${UploadPage} code=${code} />`,
};

const path = location.pathname.slice(root.pathname.length).replace(/^authorize$/, "oauth/authorize");
const [, kind, name] = /^(v1\/\w+|\w*)\/?([^/]*)/.exec(path) ?? [];

function show() {
  draw(name && pages[kind] ? pages[kind](name) : html`<${HomePage} />`);
  title();
}

/** Shows a page and, once, that nothing is kept of it. */
function draw(page) {
  const known = () => {
    warned = true;
    draw(page);
  };
  const { notKept, notKeptText, notKeptButton } = pageWords;
  const notice = room && !storage.lasts() && !warned && html`
    <${Dialog} title=${notKept} onClose=${known}>
      <p>${notKeptText}</p>
      <div class="dialog-buttons"><button type="button" class="button" onClick=${known}>${notKeptButton}</button></div>
    <//>`;
  render(html`${page}${notice}`, /** @type {HTMLElement} */ (document.getElementById("page")));
}

const icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));

/** Puts the name of the room and the number of what is new or waits into the title, and a dot on the icon. */
function title() {
  const { count, calls } = room ? attention(room.state, room.unread.messages()) : { count: 0, calls: false };
  const now = pageWords.title(count, room && (room.state.room?.name ?? room.seat.title), site);
  if (document.title !== now) document.title = now;
  const href = new URL(calls ? "icon-dot.svg" : "icon.svg", import.meta.url).href;
  if (icon.href !== href) icon.href = href;
}

const seen = () => room?.here(!document.hidden, document.hasFocus());

showTheme();
addEventListener("storage", showTheme);
document.addEventListener("visibilitychange", seen);
addEventListener("focus", seen);
addEventListener("blur", seen);
addEventListener("online", () => room?.wake());
addEventListener("beforeunload", (event) => room?.sharing.busy && event.preventDefault()); // files would be lost
addEventListener("pagehide", () => room?.supervision.refusals.leave());
addEventListener("pageshow", (event) => event.persisted && room?.wake()); // out of the cache of pages
addEventListener("popstate", moved);
addEventListener("hashchange", () => location.hash && kind === "r" && show()); // a link was pasted into the address
show();
