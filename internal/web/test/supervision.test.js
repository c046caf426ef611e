import { happens, newBrowser, rest, until } from "./platform.js";
import { refused } from "./server.js";
import { again, begin, begun, claim, opened, server } from "./tabs.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { approvalOf } from "../assets/approval.js";
import { needsOf } from "../assets/rooms/needs.js";
import { claimed, returned } from "../assets/seats.js";

/** Has a message of the agent wait in a room, and returns the id of the draft. */
async function waits(room, text = "May I?") {
  const draft = server.drafts(text);
  await rest();
  await server.clock.advance(1_000);
  assert.ok(room.state.supervision.drafts.some(({ id }) => id === draft));
  return draft;
}

/** Returns two devices of one person, of which both show the messages that wait. */
async function twoDevices(...texts) {
  const one = await opened();
  newBrowser();
  const two = await opened(claimed(claim.replace("abcde0", "abcde1")));
  const drafts = texts.map((text) => server.drafts(text));
  await rest();
  await server.clock.advance(1_000);
  for (const { state } of [one, two]) assert.equal(state.supervision.drafts.length, texts.length);
  assert.notEqual(one.seat.token, two.seat.token);
  return [one, two, ...drafts];
}

for (const decision of ["send", "edit", "refuse"]) {
  test(`a draft that was decided on one device leaves the other at once: ${decision}`, async () => {
    const [one, two, draft, other] = await twoDevices("May I?", "And this?");
    two.supervision.edit(draft, "Their wor");
    two.supervision.edit(other, "Given up");
    two.supervision.edit(other, null);
    for (const id of [draft, other]) {
      await one.supervision.change({ draft: id, decision, ...(decision === "edit" && { text: "Mine" }) });
      await until("it is gone", () => !two.state.supervision.drafts.some((one) => one.id === id)); // no time passes
    }
    assert.deepEqual(two.state.late, ["Their wor"], "what was being written there is not lost");
    assert.deepEqual(one.state.late, []);
  });
}

test("an approved draft stands for its answer until the log has that, and a rejected one does not", async () => {
  const room = await opened();
  const [draft, other] = [await waits(room), await waits(room, "And this?")];
  const stands = () => room.state.approved.map(({ id }) => id).join();
  const { wakes } = server;
  server.wakes = () => {}; // the log is behind
  await room.supervision.change({ draft, decision: "send" });
  await room.supervision.change({ draft: other, decision: "refuse" });
  assert.deepEqual([stands(), room.state.supervision.drafts], [draft, []]);
  server.wakes = wakes;
  server.wakes();
  await until("the log has it", () => room.state.messages.some(({ draft: of }) => of === draft));
  assert.equal(stands(), "");
});

test("a late press says that the other device has decided, and so does the page without the draft", async () => {
  const [one, two, draft, other] = await twoDevices("May I?", "And this?");
  server.wakes = () => {}; // the other device has not heard of it yet
  await one.supervision.change({ draft, decision: "refuse" });
  await assert.rejects(two.supervision.change({ draft, decision: "send" }), { code: "decided" });
  assert.deepEqual(two.state.supervision.drafts.map(({ id }) => id), [other]);
  assert.deepEqual(two.state.late, [""]);
  two.supervision.forgetLate();
  two.supervision.edit(other, "My words");
  await one.supervision.change({ draft: other, decision: "send" });
  const late = two.supervision.change({ draft: other, decision: "edit", text: "My words" });
  await assert.rejects(late, { code: "decided" });
  assert.deepEqual(two.state.late, ["My words"]);
});

test("what is written in place of a draft survives a reload, and so do words that came too late", async () => {
  const one = await opened();
  const [draft, other] = [server.drafts("May I?"), server.drafts("And this?")];
  await until("they are there", () => one.state.messages.length === 2);
  one.supervision.edit(draft, "My words");
  one.supervision.edit(other, "Given up");
  one.supervision.edit(other, null);
  const two = await again(one);
  assert.deepEqual([...two.supervision.edits], [[draft, "My words"]]);
  two.close();
  server.supervises({ draft, decision: "refuse" }); // on another device
  for (let n = 0; n < 2; n++) {
    const late = await again(two);
    assert.deepEqual(late.state.late, ["My words"]);
    if (n) late.supervision.forgetLate();
  }
  assert.deepEqual((await again(two)).state.late, []);
});

