import { HandClock, rest, until } from "./platform.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Sharing, nameOf } from "../assets/files/sharing.js";
import { addressIn } from "../assets/files/wire.js";
import { NoAnswer, Refusal } from "../assets/mcp.js";

/** A server of files: it gives addresses, takes each file once, and fails as a test wants it to. */
class Files {
  clock = new HandClock();
  calls = []; // of share_file
  puts = []; // addresses
  taken = new Map(); // ids by address
  log = new Set(); // the ids that the log shows
  shown = []; // what is shown now
  lasts = 900;
  arrived = null; // what share_file says of a file that it has
  stop = new AbortController();
  asked = async () => {};
  went = async () => {}; // before the bytes are there
  answered = async () => {}; // after it

  constructor() {
    this.sharing = new Sharing({
      call: async (tool, args) => {
        this.calls.push({ tool, ...args });
        await this.asked(args);
        if (this.arrived) return this.arrived;
        const page = `https://elsewhere.example/below/v1/upload/u${this.calls.length}`;
        return { sent: false, upload: { line: `curl -T 'x' '${page}'`, page, expires_in_seconds: this.lasts } };
      },
      put: async (address, file, { signal, onProgress }) => {
        this.puts.push(address);
        onProgress(file.size / 2);
        await this.went(address, signal);
        signal.throwIfAborted();
        onProgress(file.size);
        if (!this.taken.has(address)) this.taken.set(address, "m" + this.taken.size);
        await this.answered(address, signal);
        return { sent: true, id: this.taken.get(address) };
      },
      has: (id) => this.log.has(id),
      show: (sharing) => (this.shown = sharing),
      clock: this.clock,
      signal: this.stop.signal,
    });
  }

  get states() {
    return this.shown.map(({ name, state }) => name + " " + state);
  }
}

const file = (name, size = 100) => /** @type {File} */ ({ name, size });
let server, sharing;
beforeEach(() => {
  server = new Files();
  ({ sharing } = server);
});

test("files go one after the other, the note with the first, and stay in sight until the log has them", async () => {
  sharing.take([file("a"), file("b", 7)], { note: "look", to: ["Bo"] });
  assert.deepEqual(server.states, ["a uploading", "b waiting"]);
  assert.ok(sharing.busy);
  await rest();
  assert.deepEqual(server.calls, [
    { tool: "share_file", name: "a", size: 100, to: ["Bo"], note: "look", idempotency_key: server.shown[0].key },
    { tool: "share_file", name: "b", size: 7, to: ["Bo"], idempotency_key: server.shown[1].key },
  ]);
  assert.deepEqual(server.puts.map((address) => new URL(address).pathname.replace(/.*\/v1/, "/v1")),
    ["/v1/upload/u1", "/v1/upload/u2"]);
  assert.ok(server.puts.every((address) => !address.includes("elsewhere")));
  assert.equal(server.shown.length, 2);
  server.log.add("m0").add("m1");
  sharing.arrived([], () => true);
  assert.deepEqual(server.shown, []);
  assert.ok(!sharing.busy);
});

test("the log shows a file before its answer comes: it is not there twice", async () => {
  let answer;
  server.answered = () => new Promise((resolve) => (answer = resolve));
  sharing.take([file("a")], {});
  await rest();
  sharing.arrived([{ id: "m9", file: { name: "a", size: 100 }, from: "Bo" }], () => false);
  assert.equal(server.shown.length, 1);
  server.log.add("m0");
  sharing.arrived([{ id: "m0", file: { name: "a", size: 100 } }], () => true);
  assert.deepEqual(server.shown, []);
  answer();
  await rest();
  assert.deepEqual(server.shown, []);
});

test("where the connection breaks, the same bytes go to the same address until an answer comes", async () => {
  let breaks = 3;
  server.answered = async () => {
    if (breaks-- > 0) throw new NoAnswer("lost");
  };
  sharing.take([file("a")], {});
  for (let n = 0; n < 4; n++) await server.clock.advance(30_000);
  assert.equal(server.calls.length, 1);
  assert.equal(new Set(server.puts).size, 1);
  assert.deepEqual([server.puts.length, server.taken.size], [4, 1]);
});

