import { newBrowser, newTab, until } from "./platform.js";
import { FakeServer } from "./server.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { NoAnswer, Refusal } from "../assets/mcp.js";
import { takeSeat } from "../assets/landing/seat.js";
import { choose, claimed, open, reasonOf, returned } from "../assets/seats.js";
import { linkTo } from "../assets/rooms/link.js";
import * as storage from "../assets/storage.js";
import { isClaim, newToken, random, roomOf, seatNumberOf, seatOf } from "../assets/token.js";

const claim = "w" + "0123456" + "abcde" + "0".repeat(18); // its check characters do not matter here
const further = "w" + "0123456" + "abcde" + "1".repeat(18);

let server;
beforeEach(() => {
  newBrowser();
  server = new FakeServer();
});

const refusedWith = (code) => (problem) => problem instanceof Refusal && problem.code === code;

test("a token is one of the seat of its claim, and no two are alike", () => {
  const tokens = [newToken(claim), newToken(claim)];
  for (const token of tokens) {
    assert.match(token, /^p0123456abcde[0-9a-z]{18}$/);
    assert.deepEqual([roomOf(token), seatOf(token)], ["0123456", "0123456abcde"]);
  }
  assert.notEqual(tokens[0], tokens[1]);
  assert.match(random(100), /^[0-9a-hjkmnp-tv-z]{100}$/);
  assert.ok(!isClaim(claim) && !isClaim(tokens[0]) && !isClaim(""));
});

test("of two seats in a room, a notification chooses its own", () => {
  const [first, last] = ["00005", "00100"].map((seat) => claimed("w0123456" + seat + "0".repeat(18)));
  assert.equal(seatNumberOf(last.token), 1024);
  for (const [number, { token }] of [[5, first], [1024, last], [7, last]]) {
    for (const seat of storage.seats()) storage.keep({ token: seat.token, used: seat.used - 1000 });
    choose("0123456", number);
    assert.equal(storage.seatIn("0123456").token, token);
  }
});

test("a tab comes back to its own seat, and another tab to the one that was opened last", () => {
  const [ann, bo] = ["00005", "00100"].map((seat) => claimed("w0123456" + seat + "0".repeat(18)));
  choose("0123456", 5);
  const tabOfAnn = newTab();
  choose("0123456", 1024);
  storage.keep({ token: ann.token, used: ann.used - 1000 });
  assert.equal(returned("0123456").token, bo.token);
  const tabOfBo = newTab(tabOfAnn);
  assert.equal(returned("0123456").token, ann.token, "a reload of one tab turned it into the other seat");
  newTab(tabOfBo);
  storage.forget(bo.token);
  assert.equal(returned("0123456").token, ann.token, "the seat of the tab is gone");
});

test("what a room keeps of its seat does not take back when that was opened", () => {
  const { token, used } = claimed("w0123456" + "00005" + "0".repeat(18));
  storage.keep({ token, used: used - 1000 });
  storage.keep({ ...returned("0123456"), title: "den" });
  const [seat] = storage.seats();
  assert.ok((seat.used ?? 0) >= used, "it was opened just now");
});

