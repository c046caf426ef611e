// The inbox, at /: what needs the person in all its rooms, with the buttons that decide about it.

import { OpenFile } from "../files/open-file.js";
import { forgetProblems } from "../sidebar/act.js";
import { Late } from "../talk/draft.js";
import { pressedBy } from "../talk/keys.js";
import { onceDrawn } from "../ui/drawn.js";
import { isTypedOn, undoLast, useKeys } from "../ui/keys.js";
import { later } from "../ui/later.js";
import { reveal } from "../ui/reveal.js";
import { useNow } from "../ui/time.js";
import { ui } from "../ui/words.js";
import { useRoom } from "../use-room.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor.js";
import { InboxRow } from "./inbox-row.js";
import { inPlace, shownOf } from "./order.js";
import { useSteady } from "./steady.js";
import { rooms as w } from "./words.js";

const NameAsked = later("NameAsked");
const KeysDialog = later("KeysDialog");
const first = 20; // that wait and are shown, until more is asked for

/** others are OtherRooms, and rooms what MyRooms has. */
export function Inbox({ others, rooms }) {
  useEffect(() => {
    addEventListener("online", forgetProblems);
    return () => removeEventListener("online", forgetProblems);
  }, []);
  const list = useRef();
  const [all, setAll] = useState(false);
  const [help, setHelp] = useState(false);
  const now = useNow();
  const needs = rooms.flatMap((room) => needsIn(room, others.of(room.seat.token)));
  const rows = useRows(needs);
  const most = useRef(0);
  most.current = all ? rows.length : rows.length && shownOf(rows, first, Math.min(most.current, rows.length));
  const asking = others.all.find(({ state }) => state.asksName); // one after the other
  const few = rows.slice(0, most.current);
  useSteady(list, few.map(({ key }) => key).join());
  const jump = (token, id) => focus(list.current.querySelector(`[data-key="${token + id}"] article`));
  const step = (by, selector = "li article") => move(list.current, by, selector);
  const showAll = () => {
    setAll(true);
    onceDrawn(() => focus(list.current?.children[few.length]?.querySelector("article"))); // the button is gone
  };
  useKeys(useMemo(() => ({
    n: () => step(1, "li:not(.inbox-over) article"),
    j: () => step(1),
    k: () => step(-1),
    "Ctrl+z": () => undoLast(list.current),
    "?": () => setHelp(true),
  }), []));
  return html`
    <section class="inbox" aria-labelledby="needs-title">
      <h2 class="rooms-head" id="needs-title">
        ${w.needsTitle} ${needs.length > 0 && html`<span class="rooms-count calls">${needs.length}</span>`}
        <span class=${"small quiet" + (needs.length ? " inbox-keys" : "")}>${needs.length ? w.keys : w.nothing}</span>
      </h2>
      ${few.length > 0 && html`
        <ol ref=${list} onKeyDown=${press}>
          ${few.map((row) => html`
            <${InboxRow} key=${row.key} ...${{ row, other: others.of(row.room.seat.token), now, jump }} />`)}
        </ol>`}
      ${few.length < rows.length && html`
        <button type="button" class="button small needs-more" onClick=${showAll}>
          ${ui.more(rows.length - few.length)}
        </button>`}
      ${others.all.map((room) => html`<${Besides} key=${room.seat.token} room=${room} />`)}
      ${asking && html`
        <${NameAsked} key=${asking.seat.token} room=${asking} onClose=${() => asking.naming.cancel()} />`}
      <${OpenFile} />
      ${help && html`<${KeysDialog} onClose=${() => setHelp(false)} />`}
    </section>`;
}

/** Returns the rows of what needs the person in a room. A thing of an unknown time stands last. */
function needsIn(room, other) {
  if (!other) return [];
  const { supervision, messages } = other.state;
  const atOf = (id) => Date.parse([...supervision.drafts, ...messages].find((one) => one.id === id)?.at ?? "");
  return room.needs.map((need) => ({
    key: room.seat.token + need.id, at: Date.parse(need.differing?.at ?? "") || atOf(need.id) || Infinity, need, room,
  }));
}

/** Returns the rows to show: see order.js. */
function useRows(needs) {
  const rows = useRef(/** @type {any[]} */ ([]));
  const [, changed] = useState(0);
  rows.current = inPlace(rows.current, needs);
  useEffect(() => {
    const cameBack = () => {
      if (document.hidden) return;
      rows.current = [];
      changed((n) => n + 1);
    };
    document.addEventListener("visibilitychange", cameBack);
    return () => document.removeEventListener("visibilitychange", cameBack);
  }, []);
  return rows.current;
}

/** Brings a card into sight, with the focus. Reports whether there is a card. */
function focus(card) {
  card?.focus({ preventScroll: true });
  card?.closest("li").scrollIntoView({ block: card.clientHeight < innerHeight ? "nearest" : "start" });
  return !!card;
}

/** Moves the focus to the next card in a direction, from the last one to the first. */
function move(list, by, selector) {
  const cards = [...(list?.querySelectorAll(selector) ?? [])];
  const all = [...(list?.querySelectorAll("li article") ?? [])];
  const at = all.indexOf(document.activeElement?.closest("li")?.querySelector("article"));
  const place = (card) => all.indexOf(card);
  const next = by > 0 ? cards.find((card) => place(card) > at) : cards.findLast((card) => place(card) < at);
  focus(next ?? cards.at(by > 0 ? 0 : -1));
}

/** Presses what the card with the focus has a key for: held down, a key presses nothing. */
function press(event) {
  const { target } = event;
  if (event.altKey || isTypedOn(event) || !target.matches("li article")) return;
  const row = target.closest("li");
  const button = event.key === "Enter" ? row.querySelector("[aria-keyshortcuts=Enter]") : pressedBy(event, row);
  if (!button) return;
  event.preventDefault();
  if (!event.repeat && reveal(target, { top: 0, bottom: innerHeight })) button.click();
}

/** What a room tells outside its rows: which decision came too late. */
const Besides = ({ room }) => html`<${Late} room=${room} state=${useRoom(room)} />`;
