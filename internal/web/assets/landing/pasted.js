// What people paste where the page asks for a link.

import { isClaim, isInvite, isMessage, isTask } from "../token.js";

/**
 * Finds the link in what people paste: {invite}, {claim}, {room, target: the id of a message or a task, or ""}, or
 * {upload}; null if there is none. The link may be a code alone or stand in a sentence, and its code may be broken over
 * two lines or escaped, as where the server is given a link (ident.InviteIn).
 * @returns {null | {invite?: string, claim?: string, room?: string, target?: string, upload?: string}}
 */
export function findLink(text) {
  const words = text.replace(/%[0-9a-f]{2}/gi, "/").split(/\s+/);
  for (const part of [...words, ...words.slice(1).map((word, n) => words[n] + word)])
    for (const run of part.split(/[^0-9A-Za-z]+/)) {
      const code = run.toLowerCase();
      if (isInvite(code)) return { invite: code };
      if (isClaim(code)) return { claim: code };
    }
  const [, upload] = /\/v1\/upload\/([\w-]+)/.exec(text) ?? [];
  if (upload) return { upload };
  const [, room, target = ""] = /\/r\/(\w{7})\b(?:#(\w*))?/.exec(text.toLowerCase()) ?? [];
  return room && (!target || isMessage(target) || isTask(target)) ? { room, target } : null;
}
