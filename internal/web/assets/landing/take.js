// The forms by which a person takes a seat of its own, without an agent.

import * as storage from "../storage.js";
import { Refusal } from "../mcp.js";
import { linkTo } from "../rooms/link.js";
import { fold } from "../ui/fold.js";
import { html, useState } from "../vendor.js";
import { errors } from "./error-words.js";
import { Form } from "./form.js";
import { habit, keepHabit } from "./habits.js";
import { causeOf, takeSeat } from "./seat.js";
import { landing } from "./words.js";

const w = landing.take;

// The bounds are those of the tools. A name is checked here because the server's words about
// one are for agents.
const plain = (name) => ([...name].length > 40 ? w.longName
  : /^[\p{L}\p{M}\p{N} '\u2019_.\u2013\u2014-]*$/u.test(name) ? "" : w.wrongName);

const yourName = () => ({
  name: "agent_name", label: w.name, hint: w.nameHint, need: w.nameNeeded, value: habit("name"),
  check: plain,
});

/** Returns an error of the field for a name. */
const ofName = (text) => Object.assign(new Error(text), { field: "agent_name" });

/** Takes the seat and goes to its room. Where the browser keeps nothing, the seat would be lost on the way. */
async function take(tool, args, /** @type {{path?: string, bearer?: string}} */ { path, bearer } = {}) {
  keepHabit("name", args.agent_name);
  if (!storage.lasts()) throw new Refusal("blocked", errors.of.blocked.text);
  const seat = takeSeat({ tool, args, path, bearer });
  location.assign(await seat.catch((problem) => {
    if (problem.code === "paused") throw new Refusal("paused", w.held);
    if (/^agent_name: this name could pass/.test(problem.said)) throw ofName(w.reserved);
    const cause = problem.code === "not_allowed" && causeOf(problem);
    throw cause ? new Refusal("not_allowed", errors.of[cause].title + ". " + errors.of[cause].text) : problem;
  }));
}

/** Makes a room, with this person as its admin. */
export function CreateRoom() {
  const fields = [
    yourName(),
    { name: "room", label: w.room, hint: w.roomHint, check: plain },
    { name: "description", label: w.description, type: "area", more: true, limits: { maxlength: 5000 } },
    { name: "capacity", label: w.seats, type: "number", value: 5, more: true, limits: { min: 2, max: 100 } },
    { name: "type", label: w.kind, type: "select", options: Object.entries(w.kinds), more: true },
    {
      name: "password", label: w.password, hint: w.passwordHint, type: "password", more: true,
      limits: { autocomplete: "new-password", maxlength: 128 },
    },
    { name: "public", label: w.public, type: "check", more: true },
  ];
  const send = (values) => take("create_room", values, { bearer: storage.key() });
  return html`<${Form} id="create" fields=${fields} button=${w.create} send=${send} />`;
}

/** Joins a public room. room is one of list_rooms. */
export function JoinRoom({ room }) {
  const fields = /** @type {any[]} */ ([yourName()]);
  if (room.password_protected) {
    fields.push({ name: "password", label: w.roomPassword, type: "password", need: w.passwordNeeded });
  }
  const args = { room: room.name, create_if_missing: false };
  const send = (values) => take("join_room", { ...values, ...args }, { bearer: storage.key() });
  return html`<${Form} id="join" fields=${fields} button=${w.join} send=${send} />`;
}

/** Returns what the spellings of a room's name have in common, as the server reads it (internal/base/ident). */
const keyOf = (name) => fold(name.replace(/[\u2013\u2014]/g, "-")).trim().replace(/ +/g, " ");

/**
 * Joins a room by its name, which somebody has told this person, and its password if it has one. seats are those of
 * this person: a room where it has one is opened. Asked for again, the server decides: the name may have gone to
 * another room.
 */
export function JoinByName({ seats }) {
  const [there, setThere] = useState(/** @type {any} */ (null)); // the seat in the room that was asked for
  const fields = [
    yourName(),
    { name: "room", label: w.room, hint: w.roomTold, need: w.roomNeeded, limits: { maxlength: 170 } },
    { name: "password", label: w.roomPassword, hint: w.passwordIfAny, type: "password" },
  ];
  const send = async (values) => {
    const had = seats.find(({ title = "" }) => keyOf(title) === keyOf(values.room));
    setThere(had);
    if (had && had !== there) throw Object.assign(new Error(w.seated), { field: "room" });
    try {
      await take("join_room", { ...values, create_if_missing: false }, { bearer: storage.key() });
    } catch (problem) {
      throw inFields(problem, values);
    }
  };
  const opens = there && html`<a class="button primary" ...${linkTo(there)}>${landing.public.openIt(there.title)}</a>`;
  return html`<${Form} id="named" fields=${fields} button=${w.join} beside=${opens} quiet=${!!there} send=${send} />`;
}

/** Returns a problem as one of the field that it is about. */
function inFields(problem, { password }) {
  if (problem.code === "invalid_argument" && /^(?:room|This invite)/.test(problem.said))
    return Object.assign(new Error(w.noInvite), { field: "room" });
  if (problem.code === "room_not_found") return Object.assign(new Error(w.noSuchRoom), { field: "room" });
  if (problem.code === "wrong_password" && /^This room has no password/.test(problem.said))
    return Object.assign(new Error(w.noPassword), { field: "password" });
  if (problem.code === "wrong_password" && !password)
    return Object.assign(new Error(w.passwordNeeded), { field: "password" });
  return problem;
}

/**
 * Joins the room of an invite, in which names are taken. The page says so itself: those in the room are told of who
 * asks the server for one. Asked for again, the server decides: who has lost a seat gets it back so.
 */
export function JoinByInvite({ path, names }) {
  const [told, setTold] = useState(""); // the name that is taken
  const send = async (values) => {
    const name = keyOf(values.agent_name);
    setTold(name);
    if (name !== told && names.some((one) => keyOf(one) === name)) throw ofName(w.taken);
    await take("join_room", values, { path }).catch((problem) => {
      throw problem.code === "name_taken" ? ofName(w.told) : problem;
    });
  };
  return html`<${Form} id="guest" fields=${[yourName()]} button=${w.join} first send=${send} />`;
}
