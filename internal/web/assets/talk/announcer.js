// Says to screen readers what is new, briefly: the list itself changes as one scrolls and
// says nothing.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { actorOf } from "./names.js";
import { gist } from "./rows.js";
import { talk } from "./words.js";

/** Returns the line of a table without what stands between its cells. */
export const spoken = (line) =>
  (/\|\s*$/.test(line) ? line.split("|").map((cell) => cell.trim()).filter(Boolean).join(", ") : line);

/** Announces each message that comes after those of the first time, except the person's own. */
export function Announcer({ messages, me }) {
  const last = useRef(messages.at(-1)?.id);
  const told = useRef(""); // the id of the message that is announced
  const [text, setText] = useState("");
  useEffect(() => {
    const from = messages.findLastIndex(({ id }) => id === last.current) + 1;
    const known = last.current === undefined || from > 0;
    last.current = messages.at(-1)?.id;
    const fresh = messages
      .slice(from)
      .filter((message) => message.type === "message" && !(message.from === me && message.person));
    if (messages.some(({ id, redacted }) => id === told.current && redacted)) setText("");
    if (!known || !fresh.length) return;
    const newest = fresh[fresh.length - 1];
    told.current = newest.id;
    setText(
      fresh.length > 1
        ? talk.several(fresh.length, actorOf(newest))
        : talk.says(actorOf(newest), spoken(gist(newest))),
    );
  }, [messages]);
  return html`<p class="hidden-visually" role="status">${text}</p>`;
}
