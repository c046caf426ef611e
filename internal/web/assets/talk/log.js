// The conversation: rows of which those near the view are on the page, and the keys and
// buttons that lead through them.

import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor.js";
import { useAct } from "../sidebar/act.js";
import { knocksFor } from "../sidebar/knocks.js";
import { onceDrawn } from "../ui/drawn.js";
import { Icon } from "../ui/icon.js";
import { later } from "../ui/later.js";
import { dayName, useNow } from "../ui/time.js";
import { noteFocus } from "../ui/viewport.js";
import { Announcer } from "./announcer.js";
import { foldOf } from "./deeds.js";
import { Draft, WaitingBar } from "./draft.js";
import { Events } from "./events.js";
import { paint, sought, useSought, wordIn } from "./found.js";
import { onKey, Roving } from "./keys.js";
import { longPress } from "./long-press.js";
import { Message } from "./message.js";
import { useReading } from "./reading.js";
import { indexOf, rowsOf } from "./rows.js";
import { Pane } from "./pane.js";
import { Since, sinceOf } from "./since.js";
import { useView } from "./view.js";
import { talk } from "./words.js";

const ActionList = later("ActionList");
const RemoveDialog = later("RemoveDialog");

/**
 * @param {{room, state, needs?: import("../rooms/needs.js").Need[], place?: {all: string, at: number} | null,
 *   onPlace?: (place: {all: string, at: number}) => void, onReply: (id: string, kind?: string) => void,
 *   onInvite: () => void, handle?: {current}}} props
 *   needs is what of the conversation needs the person, place of Waiting. handle.current becomes {jump(id),
 *   seek(ids, by), next(), step(by), edge("Home" | "End"), focus(id), said(key)}: it shows a message, the next of some
 *   in a direction, or of what needs the person, moves the focus to the next one, goes to the first or the last, takes
 *   the focus, at a message if id is given, and shows what the person has just said, by its key among the pending, or
 *   "" of files
 */
