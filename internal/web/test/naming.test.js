import assert from "node:assert/strict";
import { test } from "node:test";

import { Naming } from "../assets/naming.js";

/** Returns a Naming, and what has happened to it. */
function asking() {
  const log = /** @type {string[]} */ ([]);
  const room = { unnamed: true, gives: /** @type {() => Promise<any> | null} */ (() => null) };
  const naming = new Naming({
    needed: () => room.unnamed,
    gives: () => room.gives(),
    show: (asks) => log.push(asks ? "asks" : "asks no more"),
    skipped: () => void (room.unnamed = false),
    said: () => log.push("said"),
  });
  const speak = (text) => naming.speak(text, () => log.push(text));
  return { log, room, naming, speak };
}

test("what is said waits until the person has given its name or wants none, and is said once", () => {
  for (const answer of ["given", "skip"]) {
    const { log, naming, speak } = asking();
    speak("hello");
    speak("hello"); // the button was pressed twice
    assert.deepEqual(log, ["asks", "asks"]);
    naming[answer]();
    naming[answer]();
    assert.deepEqual(log.slice(2), ["asks no more", "hello", "said", "asks no more"]);
  }
});

test("of two things that are said before the question is there, none gets lost", () => {
  const { log, naming, speak } = asking();
  speak("I agree");
  speak("hello");
  naming.given();
  assert.deepEqual(log.slice(2), ["asks no more", "I agree", "said", "hello", "said"]);
});

test("a person that has a name, or wanted none, is not asked", () => {
  const { log, room, naming, speak } = asking();
  speak("hello");
  naming.skip();
  speak("again");
  assert.deepEqual(log, ["asks", "asks no more", "hello", "said", "again", "said"]);
  room.unnamed = true;
  speak("more");
  assert.equal(log.at(-1), "asks");
});

test("a person that thinks better of it has said nothing", () => {
  const { log, naming, speak } = asking();
  speak("hello");
  naming.cancel();
  naming.given(); // the answer to the name comes late
  assert.deepEqual(log, ["asks", "asks no more", "asks no more"]);
});

test("a name for all rooms is given before the first word; where it is refused, the person is asked", async () => {
  const refuses = async () => { throw new Error(); };
  for (const [gives, says] of [[async () => {}, ["hello", "said"]], [refuses, ["asks"]]]) {
    const { log, room, speak } = asking();
    room.gives = gives;
    speak("hello");
    speak("hello");
    assert.deepEqual(log.splice(0), ["asks no more"]);
    await new Promise(setImmediate);
    assert.deepEqual(log.filter((one) => one !== "asks no more"), says);
  }
});
