// Shows the page of this address, and tells it of what happens to its tab.

import { fragment as fragmentNow } from "./begin.js"; // before anything else
import { showCount } from "./count-icon.js";
import { hides } from "./hidden.js";
import { pageWords, site } from "./page-words.js";
import * as storage from "./storage.js";
import { Room } from "./room.js";
import { MyRooms } from "./rooms/mine.js";
import { RoomPage } from "./room-page.js";
import { choose, claimed, returned } from "./seats.js";
import { root } from "./site.js";
import { isClaim, isMessage, isTask, roomOf, seatNumberOf } from "./token.js";
import { moved } from "./ui/back.js";
import { Dialog } from "./ui/dialog.js";
import { laterPage } from "./ui/later.js";
import { showTheme } from "./ui/shown-theme.js";
import { tab } from "./ui/tab.js";
import { touch } from "./ui/viewport.js";
import { html, render } from "./vendor.js";

/** @type {Room | null} */
let room = null; // that is shown
const pointed = (news) => (news && touch.matches) ||
  !!document.querySelector(":is(.rooms-list, .landing-list) :is(:hover, :focus), .rooms-find:focus");
const mine = new MyRooms(undefined, pointed);
let opened = 0; // rooms so far
let warned = false; // the person knows that nothing is kept
let stays = false; // another seat was to be shown, and files would have been lost

/** Returns what stands behind the # in the address, and takes it out. */
function takeFragment() {
  const text = fragmentNow();
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return text;
}

/** Shows the room to which the address leads. */
function roomPage(id) {
  const [, fragment, seatNumber] = /** @type {any} */ (/^([^.]*)\.?(.*)/.exec(takeFragment()));
  if (seatNumber) choose(id, Number(seatNumber));
  const [claim, target] = isMessage(fragment) || isTask(fragment) ? ["", fragment] : [fragment, ""];
  if ((target || seatNumber) && room && room.seat.token === storage.seatIn(id)?.token) return openRoom(room, target);
  stays = !!room?.sharing.busy;
  if (stays) return openRoom(room, "");
  room?.close();
  room = null;
  mine.show(null);
  if (claim && (!isClaim(claim) || roomOf(claim) !== id)) return html`
    <${ErrorPage} trouble=${{ code: "wrong_link" }} />`;
  const seat = claim ? claimed(claim) : returned(id);
  if (!seat) return html`<${ErrorPage} trouble=${{ code: "no_seat" }} />`;
  room = new Room(seat);
  opened++;
  mine.show(room);
  seen();
  room.run();
  return openRoom(room, target);
}

/**
 * The page of a room. target is the id of a message, a draft or a task that is to be shown. The history of the tab
 * keeps which seat was there.
 */
function openRoom(room, target) {
  history.replaceState({ ...history.state, seat: seatNumberOf(room.seat.token) }, "");
  return html`
    <${RoomPage} key=${opened} room=${room} mine=${mine} target=${target ? { id: target } : null} />`;
}

/** Back or Forward has led to where another seat in the same room was. */
function cameTo({ state }) {
  if (!room || state?.seat === undefined || state.seat === seatNumberOf(room.seat.token)) return;
  choose(name, state.seat);
  show();
}

// The pages that are no room come in a script of their own: the first one is for rooms.
const ErrorPage = laterPage("ErrorPage");
const HomePage = laterPage("HomePage", undefined, () => import("./home.js"));
const InvitePage = laterPage("InvitePage");
const SignInPage = laterPage("SignInPage");
const UploadPage = laterPage("UploadPage");
const Nothing = () => html`<${ErrorPage} trouble=${{ code: "nothing" }} />`;

function homePage() {
  mine.show(null);
  mine.begin();
  return html`<${HomePage} mine=${mine} />`;
}

const pages = {
  r: roomPage,
  i: (code) => html`<${InvitePage} code=${code} />`,
  oauth: (name) => (name === "authorize" ? html`<${SignInPage} />` : Nothing()),
  "v1/upload": (code) => html`<${UploadPage} code=${code} />`,
};

const page = /** @type {HTMLElement} */ (document.getElementById("page"));
const path = location.pathname.slice(root.pathname.length).replace(/^authorize$/, "oauth/authorize");
const [, kind, name] = /^(v1\/\w+|\w+)\/([^/]+)\/?$/.exec(path) ?? [];

function show() {
  draw(path ? (Object.hasOwn(pages, kind ?? "") ? pages[kind] : Nothing)(name) : homePage());
  title();
}

/** Shows a page and, once, that nothing is kept of it, or why no other is shown. */
function draw(now) {
  const known = () => {
    if (stays) stays = false;
    else warned = true;
    draw(now);
  };
  const [head, text, button] = stays ? pageWords.stays : pageWords.notKept;
  const notice = room && (stays || (!storage.lasts() && !warned)) && html`
    <${Dialog} title=${head} onClose=${known}>
      <p>${text}</p>
      <div class="dialog-buttons"><button type="button" class="button" onClick=${known}>${button}</button></div>
    <//>`;
  render(html`${now}${notice}`, page);
}

/**
 * Puts how many things need the person into the title, and onto the icon, with the name of the room. What is unread
 * is no count of those: in the title a dot stands for it, where nothing needs the person.
 */
function title() {
  const { count } = mine;
  const unread = !!room && room.unread.messages().length > 0;
  const now = pageWords.title(count, unread, tab.title || (room && (room.state.room?.name ?? room.seat.title)), site);
  if (document.title !== now) document.title = now;
  showCount(count);
}

function seen() {
  room?.here(!document.hidden, document.hasFocus());
  if (room) hides(document.hidden, () => room?.following.glance());
  mine.here(!document.hidden);
  if (document.hidden) room?.sendDecisions(); // a phone may end the page without a further word
}

mine.subscribe(title);
tab.changed = title;
addEventListener("storage", showTheme);
document.addEventListener("visibilitychange", seen);
addEventListener("focus", seen);
addEventListener("blur", seen);
// A button that is at work keeps the focus, which a disabled one loses, and takes no press.
addEventListener("click", (event) => {
  const { target } = /** @type {any} */ (event);
  if (target.closest("[aria-disabled=true]")) (event.preventDefault(), event.stopPropagation());
}, { capture: true });
for (const type of ["online", "offline"]) addEventListener(type, () => room?.wake());
addEventListener("beforeunload", (event) => room?.sharing.busy && event.preventDefault()); // files would be lost
addEventListener("pagehide", () => room?.sendDecisions());
addEventListener("pageshow", (event) => event.persisted && (mine.sort(), room?.wake())); // out of the cache of pages
addEventListener("popstate", (event) => (moved(event), cameTo(event)));
addEventListener("hashchange", () => location.hash && kind === "r" && show()); // a link was pasted into the address
seen();
// What stood there meanwhile goes when something takes its place.
new MutationObserver((_, observer) => (observer.disconnect(), document.querySelector(".opening")?.remove()))
  .observe(page, { childList: true });
show();
