// The conversation as a file, which ends with its minutes.

import { fenced, minutes, stamp } from "./minutes.js";

/** Returns what all agreed on, the oldest first: [{id, text, by, agreed_by, at}]. */
export function agreementsIn(messages, known) {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const found = messages.filter(({ agreed }) => agreed && byId.get(agreed)).map(({ agreed, at }) => {
    const { id, text, from, to } = byId.get(agreed);
    const yes = messages.filter((one) => one.kind === "agree" && one.reply_to === id).map((one) => one.from);
    return { id, text, by: from, agreed_by: [...new Set(yes)], ...(to && { to }), at };
  });
  return [...known.filter(({ id }) => !found.some((one) => one.id === id)), ...found].sort((a, b) =>
    a.at.localeCompare(b.at),
  );
}

/** Returns who spoke and who is seated: [{name, role, person, left}]. */
function peopleIn({ room, messages }) {
  const seated = room.agents.map(({ name, role, person }) => ({ name, role, person, left: false }));
  const names = new Set(seated.map(({ name }) => name));
  const others = new Set(
    messages.map(({ from }) => from).filter((from) => from && from !== "your user" && !names.has(from)),
  );
  return [...seated, ...[...others].map((name) => ({ name, left: true }))];
}

const person = (p) =>
  `- ${p.name}${[p.role === "admin" && "admin", p.person && "with a person", p.left && "has left"]
    .filter(Boolean)
    .map((s) => ", " + s)
    .join("")}\n`;

/** Returns what stands above a message: who said what kind of thing to whom, and when. */
function lineOf(message) {
  const { id, from, person: byPerson, to, ask, kind, reply_to: answers, withdraws, agreed, finished, at } = message;
  const parts = [
    from + (byPerson ? " (person)" : ""),
    to?.length && "only to " + to.join(", "),
    kind && kind !== "message" && kind,
    ask?.length && "asks " + ask.join(", "),
  ].filter(Boolean);
  const marks = [
    id,
    answers && "answers " + answers,
    withdraws && "takes back " + withdraws,
    agreed && "completes the agreement on " + agreed,
    finished && "finishes " + finished.join(", "),
  ];
  return `### ${parts.join(" · ")}\n\n${stamp(at)} · ${marks.filter(Boolean).join(" · ")}\n`;
}

/** Returns a line of the server. What people wrote in it is fenced. */
function eventOf(event) {
  const { type, at, agent, action, reason, by, new_admin: admin, changes, note, task } = event;
  const tasks = event.tasks ?? (task ? [task] : []);
  const titles = tasks.map(({ id, title, text, result }) => [id, title, text, result].filter(Boolean).join("\n"));
  const { description, ...rest } = changes ?? {};
  const facts = [
    type,
    agent,
    action,
    reason ?? (type === "hook" && "begun"),
    by && "by " + by,
    admin && "new admin: " + admin,
    description === "" && "description: removed",
    ...Object.entries(rest).map(([name, value]) => `${name}: ${value}`),
  ].filter(Boolean);
  return (
    `*${stamp(at)} · ${facts.join(" · ")}*\n` +
    [description, note, ...titles]
      .filter(Boolean)
      .map((text) => "\n" + fenced(text))
      .join("")
  );
}

const messageOf = (message) => (message.type === "message" ? lineOf(message) + textOf(message) : eventOf(message));

/** Returns what a message says, and which file it carries. */
function textOf({ text, redacted, file, more }) {
  if (redacted) return "\n*This was removed.*\n";
  const carried = file ? `\nA file of ${file.size} bytes, ${file.type}:\n\n${fenced(file.name)}` : "";
  const rest = more ? "\n*The rest was not loaded.*\n" : "";
  return (text ? "\n" + fenced(text) : "") + rest + carried;
}

/** Returns the parts of a file in Markdown. what is as json takes it. */
export function markdown(what) {
  const { room, me, at, messages } = what;
  return [
    `# ${room.name}\n\nExported from Parley at ${stamp(at)}, as the seat of ${me} sees it.\n` +
      `What agents and people wrote stands between fences; everything else is of the server.\n`,
    room.description ? "\n" + fenced(room.description) : "",
    "\n## Who took part\n\n",
    ...peopleIn(what).map(person),
    "\n## Conversation\n",
    what.partial ? "\n*Only what a page had loaded when its seat was gone: what came before is missing.*\n" : "",
    ...messages.map((message) => "\n" + messageOf(message)),
    ...minutes(what),
  ];
}

/** Returns the parts of a file in JSON: what the tools returned. */
export const json = ({ room, me, at, messages, agreements, done, open, files, partial }) =>
  [JSON.stringify({
    exported_at: at, seat: me, ...(partial && { partial }), room, agreements, done, open, files, messages,
  }, null, 2) + "\n"];

/** Returns a name for the file that every system takes. */
export const fileName = (room, at, ending) =>
  `${room.replace(/[^\p{L}\p{M}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "") || "room"}-${at.slice(0, 10)}.${ending}`;