export function Log({ room, state, needs = [], place, onPlace = () => {}, onReply, onInvite, handle }) {
  const [, changed] = useState(0);
  const render = () => changed((n) => n + 1);
  const pane = useMemo(() => new Pane(render), []);
  const [open, setOpen] = useState(new Set()); // the ids of long texts that are shown whole, and what Events unfolds
  const unfold = (id) => setOpen((ids) => new Set(ids).add(id));
  // {id, at}: the message whose actions are listed, and the button that asked for that
  const [acting, setActing] = useState(/** @type {any} */ (null));
  const [removing, setRemoving] = useState(""); // the id of the message that is about to lose its text
  const { messages, missed, earlier, pending, sharing, me, supervision } = state;
  const [unseen, setUnseen] = useState(0); // how much of what needs the person is out of sight
  const [above, setAbove] = useState(false); // all that is new lies above the view
  const last = useRef(""); // the id of what seek has shown
  const since = useMemo(() => sinceOf(state), [messages, missed, earlier, me]);
  const rows = useMemo(() => rowsOf({ ...state, firstUnread: since?.first }),
    [messages, since?.first, pending, sharing, me, supervision]);
  const index = useMemo(() => indexOf(rows), [rows]);
  const shared = useView(room, state);
  const { byId } = shared;
  const now = useNow(state.clock);
  const ready = state.phase !== "opening" && (!!state.room || messages.length > 0);
  pane.take(rows, index);
  const fresh = room.unread.messages();
  const isAbove = () => fresh.length > 0 && pane.isAbove(fresh.at(-1).id);
  pane.look = () => (setUnseen(pane.unseen(needs.map(({ id }) => id)).length), setAbove(isAbove()));

  const jump = async (id) => {
    if (!index.has(id) && !(await room.paging.loadBack(id).catch(() => false))) return; // offline, it stays where it is
    const { at } = sought;
    if (at?.id !== id) return (unfold(foldWith(id, room.state)), show(pane, id));
    await room.paging.textOf(id).catch(() => {}); // offline, its beginning has to do
    if (at !== sought.at) return; // the person has gone on
    unfold(id);
    pane.go(id, 0.35, wordIn);
  };
  const seek = (ids, by) => {
    const { key, at } = pane.next(ids, by, last.current);
    last.current = key;
    onPlace({ all: ids.join(), at });
    jump(key);
  };
  const said = (key) => (key && supervision.drafts.length ? pane.go("sending:" + key, 0.5) : pane.goToEnd());
  const reply = (id, kind = "") => (pane.release(), onReply(id, kind));
  const view = {
    ...shared,
    since,
    ghosts: new Set(knocksFor(state, now).filter(({ offer }) => offer === "kick").map(({ knock }) => knock.id)),
    now,
    onReply: reply,
    jump,
    open,
    admin: state.room?.agents.find((agent) => agent.name === me)?.role === "admin",
    hold: () => pane.hold(),
    opens: (element) => pane.opens(element?.closest(".row").dataset.key),
    toggle: (id) => {
      if (open.has(id)) pane.returnTo(id); // folded, it would end far above
      if (open.has(id)) setOpen((ids) => new Set([...ids].filter((other) => other !== id)));
      else unfold(id);
    },
    act: (id, at) => setActing({ id, at }),
    remove: setRemoving,
  };
  const [box, list, roving] = useScrolling(pane, ready, state, rows);
  const long = useMemo(() => longPress((id) => setActing({ id })), []);
  const brought = ({ target }) => pane.point(pressed(target), true);
  const next = () => void (needs.length && seek(needs.map(({ id }) => id), 1));
  const step = (by) => roving.current?.step(by);
  const edge = (key) => roving.current?.edge(key);
  if (handle) handle.current = { jump, seek, next, step, said, edge, focus: (id) => roving.current?.focus(id) };
  useReading({ room, pane, ready, rows, index, box, isAbove });
  useEffect(() => void (pane.atEnd && !sought.text && room.paging.atEnd()), [messages]);
  useLayoutEffect(() => void (ready && pane.look()), [ready, needs, fresh.length]);
  useSought(list);
  useLayoutEffect(() => paint(list.current));

  // Drafts stand below what is new: the end may show nothing else.
  const toFirst = above || (fresh.length > 0 && supervision.drafts.length > 0);
  const latest = () => (toFirst ? show(pane, fresh[0].id) : pane.goToEnd());

  if (!ready) return html`<${Skeleton} />`;
  const scrolled = () => {
    // The page has gone to the line, and more above would push that out of sight.
    const isLed = box.current.scrollTop === pane.noted.top && since?.card?.whole === false;
    pane.scrolled();
    if (isLed || !state.earlier || state.loading || box.current.scrollTop >= 500) return;
    room.paging.loadEarlier().catch(() => {});
  };
  return html`
    <div class="log-frame">
      <div class="log" ref=${box} tabindex="0" role="region" aria-label=${talk.log} onScroll=${scrolled}
        onKeyDown=${(event) => onKey(event, { pane, roving: roving.current, onReply })}
        onFocusIn=${({ target }) => (roving.current.came(target), noteFocus(target))}
        onFocusOut=${({ relatedTarget: to }) => (noteFocus(null), box.current?.contains(to) || roving.current?.left())}
        ...${long}>
        <${Beginning} room=${room} state=${state} />
        <ol class="log-rows" ref=${list} onPointerDown=${brought} onPointerMove=${brought}
          onPointerOver=${({ target }) => pane.point(pressed(target), false)}
          onPointerLeave=${() => pane.point("", false)}>
          <li class="log-box" aria-hidden="true" style=${{ height: pane.above + "px" }}></li>
          ${rows.slice(pane.from, pane.to).map((row) => html`
            <li key=${row.key} data-key=${row.key} class=${"row row-" + row.type}>
              <${Row} row=${row} view=${view} />
            </li>`)}
          <li class="log-box" aria-hidden="true" style=${{ height: pane.below + "px" }}></li>
        </ol>
        ${!rows.some(({ type }) => ["message", "sending", "draft"].includes(type)) && html`
          <${Empty} state=${state} onInvite=${onInvite} />`}
      </div>
      ${(pane.far || above || (fresh.length > 0 && !pane.atEnd)) && html`
        <${Latest} n=${fresh.length} above=${above} onClick=${latest} />`}
      <${Announcer} messages=${messages} me=${me} />
      ${acting && byId.has(acting.id) && html`
        <${ActionList} message=${byId.get(acting.id)} view=${view} at=${acting.at}
          onClose=${() => (setActing(null), roving.current.focus(acting.id))} />`}
      ${removing && html`
        <${RemoveDialog} message=${byId.get(removing)} act=${() => room.admin.redact(removing)}
          onClose=${() => (setRemoving(""), roving.current.focus(removing))} />`}
    </div>
    <${WaitingBar} ...${{ room, state, place }} needs=${unseen > 0 ? needs : []} onSeek=${seek}
      onDone=${() => roving.current?.focus()} />`;
}

/** Leads to what is new, or to the end. above is whether that lies above the view. */
const Latest = ({ n, above, onClick }) => html`
  <button type="button" tabindex="-1"
    class=${"button log-latest" + (n ? " primary" : " icon") + (above ? " above" : "")}
    aria-label=${n ? undefined : talk.latest} title=${above ? undefined : talk.latest} onClick=${onClick}>
    <${Icon} name=${above ? "up" : "down"} />${n > 0 && talk.fresh(n)}
  </button>`;

/** Returns the key of the row in which an element is something that one presses, or a draft; "" if it is neither. */
const pressed = (element) =>
  element.closest("a, button, .message-buttons, .actions, .message-draft")?.closest(".row")?.dataset.key ?? "";

