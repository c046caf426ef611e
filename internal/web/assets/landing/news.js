// How the rooms of this person are: what is new in them, and who is there.

import { asker, endOf, latestOf, newsIn } from "../rooms/news.js";
import * as storage from "../storage.js";

const most = 100; // messages that are counted
const atOnce = 2; // seats; there are two calls for each, and a third where much is unread

/**
 * Looks at each seat in turn, a few at once, and calls found(seat, how) with {title, closed, here,
 * unread, more, calls, last} (the names of those present, how many messages are unread, whether there
 * are more than that, whether one is for this person, and the last one), {ended: code} for a seat that
 * no longer is one, or {} without an answer.
 */
export async function lookAt(seats, found, signal) {
  const queue = seats.filter((seat) => !seat.claim);
  const work = async () => {
    for (let seat = queue.shift(); seat && !signal.aborted; seat = queue.shift()) {
      const how = await look(seat, signal);
      if (!signal.aborted) found(seat, how);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function look(seat, signal) {
  const ask = asker(seat, signal);
  try {
    const [{ room }, latest] = await Promise.all([ask("room_info", {}), latestOf(ask)]);
    const me = { ...seat, name: room.agents.find((agent) => agent.you)?.name };
    const { last, calls, ...news } = newsIn(latest, me);
    const { unread, more } = news.more ? newsIn(await sinceRead(ask, seat), me) : news;
    const here = room.agents.filter(present).map(({ name }) => name);
    return { title: room.name, closed: !!room.closed, here, unread, more, calls, last };
  } catch (problem) {
    return endOf(problem) ?? {};
  }
}

/** Returns what came after the message that was read last. */
const sinceRead = (ask, { read }) => latestOf(ask, { messages: [{ id: read }] }, most);

const present = ({ state, person_here: watched }) => watched || ["waiting", "standby", "busy"].includes(state);

/** Makes a seat the one that its room opens with, in this browser. */
export const choose = (seat) => storage.keep({ token: seat.token, used: Date.now() });
