// What was agreed: the newest, and all on request.

import { html, useState } from "../vendor.js";
import { fill } from "../ui/fill.js";
import { Ago, useNow } from "../ui/time.js";
import { Problem, useAct } from "./act.js";
import { actorOf } from "../talk/names.js";
import { Part, Quote } from "./part.js";
import { sidebar as w } from "./words.js";

const shown = 5; // as many has room_info

export function Agreements({ room, state, onJump }) {
  const now = useNow(state.clock);
  const [earlier, setEarlier] = useState(/** @type {any[]} */ ([])); // from message_history, in the order of the room
  const [more, setMore] = useState(true);
  const { busy, problem, act } = useAct();
  const newest = state.agreements;
  const known = new Set(newest.map(({ id }) => id));
  const all = [...newest, ...earlier.filter(({ id }) => !known.has(id)).reverse()];
  const load = () => act(async () => {
    const got = await room.call("message_history", {
      agreed: true,
      limit: 100,
      ...(earlier.length && { before: earlier[0].id }),
    });
    setEarlier([...got.messages, ...earlier]);
    setMore(!!got.has_more);
  });
  if (!all.length) return null;
  return html`
    <${Part} title=${w.agreements} count=${all.length}>
      <ul class="sidebar-list">
        ${all.map((agreement) => html`<${Agreement} key=${agreement.id} ...${{ agreement, now, onJump }} />`)}
      </ul>
      ${newest.length >= shown && more && html`
        <button type="button" class="button" disabled=${busy} onClick=${load}>
          ${earlier.length ? w.moreAgreements : w.allAgreements}
        </button>`}
      <${Problem} text=${problem} />
    <//>`;
}

/** agreement is one of room_info, or the proposal itself. */
const Agreement = ({ agreement: { id, text, file, by, agreed_by: all, at, ...said }, now, onJump }) => html`
  <li>
    <${Quote} id=${id} text=${text || file?.name} onJump=${onJump} />
    <p class="small quiet">
      ${fill(all ? w.agreedWith : w.agreedBy, {
        by: by ?? actorOf(said), names: all?.filter((name) => name !== by),
      })} <span class="sidebar-when">· <${Ago} at=${at} now=${now} />
      </span>
    </p>
  </li>`;
