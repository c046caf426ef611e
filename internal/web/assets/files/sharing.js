// Files that a person shares: one after the other, each as a message of its own. A file is read while
// it is sent and is kept nowhere, so it is forgotten with the page; until it is sent a person can
// cancel it.

import { backoff } from "../clock.js";
import { NoAnswer, Refusal } from "../mcp.js";
import { namesIn } from "../talk/names.js";
import { random } from "../token.js";
import { ui } from "../ui/words.js";
import { addressIn } from "./wire.js";
import { files as fileWords } from "./words.js";

const longestName = 120; // characters; the server takes no more
const shown = 5; // seconds: a shorter time to wait is not shown

export class Sharing {
  /** @type {import("../types.d.ts").Sharing[]} */
  #all = [];
  #running = false;
  #nap = new AbortController();
  #stops = new Map(); // what cancels each, by key

  /**
   * @param {{call: (tool: string, args: object, signal: AbortSignal) => Promise<any>,
   *   put: typeof import("./wire.js").put, has: (id: string) => boolean,
   *   show: (sharing: import("../types.d.ts").Sharing[]) => void,
   *   clock: import("../types.d.ts").Clock, signal: AbortSignal}} room
   *   has tells whether the log shows a message
   */
  constructor(room) {
    this.room = room;
  }