test("what was written in another tab, and sent there, is not called late in this one", async () => {
  const one = await opened();
  const draft = server.drafts("May I?");
  await until("it is there", () => one.state.messages.length === 1);
  one.supervision.edit(draft, "My words");
  const two = await opened(returned("0123456"));
  server.wakes = () => {}; // nobody has heard of it yet
  await one.supervision.change({ draft, decision: "edit", text: "My words" });
  await two.supervision.change({ approve: true });
  assert.deepEqual([two.state.supervision.drafts, two.state.late, [...two.supervision.edits]], [[], [], []]);
});

test("what the room refuses of a decision is said, and a lost answer is not blamed on another device", async () => {
  const [room, , draft] = await twoDevices("May I?");
  const { supervises } = server;
  server.supervises = function (args) {
    return args.draft ? refused("invalid_argument", "An agent that it names has left.") : supervises.call(this, args);
  };
  await assert.rejects(room.supervision.change({ draft, decision: "send" }), { code: "invalid_argument" });
  Object.assign(server, { supervises, wakes: () => {}, loses: (tool) => tool === "supervise" });
  room.supervision.edit(draft, "Mine");
  await assert.rejects(room.supervision.change({ draft, decision: "edit", text: "Mine" }));
  server.loses = () => false;
  await room.supervision.change({ draft, decision: "edit", text: "Mine" });
  await room.supervision.change({ paused: true });
  assert.deepEqual([room.state.late, room.state.supervision.drafts], [[], []]);
});

test("an older answer about the supervision is not shown over a newer one", async () => {
  const room = await opened();
  const seen = [];
  room.subscribe(() => seen.push(room.state.supervision.paused));
  const { supervises } = server;
  let release;
  server.supervises = function (args) {
    const held = supervises.call(this, args);
    if (args.paused !== undefined || release) return held;
    return new Promise((resolve) => (release = () => resolve(held)));
  };
  room.refresh.want({ supervision: true });
  await server.clock.advance(1_000);
  assert.ok(release);
  await room.supervision.change({ paused: true });
  release();
  await rest();
  await server.clock.advance(1_000);
  assert.deepEqual([...new Set(seen.slice(seen.indexOf(true)))], [true]);
});

test("a pause without a connection waits, also over a reload; a resumption does not", async () => {
  const one = await opened();
  server.offline = true;
  await one.supervision.restrain({ paused: true });
  await one.supervision.restrain({ approve: true });
  one.supervision.restraint.drop("approve");
  assert.deepEqual([one.state.restraint, one.state.supervision.paused], [{ paused: true }, false]);
  one.close();
  const two = begin(returned("0123456"));
  assert.deepEqual(two.state.restraint, { paused: true });
  server.offline = false;
  await server.clock.pass(2_000);
  await until("it is paused", () => server.supervision.paused && two.state.supervision.paused);
  assert.deepEqual([two.state.restraint, server.supervision.approve], [{}, false]);
  server.offline = true;
  await assert.rejects(two.supervision.change({ paused: false }));
  server.offline = false;
  await server.clock.pass(60_000);
  assert.ok(server.supervision.paused);
  const { supervises } = server;
  server.supervises = () => refused("not_allowed", "You may not.");
  await assert.rejects(two.supervision.restrain({ approve: true }), { code: "not_allowed" });
  server.supervises = supervises;
  assert.deepEqual(two.state.restraint, {});
});

test("what else is to be approved waits for a connection, and undoes nothing of before", async () => {
  const room = await opened();
  for (const [meanwhile, want] of [
    [{ approve: false }, { approve: false, approve_some: ["files"] }],
    [{ approve_some: ["private"] }, { approve: false, approve_some: ["private", "files"] }],
    [{ approve: true }, { approve: true, approve_some: [] }],
  ]) {
    server.offline = true;
    await room.supervision.restrain({ approve_some: ["files"] });
    server.supervises(meanwhile); // on another device
    server.offline = false;
    await server.clock.pass(60_000);
    await until("nothing waits", () => !room.state.restraint.approve_some);
    const { approve, approve_some: some } = server.supervision;
    assert.deepEqual({ approve, approve_some: some }, want);
    assert.deepEqual([room.state.supervision.approve, room.state.supervision.approve_some], [approve, some]);
  }
});