/** Keeps the view where it belongs when rows change, when their heights do, and when the page opens. */
function useScrolling(pane, ready, { missed }, rows) {
  const [box, list] = [useRef(), useRef()];
  const opened = useRef(false);
  const roving = useRef(/** @type {Roving | undefined} */ (undefined));
  useLayoutEffect(() => {
    if (!ready) return;
    pane.attach(box.current, list.current);
    roving.current = new Roving(box.current, list.current, pane);
    return roving.current.watch();
  }, [ready]);
  useLayoutEffect(() => {
    if (!ready) return;
    const resized = new ResizeObserver(() => pane.settle());
    resized.observe(box.current);
    resized.observe(list.current);
    return () => resized.disconnect();
  }, [ready]);
  useEffect(() => {
    if (ready && missed && (pane.atEnd || !opened.current)) pane.go("unread", 0.08);
    opened.current = ready;
  }, [ready, missed?.read]);
  const focused = document.activeElement;
  const row = list.current?.contains(focused) && focused?.closest(".row");
  const had = row ? [row, row.nextElementSibling].map((one) => one?.dataset.key) : [];
  useLayoutEffect(() => {
    if (!ready) return;
    pane.settle();
    if (!had.length || document.activeElement !== document.body) return;
    // From a row that is gone the focus goes to a message, the next or the last: a button would be pressed by what is
    // typed on.
    const next = had.find((key, n) => (n ? pane.element(key)?.querySelector("article") : pane.index.has(key)));
    const key = next ?? [...list.current.querySelectorAll("article")].at(-1)?.closest(".row").dataset.key;
    roving.current.focus(key);
    // Its row is gone. If a part of the last message is in the view, nothing scrolls: the view stays at the end.
    if (key !== had[0] && (next || pane.unseen([key]).length))
      document.activeElement.scrollIntoView({ block: "nearest" });
  }, [ready, rows, pane.from, pane.to, pane.goal, pane.atEnd]);
  return [box, list, roving];
}

/** Returns what Events has to unfold for an event to be seen: the key of its row with the name of the fold. */
function foldWith(id, state) {
  const row = rowsOf(state).find(({ events }) => events?.some((one) => one.id === id));
  return row && row.key + foldOf(row.events.find((one) => one.id === id));
}

/**
 * Brings a message or an event into the view and marks it for a moment. The focus goes there, but not that of who
 * searches.
 */
function show(pane, id) {
  const line = (row) => row.querySelector(`.event[data-id="${CSS.escape(id)}"]`);
  pane.go(id, 0.2, line);
  onceDrawn(() => {
    const element = pane.element(id);
    const event = element && line(element);
    if (event) event.tabIndex = -1;
    const target = event ?? element?.querySelector("article") ?? element;
    if (!document.activeElement?.closest("[role=search]")) target?.focus({ preventScroll: true });
    (event ?? element)?.classList.add("row-shown");
    setTimeout(() => (event ?? element)?.classList.remove("row-shown"), 2000);
  });
}

function Row({ row, view }) {
  switch (row.type) {
    case "day":
      return html`<h2 class="day"><time datetime=${row.at}>${dayName(Date.parse(row.at), view.now)}</time></h2>`;
    case "unread":
      return html`
        <p class="unread"><span>${talk.unread}</span></p>
        ${view.since?.card && html`<${Since} card=${view.since.card} view=${view} />`}`;
    case "events":
      return html`<${Events} events=${row.events} view=${view} />`;
    case "draft":
      return html`<${Draft} draft=${row.draft} view=${view} />`;
  }
  const { message, head = true, again, item, sharing } = row;
  return html`<${Message} ...${{ message, head, again, item, sharing, view }} />`;
}

/** Says what is before the first message, where no page of them is left to load. */
const beginningOf = ({ partial, hidden }) => (partial ? talk.notLoaded : hidden ? talk.hidden(hidden) : talk.begins);

/** What stands above the first message that is loaded. */
function Beginning({ room, state }) {
  const { problem, act } = useAct();
  const load = () => act(() => room.paging.loadEarlier());
  useEffect(() => void (problem && state.phase === "live" && load()), [state.phase]);
  if (!state.earlier) return state.messages.length || state.hidden ? html`
    <p class="log-beginning quiet">${beginningOf(state)}</p>` : null;
  return html`
    <div class="log-beginning">
      <button type="button" class="button" aria-disabled=${state.loading} onClick=${load}>
        ${state.loading ? talk.loading : talk.loadEarlier}
      </button>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    </div>`;
}

function Empty({ state, onInvite }) {
  const others = state.room?.agents.some((agent) => agent.name !== state.me);
  if (state.room?.closed) return null;
  if (others) return state.hidden ? null : html`<p class="log-empty">${talk.empty}</p>`;
  return html`
    <div class="log-empty">
      <p>${talk.emptyAlone}</p>
      <button type="button" class="button primary" onClick=${onInvite}>${talk.invite}</button>
    </div>`;
}

/** Stands where the conversation will be. */
const Skeleton = () => html`
  <div class="log-frame" aria-busy="true">
    <div class="log skeleton" aria-hidden="true">
      ${[0, 1, 2, 3, 4].map((n) => html`<div class=${"skeleton-message skeleton-" + n}></div>`)}
    </div>
  </div>`;
