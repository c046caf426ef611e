// What the person has read, and how much of what came is still below the view.

import { useEffect, useRef } from "../vendor.js";

const glance = 400; // ms that a message is in the view before it counts as read

/** Tells the room how far the person has read. Returns {fresh: how many messages came that it has not seen}. */
export function useReading({ room, state, pane, ready, rows, index, box }) {
  const seen = useRef(""); // the id of the last message that was in the view
  const place = (id) => index.get(id) ?? -1;
  useEffect(() => {
    if (!ready) return;
    let timer;
    const look = () => {
      const row = document.visibilityState === "visible" && box.current && pane.lastVisible();
      const id = row && (row.message ?? row.events?.at(-1))?.id;
      if (!id || place(id) <= place(seen.current) || place(id) <= place(state.readTo)) return;
      seen.current = id;
      room.read(id);
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(look, glance);
    };
    soon();
    box.current.addEventListener("scroll", soon, { passive: true });
    document.addEventListener("visibilitychange", soon);
    const element = box.current;
    return () => {
      clearTimeout(timer);
      element.removeEventListener("scroll", soon);
      document.removeEventListener("visibilitychange", soon);
    };
  }, [ready, rows]);
  const from = Math.max(place(seen.current), place(state.readTo));
  return { fresh: from < 0 ? 0 : rows.slice(from + 1).filter(({ type }) => type === "message").length };
}
