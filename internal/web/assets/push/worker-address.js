// The address of the service worker: the only text that becomes the address of a script. The policy of the page admits
// one maker of such addresses, and this makes it before anything else runs; the browser refuses a second one.

import { at } from "../site.js";

const worker = at("worker.js");
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("worker", { createScriptURL: () => worker });

/** The address, in the form that the browser takes. */
export const workerAddress = /** @type {string} */ (policy?.createScriptURL("") ?? worker);
