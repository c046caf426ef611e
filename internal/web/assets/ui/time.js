// Times as people read them.

import { html, useEffect, useState } from "../vendor.js";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { dateStyle: "long" });
const nearDay = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const steps = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** Says how long ago a time was: "now", "5 min. ago". Both are in ms. */
export function ago(at, now) {
  const seconds = Math.max(0, (now - at) / 1000);
  const step = steps.find(([, size]) => seconds >= size);
  return step ? relative.format(-Math.floor(seconds / step[1]), step[0]) : relative.format(0, "second");
}

/** Says when a time was: of the day, without what tells morning from afternoon, and in full. */
export const clockOf = (at) => clock.format(at);
export const shortClockOf = (at) =>
  clock.formatToParts(at).map(({ type, value }) => (type === "dayPeriod" ? "" : value)).join("").trim();
export const exactly = (at) => exact.format(at);

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

/** A time, relative to now, that shows itself in full when the pointer rests on it. */
export const Ago = ({ at, now }) => html`
  <time datetime=${at} title=${exactly(Date.parse(at))}>${ago(Date.parse(at), now)}</time>`;

/** The time of the day. short leaves out what tells morning from afternoon, for where there is no room. */
export const Clock = ({ at, className, short = false }) => {
  const ms = Date.parse(at);
  return html`
    <time class=${className} datetime=${at} title=${exactly(ms)}>${short ? shortClockOf(ms) : clockOf(ms)}</time>`;
};
