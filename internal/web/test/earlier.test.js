import { rest } from "./platform.js";
import { opened, server, talk } from "./tabs.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { refusals } from "../assets/refusal-words.js";
import { Earlier } from "../assets/talk/earlier.js";
import { together } from "../assets/talk/places.js";

/** Opens the room, and begins to search it. */
async function searching(text) {
  const room = await opened();
  const earlier = new Earlier(room.paging, server.clock, () => {});
  earlier.seek(text);
  return { room, earlier };
}

/** Lets the pause after a key pass, and what follows it go on. */
const typed = async () => {
  await server.clock.advance(300);
  await rest();
};

const isCut = ({ more }) => more?.offset === 0;
const found = ({ known }) => known.kept.filter((one) => !isCut(one)).map(({ text }) => text);
const asked = () => server.calls.flatMap(({ tool, args }) => (tool === "message_history" ? [args.before ?? ""] : []));

test("a search goes through all that was said, a hundred messages a call, and keeps only what is found", async () => {
  server.says("Bo", "The first Needle");
  talk(0, 1_999);
  server.says("Bo", "a needle, too"); // from here on it is loaded
  talk(0, 99);
  const { room, earlier } = await searching("needle");
  assert.equal(server.called("message_history"), 1); // no page for a word that is not whole
  const { messages } = room.state;
  await server.clock.advance(300);
  while (earlier.known.how === "searching") await rest();
  assert.equal(server.called("message_history"), 1 + 20);
  assert.deepEqual(earlier.known.kept.map(({ text }) => text), ["The first Needle"]);
  assert.deepEqual([earlier.known.how, earlier.known.back], ["done", server.messages[0].at]);
  assert.equal(room.state.messages, messages); // nothing else was loaded
});

test("a search says how far back it is, stops, and goes on from there", async () => {
  server.says("Bo", "needle");
  for (let n = 0; n < 450; n++) {
    server.clock.at += 60_000;
    talk(n, 1);
  }
  const { earlier } = await searching("needle ");
  earlier.show = ({ back, how }) => {
    if (how === "searching" && back === server.messages[251].at) earlier.stop();
  };
  await typed();
  earlier.show = () => {};
  assert.deepEqual([earlier.known.how, earlier.known.back], ["stopped", server.messages[251].at]);
  assert.deepEqual(asked(), ["", "m000352"]);
  earlier.go();
  await rest();
  assert.deepEqual([earlier.known.how, found(earlier)], ["done", ["needle"]]);
  assert.deepEqual(asked(), ["", "m000352", "m000252", "m000152", "m000052"]);
});

test("a search that is stopped while it waits for a page takes none of it", async () => {
  talk(0, 250);
  const { earlier } = await searching("line");
  server.swallowing = true;
  await typed();
  earlier.stop();
  await rest();
  assert.deepEqual([earlier.known.how, earlier.known.kept, earlier.known.problem], ["stopped", [], ""]);
});

test("a word that is typed on is sought in what was found, and any other from the beginning", async () => {
  for (const text of ["pin", "needle", "needles", "pins"]) server.says("Bo", text);
  talk(0, 150);
  const { earlier } = await searching("need");
  await typed();
  assert.deepEqual([found(earlier), asked().length], [["needle", "needles"], 2]);
  earlier.seek("needles");
  await typed();
  assert.deepEqual([found(earlier), earlier.known.how, asked().length], [["needles"], "done", 2]);
  earlier.seek("pin");
  assert.deepEqual(found(earlier), []);
  earlier.seek("pins"); // before a page was asked for
  await typed();
  assert.deepEqual([found(earlier), asked().length], [["pins"], 3]);
  earlier.seek(" ");
  await typed();
  assert.deepEqual([earlier.known.how, earlier.known.kept, asked().length], ["", [], 3]);
});

test("a search that finds very much stops, and goes on when it is asked to or the word is typed on", async () => {
  server.says("Bo", "line and line");
  talk(0, 1_200);
  const { earlier } = await searching("line");
  await typed();
  assert.deepEqual([earlier.known.how, found(earlier).length], ["stopped", 500]);
  earlier.go();
  await rest();
  assert.deepEqual([earlier.known.how, found(earlier).length], ["stopped", 1_000]);
  earlier.seek("line and");
  await typed();
  assert.deepEqual([earlier.known.how, found(earlier)], ["done", ["line and line"]]);
  assert.equal(asked().length, 1 + 12); // no page twice
});

