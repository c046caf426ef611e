// Rooms that are open in tabs of a browser, behind a server of each test. Import it before a module of the page.

import { newBrowser, until } from "./platform.js";
import { FakeServer } from "./server.js";

import { afterEach, beforeEach } from "node:test";

import { Room } from "../assets/room.js";
import { claimed, returned } from "../assets/seats.js";

export const claim = "w" + "0123456" + "abcde" + "0".repeat(18);

/** @type {FakeServer} */
export let server;
let rooms = [];

/** Begins anew, with a browser and a server that know nothing. */
export function begun() {
  newBrowser();
  server = new FakeServer();
}
beforeEach(begun);
afterEach(() => {
  for (const room of rooms) room.close();
  rooms = [];
});

/** Opens the room of a seat in a tab. */
export function begin(seat) {
  const room = new Room(seat, server.clock);
  rooms.push(room);
  return Object.assign(room, { ended: room.run() });
}

/** Opens the link, and waits until the room is there. */
export async function opened(seat = claimed(claim)) {
  const room = begin(seat);
  await live(room);
  return room;
}

export const live = (room) => until("the room is live", () => room.state.phase === "live" && !room.state.trouble);

/** Comes back to the room in a page that was just loaded. */
export async function again(room) {
  room.close();
  return opened(returned("0123456"));
}

export const textsOf = (room) => room.state.messages.map(({ text }) => text).filter(Boolean);

/** Has Bo say n lines. */
export function talk(from, n) {
  const texts = Array.from({ length: n }, (_, i) => `line ${from + i}`);
  for (const text of texts) server.says("Bo", text);
  return texts;
}
