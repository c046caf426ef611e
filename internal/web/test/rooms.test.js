import "./platform.js";
import { sentenceOf } from "./elements.js";
import { drawn } from "./page.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Last, Rooms } from "../assets/rooms/list.js";
import { knownWith, newsIn } from "../assets/rooms/news.js";

const nothing = { needs: {}, info: { room: { name: "den", agents: [] } } };
let n = 0;
const said = (from, more = {}) => ({ id: "m" + ++n, type: "message", from, text: "word " + n, at: "", ...more });

/** Returns what is known once each of some answers has come. */
const knownOf = (...told) => told.reduce((before, one) =>
  knownWith(before, { after: "", ...nothing, ...one }, one.read), /** @type {any} */ (undefined));

test("a room that is not in sight: what is unread, and the last line", () => {
  const read = said("Bo");
  const messages = [read, said("Bo"), said("Ada", { person: true }), said("Ada", { draft: "m1", reason: "sent" }),
    said("Cy"), { id: "m0", type: "joined", agent: "Dee" }];
  const news = (read) => newsIn(knownOf({ messages, read }), { read, name: "Ada" });
  assert.deepEqual([news(read.id).unread, news(read.id).more, news(read.id).last], [2, false, messages[4]]);
  assert.equal(news("").unread, 0, "where nothing was read yet, nothing is new");
  const known = knownOf({ messages, read: "m00" });
  assert.equal(newsIn(known, { read: "m00", name: "Ada" }).unread, 3, "what was read is older than those");
  assert.equal(newsIn(known, { read: "m01", name: "Ada" }).unread, 0, "another tab has read on");
});

test("a room that is not in sight: messages follow each other without a gap, whichever tab has heard them", () => {
  const [one, two, three, four, five] = ["Bo", "Bo", "Bo", "Bo", "Bo"].map((from) => said(from));
  const ids = (known) => known?.messages.map(({ text }) => text);
  const texts = (...all) => all.map(({ text }) => text);
  const before = knownOf({ messages: [one, two], earlier: true });
  const then = (told) => knownWith(before, told, "");
  for (const [told, want, earlier = true] of /** @type {[any, any[] | undefined, boolean?][]} */ ([
    [{ after: two.id, messages: [three] }, [one, two, three]],
    [{ after: one.id, messages: [two, three] }, [one, two, three]], // a tab asked that knew less
    [{ after: "m000", messages: [one, two, three] }, [one, two, three]], // its last is forgotten here
    [{ after: three.id, messages: [four] }, undefined],
    [{ after: three.id }, [one, two]],
    [{ after: "", messages: [two, three] }, [one, two, three]],
    [{ after: "", messages: [four, five], earlier: true }, [four, five]],
    [{ after: two.id, forgot: true, messages: [four] }, [four], false],
    [{ after: two.id, forgot: true }, [], false],
  ])) {
    const now = then(told);
    assert.deepEqual(ids(now), want && texts(...want), JSON.stringify(told));
    if (now) assert.equal(now.earlier, earlier);
  }
  assert.equal(knownWith(undefined, /** @type {any} */ ({ after: one.id, messages: [two] }), ""), undefined);
  const removed = then({ after: two.id, messages: [{ id: "m9", type: "room", changes: { redacted: two.id } }] });
  assert.deepEqual(ids(removed)?.slice(0, 2), [one.text, "removed"]);
  const flood = then({ after: two.id, messages: Array.from({ length: 300 }, () => said("Bo")) });
  assert.deepEqual([flood?.messages.length, newsIn(flood, { read: one.id }).more], [200, false]);
});

test("a room that is not in sight: what waits there and how it stands come whole, or stay", () => {
  const first = knownOf({ tag: "a", needs: { drafts: [{ id: "m1" }] } });
  const second = knownWith(first, /** @type {any} */ ({ after: "", messages: [said("Bo")] }), "");
  assert.deepEqual([second?.needs, second?.info, second?.tag], [first.needs, first.info, "a"]);
  assert.deepEqual(knownOf({ tag: "a", needs: { drafts: [{ id: "m1" }] } }, { tag: "b" }).needs,
    { drafts: [], asks: [], questions: [], differing: [] });
  assert.equal(knownOf({ tag: "a" }, { info: undefined, needs: undefined, tag: "b" }).tag, "b");
  assert.equal(knownOf({ tag: "a" }, { info: undefined, needs: undefined, tag: "c", after: "m9" }).tag, "a",
    "another tab has heard more, and its tag is for that");
});

test("the last line of a room is who said what, and a vote without a word names what it agrees to", () => {
  const said = (message, proposal) => sentenceOf(Last({ message: { from: "Ann", ...message }, proposal })).trim();
  assert.equal(said({ text: "So." }), "[Ann]: So.");
  const vote = { id: "m2", type: "message", from: "Ann", kind: "agree", reply_to: "m1" };
  assert.equal(said(vote, { text: "Paint it red." }), "[Ann] agreed to “Paint it red”");
  assert.equal(said(vote), "[Ann] agreed to an earlier message");
  assert.equal(said({ ...vote, text: "Gladly." }), "[Ann]: Gladly.");
  const marked = said({ text: "So.", to: ["Ada"], file: { name: "a.txt" } });
  assert.equal(marked.replace(/<.*?>/g, ""), "Private: With a file: [Ann]: So.");
  assert.equal(newsIn({ messages: [{ id: "m1", text: "Red?" }, vote] }, {}).proposal.text, "Red?");
  const info = { agreements: [{ id: "m1", by: "Bo", text: "Red!" }] };
  assert.equal(newsIn({ messages: [vote], info }, {}).proposal.text, "Red!");
});

test("a seat of several in a room says which it is, and a room where nothing was said says so", () => {
  const of = (token, more) => ({
    seat: { room: "r1", token }, open: false, title: "den", name: token, state: "known", here: [], unread: 0, needs: [],
    waits: more.needs?.length ?? 0, ...more,
  });
  const needs = [{ id: "m1", what: "draft", who: "Ada", text: "So" }];
  const page = drawn(Rooms, { missing: "some", rooms: [of("Ada", { open: true }), of("Bo", { needs }),
    of("Cy", { seat: { room: "r2", token: "Cy" }, title: "hut", needs }),
    of("Di", { seat: { room: "r3", token: "Di" }, title: "inn", name: "", state: "" })] });
  assert.deepEqual(page.find("a").map(({ childNodes }) => childNodes.map(({ textContent }) => textContent).join("|")), [
    "den|as Ada|Nothing to read yet", "den|as Bo|Nothing to read yet|11 needs you",
    "hut|as Cy|Nothing to read yet|11 needs you", "inn||",
    "Needs you| |2", "All rooms",
  ]);
  assert.match(page.find("p").map(({ textContent }) => textContent).join(), /only of the 100 rooms/);
});
