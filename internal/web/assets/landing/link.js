// "I have a link": for those to whom no link opens here. An app that is installed on a phone may keep its own seats:
// there a link opens in the browser beside the app, which does not know them.

import { call } from "../mcp.js";
import { claimed, endsSeat, open, reasonOf } from "../seats.js";
import { at } from "../site.js";
import * as storage from "../storage.js";
import { roomOf } from "../token.js";
import { html } from "../vendor.js";
import { errors } from "./error-words.js";
import { Form } from "./form.js";
import { findLink } from "./pasted.js";
import { causeOf, endsInvite } from "./seat.js";
import { landing } from "./words.js";

const w = landing.link;

/** Says what is wrong with a text in which there is no link. */
const wrongWith = (text) => (/\/[ir]\/|[0-9a-z]{20}/i.test(text) ? w.incomplete : w.none);

/** Returns the host in the first address of a text, if it is another than that of this page. */
function otherHost(text) {
  const host = /https?:\/\/([^\s/]+)/i.exec(text)?.[1].toLowerCase();
  return host === location.host ? "" : host;
}

/** Returns an error of the field, with a title and a text. */
const wrong = ({ title, text }) => Object.assign(new Error(title + ". " + text), { field: "link" });

/**
 * Returns the address to which a link leads, below the root. What opens once is opened first, and an invite is asked
 * for its room: so a link that leads nowhere leaves its text where it is. A server may have several addresses: only
 * what it does not know is of another one.
 * @param {NonNullable<ReturnType<typeof findLink>>} link
 */
async function addressOf({ invite, claim, room, target, upload }) {
  if (upload) return "v1/upload/" + upload;
  if (invite) {
    const path = "i/" + invite;
    await call("room_info", {}, { path: path + "/mcp" }).catch((problem) => {
      throw endsInvite(problem) ? wrong(errors.of[causeOf(problem)]) : problem;
    });
    return path;
  }
  if (claim) {
    if (!storage.lasts()) throw wrong(errors.of.blocked);
    await open(claimed(claim)).catch((problem) => {
      throw endsSeat(problem) ? wrong(errors.of[reasonOf(problem)]) : problem;
    });
    return "r/" + roomOf(claim);
  }
  if (!storage.seatIn(room)) throw wrong(errors.of.no_seat);
  return "r/" + room + (target && "#" + target);
}

/** Goes where the link in a text leads. */
async function follow({ link: text }) {
  const link = findLink(text);
  if (!link) throw Object.assign(new Error(wrongWith(text)), { field: "link" });
  location.assign(at(await addressOf(link).catch((problem) => {
    const host = problem.field && otherHost(text);
    throw host ? Object.assign(new Error(w.elsewhere(host)), { field: "link" }) : problem;
  })));
}

/** Sends the form on Enter. The field has lines for what is pasted. */
function enter(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

/** Asks for a link. */
export function OpenLink() {
  const limits = { onKeyDown: enter, enterkeyhint: "go" };
  const fields = [{ name: "link", label: w.label, hint: w.hint, need: w.needed, type: "area", limits }];
  return html`<${Form} id="link" fields=${fields} button=${w.open} send=${follow} />`;
}