test("who has less approved takes back nothing that another device has added unseen", async () => {
  for (const [meanwhile, chosen, want] of /** @type {[object, any, any][]} */ ([
    [{}, ["private"], ["private"]],
    [{ approve_some: ["private", "files", "agreements"] }, ["private"], ["private", "agreements"]],
    [{ approve_some: ["private"] }, [], []],
    [{ approve: true }, ["private"], "all"],
    [{ approve: true }, [], "all"],
  ])) {
    const [one, two] = await twoDevices();
    await one.supervision.change({ approve_some: ["private", "files"] });
    await two.supervision.read();
    const known = approvalOf(two.state.supervision);
    await one.supervision.change(meanwhile); // the other device has not heard of it yet
    assert.deepEqual([known, approvalOf(two.state.supervision)], [["private", "files"], known]);
    await two.supervision.loosen(chosen, known);
    assert.deepEqual(approvalOf(server.supervision), want);
    assert.deepEqual(approvalOf(two.state.supervision), want);
    begun();
  }
});

test("of what waits, what was chosen last counts", async () => {
  const room = await opened();
  server.offline = true;
  await room.supervision.restrain({ approve_some: ["private", "files"] });
  room.supervision.restraint.drop("approve", "approve_some");
  await room.supervision.restrain({ approve_some: ["files"] });
  assert.deepEqual(room.state.restraint, { approve_some: ["files"] });
  server.offline = false;
  await server.clock.pass(60_000);
  await until("it is so", () => server.supervision.approve_some?.length);
  assert.deepEqual(server.supervision.approve_some, ["files"]);
  server.offline = true;
  await assert.rejects(room.supervision.change({ approve: false }));
  server.offline = false;
  await server.clock.pass(60_000);
  assert.deepEqual(server.supervision.approve_some, ["files"]);
});

test("a pause whose answer is lost is asked for again by itself", async () => {
  const room = await opened();
  let left = 1;
  server.loses = (tool) => tool === "supervise" && left-- > 0;
  server.supervises = ((real) => function (args) {
    return left > 0 ? this.supervision : real.call(this, args); // the first one has not even come
  })(server.supervises);
  await room.supervision.restrain({ paused: true });
  assert.deepEqual(room.state.restraint, { paused: true });
  await server.clock.pass(2_000);
  assert.deepEqual([room.state.restraint, room.state.supervision.paused], [{}, true]);
});

test("a draft that one tab has refused waits in no other tab, until that is undone or was left", async () => {
  const one = await opened();
  const draft = server.drafts("May I?");
  await rest();
  await server.clock.advance(1_000);
  const two = await opened(returned("0123456"));
  const shown = () => {
    happens("storage", { key: "parley.notes." + two.seat.token });
    return [one, two].map(({ state }) => state.deciding[draft]);
  };
  const { decisions } = one.supervision;
  decisions.take(draft, "refuse", "No");
  await rest();
  assert.deepEqual(shown().map(({ decision, text, sent }) => [decision, text, sent]),
    [["refuse", "No", false], ["refuse", "", true]]);
  decisions.undo(draft);
  assert.deepEqual(shown(), [undefined, undefined]);
  decisions.take(draft, "refuse");
  const three = await opened(returned("0123456")); // it has heard of nothing
  assert.ok(three.state.deciding[draft].elsewhere);
  one.close();
  server.wakes = () => {};
  await server.clock.advance(10_000);
  assert.deepEqual(two.state.deciding, {}, "a tab that has gone undoes nothing any more");
});

test("what differs and is put away needs the person no more, until more differs", async () => {
  const task = { id: "t1", title: "Weigh" };
  const differing = { id: "m000009", last: "m000009", who: ["Gus"], at: "2030-01-01T12:00:00Z", task, tasks: 1 };
  server.differing = [differing];
  const room = await opened();
  const { supervision } = room;
  const needs = () => needsOf(room.state).map(({ id }) => id).join();
  assert.equal(needs(), "m000009");
  await supervision.putAway(differing.last);
  assert.deepEqual([needs(), server.differing], ["", []]);
  supervision.differs([differing]); // as it was read before
  assert.equal(needs(), "");
  supervision.differs([{ ...differing, last: "m000010", tasks: 2 }]);
  assert.equal(needs(), "m000009");
});

test("what one tab has approved is shown in the others at once, also the third time", async () => {
  const one = await opened();
  const two = await opened(returned("0123456"));
  const notes = { key: "parley.notes." + two.seat.token };
  for (const approve of [true, false, true]) {
    await one.supervision.change({ approve });
    happens("storage", notes);
    await server.clock.advance(1_000);
    await until("the other tab has read it", () => two.state.supervision.approve === approve);
  }
  const calls = server.calls.length;
  happens("storage", notes);
  await server.clock.advance(1_000);
  assert.equal(server.calls.length, calls, "what was heard is not read again");
});

