// Times as people read them.

import { html, useEffect, useState } from "../vendor.js";
import { ui } from "./words.js";

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const shortDay = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const nearDay = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** Says how long ago a time was: "now", "5 min ago". Both are in ms. */
export function ago(at, now) {
  const minutes = Math.floor((now - at) / 60_000);
  return minutes > 0 ? ui.ago(ui.minutes(minutes)) : ui.now;
}

/** Says when a time was: of the day, the day, in full, and of the day or of another one that day. */
export const clockOf = (at) => clock.format(at);
export const dayOf = (at) => dayOfYear.format(at);
export const exactly = (at) => exact.format(at);
export const clockOrDay = (at, now) =>
  (new Date(at).toDateString() === new Date(now).toDateString() ? clock : shortDay).format(at);

/** Names the day of a time: "Today", "Monday, June 1". Both are in ms. */
export const dayName = (at, now) => dayWithin(at, now).replace(/^./u, (c) => c.toUpperCase());

/** Names the day of a time within a sentence: "today". */
export function dayWithin(at, now) {
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days >= 0 && days < 2) return nearDay.format(-days, "day");
  return (new Date(at).getFullYear() === new Date(now).getFullYear() ? dayFormat : dayOfYear).format(at);
}

/** Returns the time at the server, in ms, at least each half minute anew. skew as in Room.state.clock. */
export function useNow(skew = 0) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(now, Date.now()) + skew;
}

/** A time of a list, relative to now, that shows itself in full when the pointer rests on it. */
export const Ago = ({ at, now }) => html`
  <time datetime=${at} title=${exactly(Date.parse(at))}>${ago(Date.parse(at), now)}</time>`;

/** The time of the day. */
export const Clock = ({ at, className }) => {
  const ms = Date.parse(at);
  return html`<time class=${className} datetime=${at} title=${exactly(ms)}>${clockOf(ms)}</time>`;
};

/** The time of the day or, of another one, that day. */
export const ClockOrDay = ({ at, className, now }) => {
  const ms = Date.parse(at);
  return html`<time class=${className} datetime=${at} title=${exactly(ms)}>${clockOrDay(ms, now)}</time>`;
};