test("an address that has ended is asked for again with the same key, which finds what had arrived", async () => {
  const broken = async () => {
    throw new NoAnswer("cut");
  };
  server.lasts = 20;
  server.went = broken;
  sharing.take([file("a")], {});
  await rest();
  server.went = async () => {};
  server.answered = broken;
  await server.clock.advance(30_000);
  assert.equal(new Set(server.calls.map((call) => call.idempotency_key)).size, 1);
  assert.deepEqual([server.calls.length, server.taken.size], [2, 1]);
  server.arrived = { sent: true, id: "m0", duplicate: true };
  await server.clock.advance(30_000);
  assert.deepEqual([server.calls.length, server.taken.size, server.shown[0].id], [3, 1, "m0"]);
});

test("a server that asks for patience gets it, and the person is told", async () => {
  server.asked = async () => {
    throw new Refusal("rate_limited", "Files of at most 104857600 bytes an hour may come.", 600);
  };
  sharing.take([file("a")], {});
  await rest();
  assert.equal(server.shown[0].patience, 600);
  server.asked = async () => {};
  await server.clock.advance(599_000);
  assert.equal(server.taken.size, 0);
  await server.clock.advance(1_000);
  assert.deepEqual([server.taken.size, server.shown[0].patience], [1, 0]);
});

test("the name of a file becomes one that the server takes", () => {
  assert.equal(nameOf("Screenshot 2030\u202f10\u200b.png"), "Screenshot 2030 10.png");
  assert.equal(nameOf("\u0007\u202e"), "file");
  assert.equal(nameOf("é".repeat(300) + ".tar.gz"), "é".repeat(117) + ".gz");
});

test("a refusal is told in words for people, lets others pass, and can be tried again", async () => {
  server.asked = async ({ name }) => {
    const said = { big: "It has 9 bytes, at most 8 bytes here.", late: "This room has 9 bytes left for files." }[name];
    if (said) throw new Refusal("message_too_long", "", 0, undefined, said);
  };
  sharing.take([file("late"), file("big"), file("small")], {});
  await rest();
  assert.deepEqual(server.states, ["late refused", "big refused", "small uploading"]);
  assert.deepEqual(server.shown.map(({ why = "", final }) => [/too large/.test(why), !!final]),
    [[true, false], [true, true], [false, false]]); // no other try makes a file smaller
  server.asked = async () => {};
  sharing.retry(server.shown[0].key);
  await until("it is there", () => server.taken.size === 2);
});

test("what is cancelled is not sent, at whatever moment, and the next one goes on", async () => {
  const until = (signal) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  server.went = (address, signal) => (address.endsWith("u1") ? until(signal) : null);
  sharing.take([file("a"), file("b"), file("c")], {});
  await rest();
  const [a, b] = server.shown;
  assert.equal(a.loaded, 50);
  sharing.drop(b.key);
  sharing.drop(a.key);
  await rest();
  assert.deepEqual(server.states, ["c uploading"]);
  assert.equal(server.calls.length, 2);
  assert.equal(server.taken.size, 1);
});

test("what seems to hold a secret waits for a second word, and is then sent to the same address", async () => {
  const put = sharing.room.put;
  let held = true;
  sharing.room.put = async (address, ...how) => {
    if (!held) return put(address, ...how);
    server.puts.push(address);
    return { sent: false, credential: "a key" };
  };
  sharing.take([file("a")], {});
  await rest();
  assert.deepEqual([server.states, server.shown[0].credential], [["a held"], "a key"]);
  held = false;
  sharing.retry(server.shown[0].key);
  await until("it is there", () => server.taken.size === 1);
  assert.equal(new Set(server.puts).size, 1);
});

test("the network is back: an upload goes on at once; a closed room sends nothing more", async () => {
  let breaks = true;
  server.went = async () => {
    if (breaks) throw new NoAnswer("cut");
  };
  sharing.take([file("a"), file("b")], {});
  await rest();
  breaks = false;
  assert.ok(sharing.busy);
  server.stop.abort();
  assert.ok(!sharing.busy, "a page that goes loses nothing more");
  sharing.wake();
  await rest();
  assert.equal(server.taken.size, 0);
});

test("an address is taken out of what a tool says, and stands where the page comes from", () => {
  const path = (text) => addressIn(text) && new URL(addressIn(text)).pathname.replace(/.*\/v1/, "/v1");
  assert.equal(path("curl -fsS -o 'parley-m1.png' 'https://a.example/x/v1/file/abc'"), "/v1/file/abc");
  assert.equal(path("https://a.example/v1/upload/abc"), "/v1/upload/abc");
  for (const text of ["", undefined, "https://a.example/v1/mcp", "/v1/file/"]) assert.equal(addressIn(text), "");
});
