// The address of the service worker: the only text that becomes the address of a script. The policy of the page admits
// one maker of such addresses, and this makes it before anything else runs; the browser refuses a second one. Where an
// extension was first, the worker has no address, and only push is missing.

import { at } from "../site.js";

const worker = at("worker.js");

/** The address, in the form that the browser takes; undefined where the browser takes none. */
export const workerAddress = made();

function made() {
  const { trustedTypes } = /** @type {any} */ (globalThis);
  if (!trustedTypes) return worker;
  try {
    return trustedTypes.createPolicy("worker", { createScriptURL: () => worker }).createScriptURL("");
  } catch {
    return undefined;
  }
}