test("a reason for which the decision of another device came first is shown, and nothing is sent", async () => {
  const room = await opened();
  const draft = server.drafts("May I?");
  await rest();
  await server.clock.advance(1_000);
  room.supervision.decisions.take(draft, "refuse", "Too lo", true);
  const { calls } = server;
  const before = calls.length;
  server.supervises({ draft, decision: "send" });
  await until("it waits no more", () => room.state.supervision.drafts.length === 0);
  assert.deepEqual([room.state.late, room.state.deciding], [["Too lo"], {}]);
  room.sendDecisions();
  await rest();
  assert.ok(!calls.slice(before).some(({ args }) => args.decision));
});

test("a reason that is being written when the room ends is shown", async () => {
  const room = await opened();
  const draft = server.drafts("May I?");
  await rest();
  await server.clock.advance(1_000);
  room.supervision.decisions.take(draft, "refuse", "Too lo", true);
  server.closed = true;
  server.happens({ type: "room", reason: "closed", by: "Bo" });
  await rest();
  await server.clock.advance(1_000);
  assert.ok(room.state.room.closed);
  assert.deepEqual([room.state.late, room.state.deciding, room.state.unsent], [["Too lo"], {}, 1]);
});

test("what one tab writes in place of a draft is shown there when another tab has decided", async () => {
  const one = await opened();
  const draft = server.drafts("May I?");
  const two = await opened(returned("0123456"));
  two.supervision.edit(draft, "You may");
  await one.supervision.change({ draft, decision: "send" });
  await until("it waits no more", () => two.state.supervision.drafts.length === 0);
  assert.deepEqual([one.state.late, two.state.late], [[], ["You may"]]);
});

test("a rejection whose answer was lost, and that is pressed again, is not blamed on another device", async () => {
  const room = await opened();
  const draft = await waits(room);
  Object.assign(server, { wakes: () => {}, loses: (tool) => tool === "supervise" });
  const { decisions } = room.supervision;
  const lost = assert.rejects(decisions.take(draft, "refuse", "Too long"));
  decisions.now(draft);
  await lost;
  server.loses = () => false;
  decisions.take(draft, "refuse");
  await room.supervision.change({ paused: true });
  assert.deepEqual([room.state.supervision.drafts, room.state.deciding, room.state.late], [[], {}, []]);
});

test("a reason that came too late survives a reload, until the person has read it", async () => {
  const one = await opened();
  const draft = await waits(one);
  one.supervision.decisions.take(draft, "refuse", "Too lo", true);
  server.supervises({ draft, decision: "send" }); // on another device
  await until("it came too late", () => one.state.late.length);
  const two = await again(one);
  assert.deepEqual(two.state.late, ["Too lo"]);
  two.supervision.forgetLate();
  assert.deepEqual((await again(two)).state.late, []);
});

test("what was written in place of a draft and why it is refused both come too late", async () => {
  const one = await opened();
  const draft = await waits(one);
  one.supervision.edit(draft, "You may");
  const late = assert.rejects(one.supervision.decisions.take(draft, "refuse", "Too long"), { code: "decided" });
  server.wakes = () => {}; // nobody has heard of it yet
  server.supervises({ draft, decision: "send" });
  one.supervision.decisions.now(draft);
  await late;
  assert.deepEqual(one.state.late, ["You may", "Too long"]);
  assert.deepEqual((await again(one)).state.late, ["You may", "Too long"]);
});

test("an approval that the decision of another device or the end of the room comes before is told of", async () => {
  for (const ends of [false, true]) {
    const room = await opened();
    const draft = await waits(room);
    room.supervision.decisions.take(draft, "send");
    server.closed = ends;
    if (ends) server.happens({ type: "room", reason: "closed", by: "Bo" });
    else server.supervises({ draft, decision: "refuse" });
    await rest();
    await server.clock.advance(1_000);
    assert.deepEqual([room.state.supervision.drafts, room.state.deciding, room.state.late], [[], {}, [""]]);
  }
});

