// The page of a room: its parts, and how they are laid out.

import { pageWords } from "./page-words.js";
import { rooms as roomsWords } from "./rooms/words.js";
import * as storage from "./storage.js";
import { html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor.js";
import { ClosedBar } from "./compose/closed.js";
import { Composer } from "./compose/composer.js";
import { Head } from "./compose/head.js";
import { OpenDialog } from "./compose/menu.js";
import { useNotices } from "./compose/notices.js";
import { PausedBar } from "./compose/pause.js";
import { Welcome } from "./compose/welcome.js";
import { OpenFile } from "./files/open-file.js";
import { Rooms, RoomsButton, useMyRooms } from "./rooms/list.js";
import { needsOf } from "./rooms/needs.js";
import { forgetProblems } from "./sidebar/act.js";
import { Sidebar } from "./sidebar/sidebar.js";
import { inTalk } from "./sidebar/waiting.js";
import { Log } from "./talk/log.js";
import { Search } from "./talk/search.js";
import { useBack } from "./ui/back.js";
import { undoLast, useKeys } from "./ui/keys.js";
import { later, laterPage, loadAll } from "./ui/later.js";
import { followViewport, touch, useNarrow } from "./ui/viewport.js";
import { root } from "./site.js";
import { isTask } from "./token.js";
import { useRoom } from "./use-room.js";

const ErrorPage = laterPage("ErrorPage");
const GoneRoom = laterPage("GoneRoom");
const NameAsked = later("NameAsked");
const PushUpkeep = later("PushUpkeep", () => null);
const narrow = matchMedia("(max-width: 860px)"); // as in room-page.css
const noList = matchMedia("(max-width: 1179.9px)"); // as in rooms/rooms.css

/**
 * room is a Room that runs; target is {id} of a message, a draft or a task that is to be shown, or null;
 * mine is MyRooms.
 * @param {{room: any, mine: import("./rooms/mine.js").MyRooms, target: {id: string} | null}} props
 */
export function RoomPage({ room, mine, target }) {
  const state = useRoom(room);
  const [low, setLow] = useState(false); // little of the window can be seen
  useEffect(() => followViewport(setLow), []);
  return html`
    <${PageOf} ...${{ room, state, mine, target, low }} />
    <${OpenFile} />
    ${state.phase !== "opening" && html`<${PushUpkeep} room=${room} mine=${mine} />`}`;
}

function PageOf({ room, state, mine, target, low }) {
  if (state.phase === "ended" && hasMore(state)) return html`
    <${GoneRoom} room=${room} state=${state} />`;
  if (state.phase === "ended") return html`<${ErrorPage} trouble=${state.trouble} room=${room} />`;
  return html`<${OpenRoom} ...${{ room, state, mine, target, low }} />`;
}

/** Reports whether a page that has ended still shows the room: the person has not given it up. */
const hasMore = ({ room, trouble }) => !!room && trouble?.code !== "left" && trouble?.code !== "no_seat";

const differing = ".differing:has(.message-buttons)"; // that is not put away
const nextDiffering = "li:has(.differing:focus-within) ~ li " + differing;

function OpenRoom({ room, state, mine, target, low }) {
  const [dialog, setDialog] = useState(""); // the name of the one that is open
  const log = useRef(); // of the conversation: {jump, seek, step, edge, focus, next}
  const composer = useRef(); // of the composer: {answer, focus}
  const search = useRef(); // opens the line for searching
  const sidebar = useSide(narrow);
  const list = useSide(noList);
  // The open one is among them before its link is opened: the list would push the room aside then.
  const rooms = useMyRooms(mine).filter(({ seat, open }) => open || !seat.claim);
  const jump = useCallback((id) => log.current?.jump(id), []);
  const seek = useCallback((ids, by) => log.current?.seek(ids, by), []);
  const [place, setPlace] = useState(/** @type {any} */ (null)); // of what waits: see Waiting
  const reply = useCallback((id, kind) => composer.current?.answer(id, kind), []);
  const next = useRef(() => {}); // leads to what needs the person next
  useKeys(useMemo(() => ({
    "?": () => setDialog("keys"),
    c: () => composer.current?.focus(),
    j: () => log.current?.step(1),
    k: () => log.current?.step(-1),
    n: () => next.current(),
    "Ctrl+z": () => undoLast(document),
    Home: () => log.current?.edge("Home"),
    End: () => log.current?.edge("End"),
  }), []));
  useNotices(room, state, jump);
  const ready = state.phase !== "opening";
  const lead = useCallback((id) => leadTo(id, room, jump, setDialog), [room]);
  useEffect(() => {
    if (!target || !ready) return;
    for (const close of [sidebar.hide, list.hide, () => setDialog("")]) close(); // they may lie over it
    lead(target.id);
  }, [target, ready]);
  const entered = useEntering(room, state, composer);
  const needs = useMemo(() => needsOf(state), [state]);
  next.current = () => {
    if (inTalk(needs).length) log.current?.next();
    else if (needs.some(({ what }) => what === "check"))
      sidebar.show(document.querySelector(nextDiffering) ? nextDiffering : differing);
    else if (needs.length) lead(needs[0].id); // a task
    else location.assign(root.href); // what needs the person elsewhere
  };
  const openList = () => {
    mine.sort();
    list.show(".rooms-needs, .rooms:not(:has(.rooms-needs)) [aria-current]");
  };
  useEffect(() => void (state.renewed && setDialog("renewed")), [state.renewed]);
  useEffect(() => {
    if (state.phase === "live") (loadAll(), forgetProblems());
  }, [state.phase]);
  return html`
    <div class=${"room" + (rooms.length > 1 ? " with-rooms" : "")}>
      <p class="hidden-visually" role="status">${entered}</p>
      <button type="button" class="button skip" onClick=${() => log.current?.focus()}>${pageWords.skip}</button>
      <div class="room-top" inert=${sidebar.open || list.open}>
        <${Head} room=${room} state=${state} as=${rooms.find(({ open }) => open)?.name}
          needs=${needs.length - (low ? 0 : inTalk(needs).length)} sidebar=${sidebar.open}
          onSidebar=${() => sidebar.show("")} onSearch=${() => search.current()} onDialog=${setDialog}
          start=${rooms.length > 1 && html`
            <${RoomsButton} rooms=${rooms} open=${list.open} onClick=${openList} />`}>
          <${Search} room=${room} state=${state} handle=${search} onJump=${jump}
            onFound=${(id) => log.current?.focus(id)} />
        <//>
      </div>
      ${rooms.length > 1 && html`
        <nav class=${"room-rooms" + (list.open ? " open" : "")} aria-label=${roomsWords.title} inert=${sidebar.open}
          ref=${list.element} tabindex="-1" onKeyDown=${list.key}>
          <${Rooms} rooms=${rooms} missing=${mine.missing} onClose=${list.hide} />
        </nav>`}
      <main class="room-talk" inert=${sidebar.open || list.open}>
        <${PausedBar} state=${state} />
        <${ClosedBar} state=${state} onExport=${() => setDialog("export")} />
        <${Welcome} room=${room} state=${state} onDone=${() => log.current?.focus()} />
        <${Log} ...${{ room, state, place }} onPlace=${setPlace} needs=${inTalk(needs)} handle=${log} onReply=${reply}
          onInvite=${() => setDialog("invite")} />
        <${Composer} room=${room} state=${state} handle=${composer} onJump=${jump}
          onSaid=${(key) => log.current?.said(key)} onLeave=${() => log.current?.focus()} />
      </main>
      <aside class=${"room-sidebar" + (sidebar.open ? " open" : "")} inert=${list.open} aria-label=${pageWords.sidebar}
        ref=${sidebar.element} tabindex="-1" onKeyDown=${sidebar.key}>
        <${Sidebar} ...${{ room, state, needs, place }} onJump=${jump} onReply=${reply} onSeek=${seek}
          onClose=${sidebar.hide}
          onTasks=${(id) => setDialog(id ? "tasks " + id : "tasks")} />
      </aside>
      ${state.asksName && html`<${NameAsked} room=${room} onClose=${() => room.naming.cancel()} />`}
      <${OpenDialog} name=${dialog} room=${room} onJump=${jump} onClose=${() => setDialog("")} />
    </div>`;
}

/**
 * Gives the text box the focus of a person who has just taken a seat, and returns what a screen reader says then: the
 * page on which the person did that is gone, and the focus with it.
 */
function useEntering(room, state, composer) {
  const [isNew] = useState(() => room.seat.alone && !storage.readOf(room.seat.token));
  const [said, setSaid] = useState("");
  const ready = isNew && !!state.room;
  useEffect(() => {
    if (!ready) return;
    setSaid(pageWords.entered(state.room.name));
    if (!touch.matches && document.activeElement === document.body) composer.current?.focus();
  }, [ready]);
  return said;
}

/**
 * Shows a task among the others, a draft where it waits or what became of it, or a message; or says that this person
 * cannot see it. Offline, the view stays where it is.
 */
async function leadTo(id, room, jump, onDialog) {
  if (isTask(id)) return onDialog("tasks " + id);
  if (room.state.supervision.drafts.some((draft) => draft.id === id)) return jump(id);
  const there = await room.paging.loadBack(id).catch(() => null);
  if (there === null) return undefined;
  const { messages } = room.state;
  const became = messages.find(({ draft }) => draft === id)?.id;
  const isGone = messages.some((one) => one.id === id && one.type === "draft" && !one.reason); // it has expired
  return there && (became || !isGone) ? jump(became ?? id) : onDialog("noMessage");
}

/**
 * What stands beside the conversation, or over it on a narrow screen until it is closed. open
 * is whether it covers the rest, which cannot be reached meanwhile. show leads to an element
 * in it, if there is one of that selector, or to the whole.
 */
function useSide(/** @type {MediaQueryList} */ narrow) {
  const isNarrow = useNarrow(narrow);
  const [wanted, setWanted] = useState(false);
  const element = useRef();
  const from = useRef(null); // where the focus was
  const to = useRef(""); // the selector of what is to have it
  const open = isNarrow && wanted;
  const enter = () => (element.current.querySelector(to.current || "#none") ?? element.current).focus();
  const show = (selector) => {
    if (!open) from.current = document.activeElement;
    to.current = selector;
    setWanted(true);
    if (!isNarrow || open) enter();
  };
  const hide = useCallback(() => setWanted(false), []);
  useBack(hide, open);
  useLayoutEffect(() => {
    if (!open) return undefined;
    enter();
    return () => from.current?.focus();
  }, [open]);
  const key = (event) =>
    event.key === "Escape" && open && !event.defaultPrevented && !event.target.closest("dialog") && hide();
  return { open, element, show, hide, key };
}
