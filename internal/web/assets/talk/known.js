// What the page knows of a message by its id, also of one that is not loaded.

import { actorOf } from "./names.js";
import { beginning, gist } from "./rows.js";
import { talk } from "./words.js";

/**
 * Returns who has said a message, and its first line; null where nothing tells. message is the one that is loaded, if
 * it is. requests and agreements are as in room_info, and quoted those that were loaded for a quote alone.
 * @param {string | undefined} id
 * @param {any} message
 * @param {{requests?: import("../results.d.ts").Request[], agreements?: import("../results.d.ts").Agreement[],
 *   quoted?: import("../results.d.ts").Message[]}} also
 * @returns {{who: string, text: string} | null}
 */
export function known(id, message, { requests = [], agreements = [], quoted = [] }) {
  const of = (all) => all.find((other) => other.id === id);
  const one = message ?? of(quoted);
  const [request, agreement] = [of(requests), of(agreements)];
  if (one) return { who: actorOf(one), text: one.redacted ? talk.removed : gist(one) };
  if (request) return { who: actorOf(request), text: beginning(request.text) };
  return agreement ? { who: agreement.by, text: gist(agreement) } : null;
}
