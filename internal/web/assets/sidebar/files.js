// The room's files, the newest first: those of the messages that are loaded and, on request, the others.

import { files as w } from "../files/words.js";
import { html, useEffect, useState } from "../vendor.js";
import { FileLine, Small } from "../files/card.js";
import { Ago, useNow } from "../ui/time.js";
import { Problem, useAct } from "./act.js";
import { actorOf } from "../talk/names.js";
import { Part } from "./part.js";

const shown = 5; // at first

export function Files({ room, state, onJump }) {
  const now = useNow(state.clock);
  const [earlier, setEarlier] = useState(/** @type {any[]} */ ([])); // in the order of the room
  const [more, setMore] = useState(true);
  const [all, setAll] = useState(false);
  const { busy, problem, act } = useAct();
  const removed = state.messages.filter(({ changes }) => changes?.redacted).map(({ changes }) => changes.redacted);
  const loaded = state.messages.filter(({ type, file, redacted }) => file && type === "message" && !redacted);
  const known = new Set(loaded.map(({ id }) => id));
  const files = [...earlier.filter(({ id }) => !known.has(id) && !removed.includes(id)), ...loaded].reverse();
  const mayHaveMore = more && (state.earlier || earlier.length > 0);
  const load = () => act(async () => {
    if (!all && files.length > shown) return setAll(true);
    const got = await room.paging.filesBefore(files.at(-1)?.id ?? state.messages[0]?.id);
    setEarlier([...got.messages.filter(({ type, file }) => file && type === "message"), ...earlier]);
    setMore(!!got.has_more);
    return setAll(files.length > 0);
  });
  const few = all ? files : files.slice(0, shown);
  // Those of long ago are looked for once: without a file there is no part.
  useEffect(() => void (!files.length && mayHaveMore && load()), [state.phase === "live"]);
  if (!files.length && problem) return html`
    <${Part} title=${w.title}>
      <${Problem} text=${problem} />
      <button type="button" class="button" aria-disabled=${busy} onClick=${load}>${w.again}</button>
    <//>`;
  if (!files.length) return null;
  return html`
    <${Part} title=${w.title} count=${files.length}>
      <ul class="sidebar-list">
        ${few.map((message) => html`<${File} key=${message.id} ...${{ room, message, now, onJump }} />`)}
      </ul>
      ${(few.length < files.length || mayHaveMore) && html`
        <button type="button" class="button" aria-disabled=${busy} onClick=${load}>${w.more}</button>`}
      <${Problem} text=${problem} />
    <//>`;
}

const File = ({ room, message, now, onJump }) => html`
  <li class="sidebar-file">
    <${FileLine} room=${room} message=${message} before=${html`<${Small} room=${room} message=${message} />`}>
      <button type="button" class="sidebar-from sidebar-line small quiet" onClick=${() => onJump(message.id)}>
        <bdi>${actorOf(message)}</bdi> <${Ago} at=${message.at} now=${now} />
      </button>
    <//>
  </li>`;