for (const how of ["room", "seat"]) {
  test(`a rejection without a word is not told of when the ${how} ends`, async () => {
    const room = await opened();
    const draft = await waits(room);
    room.supervision.decisions.take(draft, "refuse");
    if (how === "seat") server.refusal = { code: "removed", message: "You were removed." };
    else server.closed = true;
    server.happens({ type: "room", reason: "closed", by: "Bo" });
    await rest();
    await server.clock.advance(1_000);
    assert.ok(how === "seat" ? room.state.phase === "ended" : room.state.room.closed);
    assert.deepEqual([room.state.deciding, room.state.late], [{}, []]);
  });
}

test("an edited text before which the decision of another device comes is shown once", async () => {
  const room = await opened();
  const draft = await waits(room);
  room.supervision.edit(draft, "Mine");
  room.supervision.decisions.take(draft, "edit", "Mine");
  server.supervises({ draft, decision: "refuse" });
  await until("it waits no more", () => !room.state.supervision.drafts.length);
  assert.deepEqual([room.state.deciding, room.state.late], [{}, ["Mine"]]);
  assert.deepEqual((await again(room)).state.late, ["Mine"]);
});

for (const [decision, text] of [["edit", "Mine"], ["send"], ["refuse"]]) {
  test(`what was written in place of a draft is not late where its page was left: ${decision}`, async () => {
    const one = await opened();
    const draft = await waits(one);
    one.supervision.edit(draft, "Mine");
    one.supervision.decisions.take(draft, decision, text);
    one.close();
    const kept = { ...localStorage };
    await until("it was sent", () => !server.supervision.drafts.length);
    await rest();
    Object.assign(localStorage, kept); // the page that was left hears no answer
    await server.clock.advance(3600_000);
    const two = await opened(returned("0123456"));
    assert.deepEqual([two.state.late, [...two.supervision.edits]], [[], []]);
    two.supervision.decisions.take(await waits(two), "refuse"); // and what was decided then is forgotten
    assert.deepEqual((await again(two)).state.late, []);
  });
}

test("two answers that come in another order show no draft that was decided", async () => {
  const room = await opened();
  const drafts = [await waits(room), await waits(room, "And this?")];
  const { supervises } = server;
  const [answers, shown] = [/** @type {(() => void)[]} */ ([]), []];
  server.wakes = () => {}; // the log tells nothing yet
  server.supervises = function (args) {
    const got = supervises.call(this, args);
    return new Promise((resolve) => answers.push(() => resolve(got)));
  };
  room.subscribe(() => shown.push(room.state.supervision.drafts.length));
  for (const draft of drafts) room.supervision.decisions.take(draft, "send");
  await server.clock.advance(5_000);
  for (const answer of answers.reverse()) {
    answer();
    await rest();
  }
  assert.equal(shown.at(-1), 0);
});

test("who leaves has what it decided sent first", async () => {
  const room = await opened();
  const draft = await waits(room);
  const offer = server.says("Bo", "We paint it red.", { kind: "proposal" });
  let answer = () => {};
  const { supervises } = server;
  server.supervises = function (args) {
    return new Promise((resolve) => (answer = () => resolve(supervises.call(this, args))));
  };
  room.supervision.decisions.take(draft, "send");
  await room.send({ kind: "agree", reply_to: offer });
  const left = room.leave();
  await rest();
  assert.equal(server.called("leave_room"), 0);
  answer();
  await left;
  const made = server.calls.map(({ tool, args }) => args.decision ?? args.kind ?? tool);
  assert.ok(made.includes("send") && made.includes("agree") && made.indexOf("send") < made.indexOf("leave_room"));
});

test("a tab in which others follow the room is not offline", async () => {
  const room = await opened();
  room.here(true, false);
  server.superseded = 1;
  server.wakes();
  await until("others follow it", () => room.state.trouble?.code === "superseded");
  assert.deepEqual([room.state.phase, room.isOffline], ["offline", false]);
  const three = await again(room);
  server.offline = true;
  server.wakes();
  await server.clock.pass(60_000);
  assert.ok(three.isOffline);
});

test("an edited text of which the answer was lost is not late once the log has it", async () => {
  const one = await opened();
  const draft = await waits(one);
  one.supervision.edit(draft, "Mine");
  server.loses = (tool) => tool === "supervise";
  const lost = assert.rejects(one.supervision.decisions.take(draft, "edit", "Mine"));
  one.supervision.decisions.now(draft);
  await lost;
  server.loses = () => false;
  await until("it waits no more", () => !one.state.supervision.drafts.length);
  assert.deepEqual([one.state.late, (await again(one)).state.late], [[], []]);
});