  /**
   * Takes files with what is said of the first of them: {note, to, reply_to}. to is who reads it, as in Pending.take.
   * @param {File[]} files
   */
  take(files, { note = "", ...args }, to = args.to) {
    files.forEach((file, n) => {
      const key = random(16);
      const { size } = file;
      const name = nameOf(file.name);
      this.#stops.set(key, new AbortController());
      this.#all = [...this.#all, {
        key, file, name, size, args: { ...args, ...(note && n === 0 && { note }) },
        to: namesIn(to),
        state: "waiting", loaded: 0, whole: false, why: "", patience: 0, upload: null,
      }];
    });
    this.#show();
    this.#run();
  }

  /** Shares one that was refused or held back once more. */
  retry(key) {
    this.#change(key, { state: "waiting", loaded: 0, whole: false, why: "", credential: undefined });
    this.#run();
  }

  /** Cancels one, or forgets it. */
  drop(key) {
    this.#stops.get(key)?.abort(new Refusal("cancelled", ""));
    this.#stops.delete(key);
    this.#all = this.#all.filter((one) => one.key !== key);
    this.#show();
  }

  /** Tries at once: the connection works again. */
  wake() {
    this.#nap.abort();
  }

  /** Reports whether something is still to be sent, which a page that goes would lose. */
  get busy() {
    return !this.room.signal.aborted && this.#all.some(({ state }) => state === "waiting" || state === "uploading");
  }

  /** Looks at messages that have come into the log. mine tells those of this person. */
  arrived(messages, mine) {
    for (const { file } of messages.filter((message) => message.file && mine(message))) {
      const same = this.#all.find((one) => one.state === "uploading" && one.whole && !one.seen &&
        one.size === file.size && one.name === file.name);
      if (same) this.#change(same.key, { seen: true }); // its answer is on the way
    }
    this.settle();
  }

  /** Forgets what the log shows by now. */
  settle() {
    for (const { key, id } of this.#all) if (id && this.room.has(id)) this.drop(key);
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    for (let next; !this.room.signal.aborted && (next = this.#all.find(({ state }) => state === "waiting")); ) {
      const stop = AbortSignal.any([this.#stops.get(next.key).signal, this.room.signal]);
      await this.#share(next.key, stop);
    }
    this.#running = false;
  }

  /** Shares a file, however often the connection breaks meanwhile. */
  async #share(key, stop) {
    for (let failed = 1; ; failed++) {
      try {
        const got = await this.#once(key, stop);
        if (got.sent) this.#change(key, { id: got.id, to: namesIn(got.to) });
        else this.#change(key, { state: "held", credential: got.credential });
        return this.settle();
      } catch (problem) {
        if (stop.aborted) return undefined;
        if (!passes(problem)) return this.#refused(key, problem);
        this.#nap = new AbortController();
        const pause = Math.max((problem.retryAfter ?? 0) * 1000, backoff(failed));
        if (problem.retryAfter > shown) this.#change(key, { patience: problem.retryAfter });
        await this.room.clock.pause(pause, AbortSignal.any([this.#nap.signal, stop]));
        if (stop.aborted) return undefined;
      }
    }
  }

  /**
   * Uploads a file to the address that was got for it, as long as that is good. The key of the call and
   * the address each stand for one message, so whatever got lost on the way, it is there once.
   */
  async #once(key, stop) {
    const { room } = this;
    const one = this.#find(key);
    this.#change(key, { state: "uploading", loaded: 0, patience: 0 });
    let { upload } = one;
    if (!upload || room.clock.now() > upload.until) {
      const { name, size, args } = one;
      const got = await room.call("share_file", { name, size, ...args, idempotency_key: key }, stop);
      if (!got.upload) return got; // it had arrived
      const { page, expires_in_seconds: lasts } = got.upload;
      upload = { address: addressIn(page), until: room.clock.now() + (lasts - 5) * 1000 };
      this.#change(key, { upload });
    }
    const onProgress = (loaded) => {
      this.#change(key, { loaded: Math.min(loaded, one.size), ...(loaded >= one.size && { whole: true }) });
    };
    return room.put(upload.address, one.file, { signal: stop, onProgress });
  }

  #refused(key, problem) {
    const upload = problem.code === "token_invalid" ? null : this.#find(key).upload; // null: the address is over
    this.#change(key, { state: "refused", why: wordsOf(problem), final: isFinal(problem), seen: false, upload });
  }

  /** Returns one that was not cancelled. */
  #find(key) {
    const one = this.#all.find((one) => one.key === key);
    if (!one) throw new Refusal("cancelled", "");
    return one;
  }

  /** Changes one, unless it was cancelled meanwhile. */
  #change(key, parts) {
    const at = this.#all.findIndex((one) => one.key === key);
    if (at < 0) return;
    this.#all = this.#all.with(at, { ...this.#all[at], ...parts });
    this.#show();
  }

  #show() {
    this.room.show(this.#all.filter(({ seen }) => !seen));
  }
}

/** Reports whether the same call may succeed after a failure. */
const passes = (problem) =>
  problem instanceof NoAnswer || problem.code === "rate_limited"
  || (problem.code === "unavailable" && problem.retryAfter);

/** Reports whether the same file would be refused again, whenever it is shared. */
export const isFinal = ({ code, said = "" }) =>
  code === "invalid_argument" || (code === "message_too_long" && mostIn({ said }) > 0);

/** Returns the name of a file without what the server does not take: characters that nobody sees, and too many. */
export function nameOf(given) {
  const name = given.replace(/[\p{Zs}\p{Zl}\p{Zp}]/gu, " ").replace(/\p{C}/gu, "").trim() || "file";
  const characters = [...name];
  if (characters.length <= longestName) return name;
  const ending = /\.[^.]{1,10}$/.exec(name)?.[0] ?? "";
  return characters.slice(0, longestName - [...ending].length).join("") + ending;
}

/** Returns how many bytes a file has at most, by the sentence that refuses one; 0 if it says something else. */
export function mostIn({ said = "" }) {
  const [, most] = /at most (\d+) bytes here/.exec(said) ?? [];
  return Number(most ?? 0);
}

/**
 * Returns what a person is told of a refusal: the server's own words are for agents, but for the limit that a file is
 * above.
 */
export function wordsOf({ code, message, said = "" }) {
  const { refusals, tooLargeHere, tooLargeNow } = fileWords;
  const most = mostIn({ said });
  const [, left] = /has (\d+) bytes left for files/.exec(said) ?? [];
  if (code === "message_too_long" && most) return tooLargeHere(ui.size(most));
  if (code === "message_too_long" && left) return tooLargeNow(ui.size(Number(left)));
  return refusals[code] ?? message;
}
