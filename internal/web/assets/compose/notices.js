// Notifications of the desktop: that something is meant for this person or its agent while
// the page is not looked at. Off until the person asks for them; one at a time.

import { useEffect, useRef } from "../vendor.js";
import * as storage from "../storage.js";
import { gist } from "../talk/rows.js";
import { mentions } from "../talk/mentions.js";
import { actorOf } from "../talk/names.js";
import { compose } from "./words.js";

/** Returns what the person wants for this seat, or else in all rooms: {on, preview}. */
export function wishes(room) {
  const { on = false, words: preview = false } = storage.notices() ?? {};
  return storage.notesOf(room.seat.token).notices ?? { on, preview };
}

/** Keeps that. */
export const wish = (room, notices) =>
  storage.note(room.seat.token, { notices, wished: storage.notices()?.at });

/**
 * Returns why this browser cannot notify: insecure (the page came over plain HTTP), or none; "" if it can. Those of
 * phones let only a service worker notify, and stop a page within minutes of leaving it, so that one would be of
 * no use without a push service.
 */
export function hindrance() {
  if (!isSecureContext) return "insecure";
  if (!("Notification" in globalThis)) return "none";
  if (Notification.permission === "granted") return "";
  try {
    void new Notification(""); // shows nothing without a permission, and throws on phones
    return "";
  } catch {
    return "none";
  }
}

/** Reports whether a message of somebody else is meant for the person or its agent. */
export function isMeant(message, { me, messages, room }) {
  const { type, from, to, ask, text = "", reply_to: answers, reason, agent, action, task } = message;
  if (type === "supervision") return reason === "opened_twice";
  if (type === "task" && agent !== me) {
    const added = (one) => one.action === "add" && one.agent === me && one.task?.id === task?.id;
    return task?.was === me || (action === "check" && task?.checks?.[0]?.verdict === "differs" &&
      (task.by === me || messages.some(added)));
  }
  if (type !== "message" || from === me || from === "your user") return false;
  const names = room.agents.map(({ name }) => name);
  if (to?.length || ask?.includes(me) || mentions(text, me, names)) return true;
  return !!answers && messages.find(({ id }) => id === answers)?.from === me;
}

/**
 * Returns [title, body] of what came between two states; null if nothing is meant for the person.
 * @returns {[string, string] | null}
 */
export function noticeOf(state, fresh, drafts, preview) {
  if (fresh.some(({ type, reason }) => type === "supervision" && reason === "opened_twice"))
    return [state.room.name, compose.openedTwice];
  if (drafts > 0) return [state.room.name, compose.draftsWait(drafts)];
  const message = fresh.findLast((one) => isMeant(one, state));
  if (!message) return null;
  return preview
    ? [compose.noticeFrom(actorOf(message), state.room.name), gist(message) || (message.task?.title ?? "")]
    : [state.room.name, compose.noticeMeant];
}

const looked = () => document.visibilityState === "visible" && document.hasFocus();

/** Notifies of what comes while the page is not looked at. onJump(id) shows a message. */
export function useNotices(room, state, onJump) {
  const seen = useRef(null); // {last: id of the newest message, drafts: their ids} when this ran last
  const shown = useRef(null);
  const { messages, supervision, phase } = state;
  useEffect(() => {
    const close = () => looked() && shown.current?.close();
    addEventListener("focus", close);
    return () => removeEventListener("focus", close);
  }, []);
  useEffect(() => {
    if (phase === "opening" || !state.room) return;
    const before = seen.current;
    seen.current = { last: messages.at(-1)?.id, drafts: supervision.drafts.map(({ id }) => id) };
    const { on, preview } = wishes(room);
    const pushed = supervision.hooks?.some((hook) => hook.this_device && !hook.ended); // its push service tells
    if (!before || !on || pushed || looked() || globalThis.Notification?.permission !== "granted") return;
    const fresh = messages.slice(messages.findLastIndex(({ id }) => id === before.last) + 1);
    const newDrafts = supervision.drafts.filter(({ id }) => !before.drafts.includes(id));
    const notice = noticeOf(state, before.last ? fresh : [], newDrafts.length && supervision.drafts.length, preview);
    const about = newDrafts[0] ?? fresh.findLast((one) => isMeant(one, state));
    if (notice) shown.current = show(notice, about?.id, onJump);
  }, [messages, supervision]);
}

/** Shows a notice in the place of the one before; null where only a service worker may. */
function show([title, body], id, onJump) {
  try {
    const notice = new Notification(title, { body, tag: "parley", icon: undefined });
    notice.onclick = () => {
      focus();
      if (id) onJump(id);
      notice.close();
    };
    return notice;
  } catch {
    return null;
  }
}
