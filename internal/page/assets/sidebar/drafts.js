// What the person's agent wants to say, and the person's decision about it.

import { html, useEffect, useRef, useState } from "../vendor.js";
import { Decision } from "../ui/decision.js";
import { Markdown } from "../talk/markdown.js";
import { fill, word } from "../ui/fill.js";
import { Copy } from "../ui/copy.js";
import { Ago, useNow } from "../ui/time.js";
import { IconButton } from "../ui/icon.js";
import { words } from "../words.js";
import { FileCard } from "../files/card.js";
import { Problem, useAct } from "./act.js";
import { Quote } from "./part.js";

const w = words.sidebar;
const touch = matchMedia("(pointer: coarse)"); // there, the focus would open a keyboard, which moves all

/** onFewer is called when one is gone, and the focus with it. */
export function Drafts({ room, state, onJump, onFewer }) {
  const { drafts } = state.supervision;
  const now = useNow(state.clock);
  const before = useRef(0);
  useEffect(() => {
    if (drafts.length < before.current && document.activeElement === document.body) onFewer();
    before.current = drafts.length;
  }, [drafts.length]);
  return html`
    ${state.late.length > 0 && html`<${Late} room=${room} texts=${state.late.filter(Boolean)} />`}
    ${drafts.length > 0 && html`<section class="sidebar-drafts" aria-labelledby="sidebar-drafts">
      <h2 id="sidebar-drafts" tabindex="-1">${w.drafts(drafts.length)}</h2>
      <ol>${drafts.map((draft) => html`<${Draft} key=${draft.id} ...${{ room, state, draft, now, onJump }} />`)}</ol>
      <p class="small quiet">${w.draftDropped}</p>
    </section>`}`;
}

/** Says that a decision came too late; what the person has written for it can be copied. */
const Late = ({ room, texts }) => html`
  <div role="alert">
    <p class="sidebar-late">
      ${words.model.late} <${IconButton} icon="close" label=${words.ui.close} onClick=${() => room.forgetLate()} />
    </p>
    ${texts.map((text) => html`
      <div class="sidebar-late">
        <p class="sidebar-description" dir="auto">${text}</p> <${Copy} text=${text} label=${words.talk.copy} />
      </div>`)}
  </div>`;

function Draft({ room, state, draft, now, onJump }) {
  // The person's text, while it is being edited.
  const [edited, setEdited] = useState(/** @type {any} */ (room.edits.get(draft.id) ?? null));
  const { busy, problem, act } = useAct();
  const refusing = state.refusing[draft.id];
  const edit = (text) => (room.edit(draft.id, text), setEdited(text));
  const decide = (decision, text) => act(() => room.supervise({ draft: draft.id, decision, ...(text && { text }) }));
  return html`
    <li class="sidebar-draft" aria-busy=${busy}>
      <${About} ...${{ state, draft, now, onJump }} />
      ${edited === null
        ? html`
          ${(draft.text || !draft.file) && html`
            <div class="sidebar-draft-text" role="group" aria-label=${w.draftWords}>
              <${Markdown} text=${draft.text ?? ""} />
            </div>`}`
        : html`<${Edit} text=${edited} onText=${edit} />`}
      ${draft.file && html`<${FileCard} room=${room} message=${draft} />`}
      <${Problem} text=${problem} />
      ${refusing
        ? html`<${Refused} ...${{ room, draft, refusing, act }} />`
        : edited === null
        ? html`<div class="sidebar-buttons">
            <${Decision} class="button primary" disabled=${busy} onClick=${() => decide("send")}>${w.send}<//>
            <button type="button" class="button" disabled=${busy} onClick=${() => edit(draft.text ?? "")}>
              ${w.edit}
            </button>
            <${Decision} class="button" disabled=${busy} onClick=${() => act(() => room.refusals.take(draft.id))}>
              ${w.refuse}
            <//>
          </div>`
        : html`<div class="sidebar-buttons">
            <${Decision} class="button primary" disabled=${busy || !edited.trim()}
              onClick=${() => decide("edit", edited)}>
              ${w.sendEdited}
            <//>
            <button type="button" class="button" disabled=${busy} onClick=${() => edit(null)}>
              ${words.ui.cancel}
            </button>
          </div>`}
    </li>`;
}

/** A draft that is refused, unless the person undoes that. Enter in the reason sends it now. */
function Refused({ room, draft, refusing: { why, sent }, act }) {
  const undone = ({ currentTarget: button }) => {
    button.closest("section").querySelector("h2").focus();
    room.refusals.undo(draft.id);
  };
  return html`
    <p class="hidden-visually" role="status">${sent ? w.refused : w.refusing}</p>
    <form class="sidebar-refused" onSubmit=${(e) => (e.preventDefault(), room.refusals.now(draft.id))}>
      <input class="input" ref=${focusUnlessTouch} maxlength="200" aria-label=${w.refuseWhy} placeholder=${w.refuseWhy}
        value=${why} readonly=${sent} onInput=${(e) => act(() => room.refusals.take(draft.id, e.target.value))} />
      <${Decision} class="button" disabled=${sent} onClick=${undone}>${w.undo}<//>
    </form>`;
}

/** To whom a draft goes, of which kind it is, when it was written, and what it answers. */
function About({ state, draft, now, onJump }) {
  const answered = state.messages.find(({ id }) => id === draft.reply_to);
  return html`
    <p class="small quiet">
      ${draft.to ? fill(w.draftTo, { names: draft.to }) : w.draftToAll}
      ${draft.kind && html` · ${w.draftKind[draft.kind]}`}
      ${draft.ask && html` · ${fill(w.draftAsks, { names: draft.ask })}`}
      ${draft.finishes && html` · ${fill(w.draftFinishes, { tasks: draft.finishes.map(word) })}`}
      ${" · "}<${Ago} at=${draft.at} now=${now} />
    </p>
    ${draft.reply_to && (answered
      ? html`
        <p class="small quiet">${fill(w.draftAnswers, { name: answered.from })}</p>
        <${Quote} id=${answered.id} text=${answered.text} onJump=${onJump} />`
      : html`
        <button type="button" class="sidebar-quote" onClick=${() => onJump(draft.reply_to)}>
          ${w.draftAnswersEarlier}
        </button>`)}`;
}

const focus = (element) => element?.focus({ preventScroll: true });
const focusUnlessTouch = (element) => touch.matches || focus(element);

function Edit({ text, onText }) {
  return html`
    <textarea ref=${focus} class="input" rows="6" aria-label=${w.draftText} value=${text}
      onInput=${(e) => onText(e.target.value)}></textarea>`;
}