test("where a browser has two seats in a room, a link says which one it opens", () => {
  const [seat] = ["00005"].map((number) => claimed("w0123456" + number + "0".repeat(18)));
  assert.match(linkTo(seat, "t1").href, /\/r\/0123456#t1$/);
  claimed("w0123456" + "00100" + "0".repeat(18));
  assert.match(linkTo(seat, "t1").href, /\/r\/0123456#t1\.5$/);
  assert.match(linkTo(seat).href, /\/r\/0123456#\.5$/);
});

test("the token of a link is kept before the server hears of it, and is the same the next time", async () => {
  const seat = claimed(claim);
  assert.deepEqual(storage.seats().map(({ token }) => token), [seat.token]);
  assert.equal(server.calls.length, 0);
  const opened = await open(seat);
  assert.deepEqual([opened.token, opened.claim], [seat.token, ""]);
  assert.deepEqual(server.calls[0].args, { agent_token: seat.token, claim });
  assert.equal(server.calls[0].bearer, claim);
  const again = await open(claimed(claim)); // the link is pasted once more
  assert.equal(again.token, seat.token);
  assert.equal(storage.seats().length, 1);
  assert.deepEqual(returned("0123456").token, seat.token);
});

test("a link whose answer was lost is opened by the same token", async () => {
  server.loses = (tool) => tool === "supervise";
  const seat = claimed(claim);
  await assert.rejects(open(seat), NoAnswer);
  server.loses = () => false;
  const again = await open(claimed(claim));
  assert.deepEqual([again.token, server.claims.get(claim)], [seat.token, seat.token]);
});

test("a link that another browser opened lets nobody in, and is forgotten", async () => {
  server.claims.set(claim, "p0123456abcdeOther");
  await assert.rejects(open(claimed(claim)), refusedWith("opened"));
  assert.deepEqual(storage.seats(), []);
});

test("a link that two tabs open at once opens both", async () => {
  const one = claimed(claim);
  const two = { ...one, token: newToken(claim) }; // as if it had not seen the other's
  storage.keep(two);
  assert.equal((await open(one)).token, one.token);
  const opened = await open(two);
  assert.equal(opened.token, one.token);
  assert.deepEqual(storage.seats().map(({ token }) => token), [one.token]);
});

test("a link for a further device replaces no token that works", async () => {
  const seat = await open(claimed(claim));
  const again = await open(claimed(further));
  assert.deepEqual([again.token, again.spare, storage.seats().length], [seat.token, "", 1]);
  assert.ok(!server.claims.has(further)); // another device can use it
});

test("a newer link for a seat whose token is gone takes its place, with what belonged to it", async () => {
  const seat = await open(claimed(claim));
  storage.note(seat.token, { draft: "unsaid" });
  storage.keepRead(seat.token, "m1");
  server.tokens.clear();
  const opened = await open(claimed(further));
  assert.notEqual(opened.token, seat.token);
  assert.deepEqual(storage.seats().map(({ token }) => token), [opened.token]);
  assert.deepEqual([storage.notesOf(opened.token), storage.readOf(opened.token)], [{ draft: "unsaid" }, "m1"]);
});

test("a key that was revoked for one of two tokens of a seat leaves the other its chance", async () => {
  const seat = await open(claimed(claim));
  server.refusal = { code: "key_invalid", message: "The token has no seat.", reason: "no_seat" };
  const opened = open(claimed(further));
  await until("the first was refused", () => server.calls.length > 1);
  server.refusal = null;
  assert.notEqual((await opened).token, seat.token);
});

test("a newer link that was used elsewhere leaves the seat as it was", async () => {
  const seat = await open(claimed(claim));
  server.tokens.clear();
  server.claims.set(further, "p0123456abcdeOther");
  await assert.rejects(open(claimed(further)), refusedWith("opened"));
  assert.deepEqual(storage.seats().map(({ token, spare }) => [token, spare]), [[seat.token, ""]]);
});

test("a server that does not answer loses no link", async () => {
  server.offline = true;
  await assert.rejects(open(claimed(claim)), NoAnswer);
  server.offline = false;
  server.refusal = { code: "unavailable", message: "Later." };
  await assert.rejects(open(claimed(claim)), refusedWith("unavailable"));
  assert.equal(storage.seats().length, 1);
});

test("a seat that is gone is told from a key that was revoked", () => {
  const reason = (why, code = "key_invalid") => reasonOf({ code, why });
  assert.equal(reason({ reason: "no_seat" }), "token_invalid");
  assert.equal(reason({ reason: "unadmitted" }), "unadmitted");
  assert.equal(reason(undefined), "key_invalid");
  assert.equal(reason({ reason: "kicked" }, "removed"), "removed");
});

test("a person alone takes a seat that this browser keeps", async () => {
  server.other = (tool, args) => ({
    agent_token: "p0123456abcdeTaken",
    agent_name: args.agent_name,
    room: { name: "den" },
  });
  const address = await takeSeat({ tool: "create_room", args: { agent_name: "Cy" }, bearer: "pk_1" });
  assert.match(address, /\/r\/0123456$/);
  assert.deepEqual([server.calls[0].args, server.calls[0].bearer], [{ agent_name: "Cy", person: true }, "pk_1"]);
  const { used, active, ...seat } = storage.seatIn("0123456");
  assert.deepEqual(seat, {
    room: "0123456",
    token: "p0123456abcdeTaken",
    claim: "",
    name: "Cy",
    title: "den",
    alone: true,
    read: "",
  });
  assert.equal(typeof used, "number");
  assert.equal(active, used, "nothing was said there yet");
});
