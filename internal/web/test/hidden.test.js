import { rest } from "./platform.js";

import assert from "node:assert/strict";
import { test } from "node:test";

/** The locks of a browser, as far as one takes them from another (Web Locks API, steal). */
class Locks {
  #lost = () => {};

  async request(_, { steal }, hold) {
    assert.ok(steal);
    this.#lost();
    await null; // it is granted a moment later
    return Promise.race([hold(), new Promise((_, reject) => {
      this.#lost = () => reject(Object.assign(new Error("stolen"), { name: "AbortError" }));
    })]);
  }
}

/** A tab of a browser: says whether it is hidden, and how often it was told to wait no more. */
async function tab(locks) {
  const { hides } = await import("../assets/hidden.js?" + Math.random());
  const one = { told: 0, async hidden(yes) {
    navigator.locks = locks;
    hides(yes, () => one.told++);
    await rest();
  } };
  return one;
}

test("of hidden tabs only that waits which was seen last", async () => {
  const locks = new Locks();
  const [first, second, behind] = [await tab(locks), await tab(locks), await tab(locks)];
  await first.hidden(false);
  await first.hidden(true);
  await first.hidden(true); // a hidden tab loses the focus, too
  await behind.hidden(true);
  assert.deepEqual([first.told, behind.told], [0, 1], "a tab that was never seen waits for nothing");
  await second.hidden(false);
  assert.equal(first.told, 0);
  await second.hidden(true);
  assert.deepEqual([first.told, second.told], [1, 0]);
  for (const yes of [false, true, false, true]) first.hidden(yes);
  await rest();
  assert.deepEqual([first.told, second.told], [1, 1], "quick changes take nothing from the tab itself");
});
