// The pictures of a room that were fetched and decoded: few at a time, and not more of them than a
// phone has room for.

import { decoded, mayShow } from "./picture.js";

const atOnce = 2; // that are fetched
const kept = 40; // small pictures
const small = { width: 640, height: 480 }; // px of the screen

export class Gallery {
  #known = new Map(); // by id: a bitmap, or null for a file that is none; the one used last is the last
  #loading = new Map(); // by id: promises
  #waiting = []; // those who wait for their turn
  #busy = 0;

  /** @param {(id: string) => Promise<Uint8Array<ArrayBuffer>>} read fetches the file of a message */
  constructor(read) {
    this.read = read;
  }

  /** Returns the small picture of a message's file; null if there is none, undefined if nobody knows yet. */
  of({ id, file, redacted }) {
    if (!file || redacted || !mayShow(file)) return null;
    const picture = this.#known.get(id);
    if (picture === undefined) return undefined;
    this.#known.delete(id);
    this.#known.set(id, picture);
    return picture;
  }

  /** Fetches it, and resolves when of knows it. It rejects with what a call throws: the next try may succeed. */
  load({ id }) {
    if (this.#known.has(id)) return Promise.resolve();
    if (!this.#loading.has(id)) this.#loading.set(id, this.#load(id).finally(() => this.#loading.delete(id)));
    return this.#loading.get(id);
  }

  async #load(id) {
    await this.#turn();
    try {
      this.#keep(id, await decoded(await this.read(id), small.width, small.height));
    } finally {
      this.#busy--;
      this.#waiting.shift()?.();
    }
  }

  async #turn() {
    while (this.#busy >= atOnce) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#busy++;
  }

  #keep(id, picture) {
    this.#known.set(id, picture);
    const pictures = [...this.#known].filter(([, picture]) => picture);
    for (const [id] of pictures.slice(0, Math.max(0, pictures.length - kept))) this.forget(id);
  }

  /** Returns the picture of a message's file as large as that fits into a window; null if it is none. */
  async large({ id }, width, height) {
    return decoded(await this.read(id), width, height);
  }

  /** Forgets a picture: it was removed, or there are too many. What shows it keeps its own pixels. */
  forget(id) {
    this.#known.get(id)?.close();
    this.#known.delete(id);
  }
}