test("what is found stays found where the page returns to the end, and forgets it once nothing is sought", async () => {
  server.says("Bo", "the needle that is shown");
  talk(0, 600);
  server.says("Bo", "a needle that is loaded");
  talk(0, 550);
  const room = await opened();
  while (room.state.messages.length < 600) await room.paging.loadEarlier();
  const earlier = new Earlier(room.paging, server.clock, () => {});
  earlier.seek("needle");
  await typed();
  assert.deepEqual([earlier.known.how, found(earlier)], ["done", ["the needle that is shown"]]);
  assert.equal(await earlier.load(earlier.known.kept[0].id), true);
  const texts = () => together(earlier.known.kept, room.state.messages).map(({ text }) => text);
  const needles = () => texts().filter((text) => text.includes("needle"));
  const all = ["the needle that is shown", "a needle that is loaded"];
  room.paging.atEnd();
  assert.deepEqual(needles(), all);
  earlier.seek("needles");
  earlier.seek("needle"); // begun anew, with all that is loaded
  room.paging.atEnd();
  assert.deepEqual(needles(), all);
  earlier.seek("");
  room.paging.atEnd();
  assert.equal(room.state.messages.length, 500);
});

test("a search waits where the server asks it to, and says why it has stopped", async () => {
  talk(0, 250);
  const { earlier } = await searching("line 0");
  server.busy = 30;
  await typed();
  assert.deepEqual([earlier.known.how, server.clock.waits(30_000)], ["searching", true]);
  server.busy = 0;
  server.offline = true;
  await server.clock.advance(30_000);
  const { noAnswer, of } = refusals;
  assert.deepEqual([earlier.known.how, earlier.known.problem], ["stopped", noAnswer]);
  server.offline = false;
  server.refusal = { code: "unavailable", message: "for a model" };
  earlier.go();
  await rest();
  assert.deepEqual([earlier.known.how, earlier.known.problem], ["stopped", of.any.unavailable]);
  server.refusal = null;
  earlier.go();
  await rest();
  assert.deepEqual([earlier.known.how, earlier.known.problem, found(earlier)], ["done", "", ["line 0"]]);
});

test("where all is loaded a search is done at once", async () => {
  talk(0, 90);
  const { earlier } = await searching("line");
  assert.deepEqual([earlier.known.how, asked()], ["done", [""]]);
});

test("a search that nobody wants any more asks for nothing", async () => {
  talk(0, 250);
  const { earlier } = await searching("line 0");
  earlier.close();
  await typed();
  assert.deepEqual(asked(), [""]);
});

test("of long messages the beginning is searched, and the rest on request", async () => {
  const hay = "Hay. ".repeat(300);
  for (const text of [hay + "needle", hay, "needle. " + hay]) server.says("Bo", text);
  talk(0, 99);
  const late = hay + "and a needle";
  server.says("Bo", late); // which is loaded
  const { room, earlier } = await searching("needle");
  await typed();
  assert.deepEqual([earlier.known.how, earlier.known.kept.map(isCut)], ["done", [true, true, false]]);
  assert.ok(earlier.known.kept.every((one) => !isCut(one) || !one.text)); // no beginning is kept
  earlier.rest();
  await rest();
  const whole = [hay + "needle", "needle. " + hay];
  assert.deepEqual([earlier.known.how, found(earlier), earlier.known.kept.some(isCut)], ["done", whole, false]);
  assert.equal(room.state.messages.at(-1).text, late);
});

test("the conversation is loaded back to what was found, however long the server makes it wait", async () => {
  server.says("Bo", "needle");
  talk(0, 350);
  const { room, earlier } = await searching("needle");
  await typed();
  server.busy = 20;
  const [{ id }] = earlier.known.kept;
  const there = earlier.load(id);
  await rest();
  server.busy = 0;
  await server.clock.advance(20_000);
  assert.deepEqual([await there, room.state.messages[0].id], [true, id]);
  assert.equal(await earlier.load("m999999"), false);
});

test("what was found last is loaded, and nothing that was to be loaded before", async () => {
  talk(0, 350);
  const { room, earlier } = await searching("line");
  const first = earlier.load("m000001");
  const last = earlier.load("m000240");
  assert.deepEqual([await first, await last, room.state.messages[0].id], [false, true, "m000151"]);
});
