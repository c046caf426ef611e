// What the person has read.

import { useEffect, useRef } from "../vendor.js";

const glance = 400; // ms that a message is in the view before it counts as read

/** Notes what has been in the view for a moment, also while more and more comes. */
export class Reading {
  #looking = false;

  /**
   * @param {{last: () => string, place: (id: string) => number, read: (id: string) => void,
   *   clock: import("../types.d.ts").Clock, signal: AbortSignal}} view
   *   last returns the id of the last message whose end is seen; "" for none
   */
  constructor(view) {
    this.view = view;
  }

  /** The view may show something else. */
  async look() {
    const { last, place, read, clock, signal } = this.view;
    const first = this.#looking ? "" : last();
    if (!first) return;
    this.#looking = true;
    await clock.pause(glance, signal);
    this.#looking = false;
    const now = last();
    if (signal.aborted || !now) return;
    read(place(now) < place(first) ? now : first); // the person may have gone up meanwhile
    if (now !== first) this.look();
  }
}

/**
 * Tells the room how far the person has read. Nothing is read while isAbove(): all that is new lies above the view,
 * which a draft or a long message of the person's own agent fills.
 */
export function useReading({ room, pane, ready, rows, index, box, isAbove }) {
  const view = useRef(/** @type {any} */ ({}));
  view.current = {
    place: (id) => index.get(id) ?? -1,
    last: () => {
      const row = document.visibilityState === "visible" && box.current && !isAbove() && pane.lastVisible();
      return (row && (row.message ?? row.events?.at(-1))?.id) || "";
    },
  };
  const reading = useRef(/** @type {Reading | undefined} */ (undefined));
  useEffect(() => {
    if (!ready) return undefined;
    const stop = new AbortController();
    const { signal } = stop;
    const look = () => reading.current?.look();
    reading.current = new Reading({
      last: () => view.current.last(), place: (id) => view.current.place(id), read: (id) => room.unread.readTo(id),
      clock: room.clock, signal,
    });
    box.current.addEventListener("scroll", look, { passive: true, signal });
    document.addEventListener("visibilitychange", look, { signal });
    return () => stop.abort();
  }, [ready]);
  useEffect(() => void reading.current?.look(), [ready, rows, pane.from, pane.to]);
}
