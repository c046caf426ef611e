// What was agreed: the newest, and all on request. Those that others have replaced stay on record.

import { silencedBy } from "../compose/may.js";
import { html, useRef, useState } from "../vendor.js";
import { few } from "../ui/few.js";
import { fill } from "../ui/fill.js";
import { IconButton } from "../ui/icon.js";
import { Ago, useNow } from "../ui/time.js";
import { ui } from "../ui/words.js";
import { touch } from "../ui/viewport.js";
import { Problem, useAct } from "./act.js";
import { AgreementMenu } from "./agreement-menu.js";
import { actorOf } from "../talk/names.js";
import { gist } from "../talk/rows.js";
import { Part, Quote } from "./part.js";
import { sidebar as w } from "./words.js";

const shown = 5; // as many has room_info
const most = 2; // names of those who agreed; of more, one

export function Agreements({ room, state, onJump, onReply }) {
  const now = useNow(state.clock);
  const [earlier, setEarlier] = useState(/** @type {any[]} */ ([])); // from message_history, in the order of the room
  const [more, setMore] = useState(true);
  const { busy, problem, act } = useAct();
  const newest = state.agreements;
  const known = new Set(newest.map(({ id }) => id));
  const all = [...newest, ...earlier.filter(({ id }) => !known.has(id)).reverse()];
  const menu = silencedBy(state) === "" && { room, onReply };
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
    <${Part} title=${w.agreements} count=${all.filter((one) => !one.replaced_by).length}>
      <ul class="sidebar-list">
        ${all.map((agreement) => html`<${Agreement} key=${agreement.id} me=${state.me}
          ...${{ agreement, now, menu, onJump }} />`)}
      </ul>
      ${newest.length >= shown && more && html`
        <button type="button" class="button" aria-disabled=${busy} onClick=${load}>
          ${earlier.length ? w.moreAgreements : w.allAgreements}
        </button>`}
      <${Problem} text=${problem} />
    <//>`;
}

/** A file that was agreed on. */
const Sum = ({ name, size, sha256 }) => html`
  <q><bdi>${name}</bdi></q>, ${ui.size(size)}, <span class="sidebar-sum">SHA-256 ${sha256}</span>`;

/**
 * agreement is one of room_info, or the proposal itself. Of many names one is shown, and all on request. menu is what
 * AgreementMenu needs of the room, unless nothing can be suggested.
 */
export function Agreement({ agreement, me, now, menu, onJump }) {
  const { id, text, file, old_file: old, by, agreed_by: all, at, replaced_by: newer, no_say: unheard, removed_by: gone,
    ...said } = agreement;
  const [open, setOpen] = useState(false);
  const [listing, setListing] = useState(/** @type {any} */ (null)); // {at}: the button that asked for the menu
  const line = useRef();
  const who = by ?? actorOf(said);
  const others = all?.filter((name) => name !== who) ?? [];
  const names = open ? others : few(others, me, most);
  const rest = names.at(-1)?.word;
  const show = () => {
    line.current.focus({ preventScroll: true }); // the button will be gone
    setOpen(true);
  };
  if (rest) names[names.length - 1] = { element: html`
    <button type="button" class="event-more" onClick=${show}>${rest}</button>` };
  return html`
    <li class=${"sidebar-agreed" + (newer ? " sidebar-outdated" : "")}>
      <div class="sidebar-head-line">
        <${Quote} id=${id} text=${gist({ text, file })} onJump=${onJump} />
        ${menu && !newer && html`
          <${IconButton} icon="more" label=${w.actionsFor(gist({ text, file }))} aria-haspopup="dialog"
            onClick=${({ currentTarget: at }) => setListing({ at: touch.matches ? undefined : at })} />`}
      </div>
      ${listing && html`
        <${AgreementMenu} ...${{ ...menu, ...listing, agreement }} label=${w.actionsFor(gist({ text, file }))}
          onClose=${() => setListing(null)} />`}
      <p class="sidebar-line small quiet" ref=${line} tabindex="-1">
        <span>
          ${fill(all ? w.agreedWith : w.agreedBy, { by: who, names })}
          ${file && html`<br /><${Sum} ...${file} />`}
          ${old && html`<br />${w.inPlaceOf} <${Sum} ...${old} />`}
          ${gone && html`<br />${fill(w.removedBy, { by: gone })}`}
          ${unheard && html`<br />${fill(w.unheard, { names: few(unheard, me, most) })}`}
          ${newer && html`<br />
            <button type="button" class="event-more" onClick=${() => onJump(newer)}>${w.outdated}</button>`}
        </span>
        <${Ago} at=${at} now=${now} />
      </p>
    </li>`;
}
