// Where a person speaks.

import { files as fileWords } from "../files/words.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor.js";
import { fill, plain } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { MissingPart, later } from "../ui/later.js";
import { DropHere, Pick, filesIn, useFiles } from "../files/attach.js";
import { touch, useNarrow } from "../ui/viewport.js";
import { Audience, Wanted } from "./audience.js";
import { messageOf, readersOf, sharedBy, shownReaders, wordsIn } from "./draft.js";
import { askedBy, bytesLeft, isSilent, onlyNotes, othersOf, silencedBy, unfit } from "./may.js";
import { useMentions } from "./mention.js";
import { Undo } from "../talk/marks.js";
import { kindOf, sayer } from "../talk/names.js";
import { Unsent } from "../talk/unsent.js";
import { compose } from "./words.js";

const Answered = later("Answered", MissingPart);
const Attached = later("Attached", MissingPart);
const NamedAs = later("NamedAs", MissingPart);

const near = 2_000; // bytes left from which on they are shown
const tiny = matchMedia("(max-width: 359.9px)"); // there, a line has room for one word beside the buttons

/** Returns a draft, and has the component drawn again when the draft changes. */
export function useDraft(draft) {
  const [, changed] = useState(0);
  useLayoutEffect(() => draft.watch(() => changed((n) => n + 1)), [draft]);
  return draft;
}

const find = (room, id) => room.state.messages.find((message) => message.id === id);

/**
 * handle is a ref that is given answer(id, kind), which begins an answer, and focus(). onJump(id) shows a message, and
 * onSaid(key) what was just said: see log.js. onLeave gives the focus to the conversation.
 */
export function Composer({ room, state, handle, onJump, onSaid, onLeave }) {
  const draft = useDraft(room.draft);
  const attached = useFiles(draft, !isSilent(state) && !state.asksName, (file) => room.limit.tooLarge(file));
  const area = useRef();
  if (handle) {
    handle.current = {
      focus: () => area.current?.focus(),
      answer: async (id, kind = "") => {
        if (!find(room, id)) await room.paging.loadBack(id).catch(() => {});
        const message = find(room, id);
        if (message) draft.answer(message, kind, state.me);
        area.current?.focus();
        // The sidebar may have covered it until now.
        if (document.activeElement !== area.current) requestAnimationFrame(() => area.current?.focus());
      },
    };
  }
  if (isSilent(state)) return html`
    <p class="compose-not" role="status">${compose.silenced[silencedBy(state)]}</p>
    ${state.room && html`<${Unsent} texts=${wordsIn(draft.now)} />`}`;
  return html`<${Box} room=${room} state=${state} ...${{ draft, attached, area, onJump, onSaid, onLeave }} />`;
}

function Box({ room, state, draft, attached, area, onJump, onSaid, onLeave }) {
  const notes = onlyNotes(state);
  useEffect(() => notes && draft.change({ audience: "agent", to: [] }), [notes]);
  const { text, audience, kind, reply, aside } = draft.now;
  const { files } = attached;
  const problem = unfit(draft.now, state, files.length);
  const [tried, setTried] = useState(false); // to send to nobody
  useEffect(() => setTried(false), [problem.why]);
  const sent = (key) => {
    setOwn(key);
    if (!room.state.pending.some((one) => one.key === key && one.waits)) onSaid(key); // what can be undone stays here
  };
  const say = () => {
    if (unfit(draft.now, room.state, files.length).why) return;
    const { message, share } = sharedBy(messageOf({ ...draft.now, ask: askedBy(draft.now, room.state) }, state.me),
      files.length);
    const to = shownReaders(draft.now, state.me);
    if (message) room.send(message, to).then(sent, () => {}); // room.pending shows what came of it
    if (files.length) {
      room.sharing.take(files, share, to);
      onSaid("");
    }
    attached.forgetWhy();
    draft.clear();
    area.current.focus();
  };
  const send = () => {
    if (draft.hasReturned()) return;
    if (unfit(draft.now, state, files.length).why) return setTried(true);
    area.current.focus(); // who is asked for a name comes back to it: the button can do nothing by then
    room.naming.speak("draft", say);
  };
  const [own, setOwn] = useState(""); // the key of what was sent here last
  const said = state.pending.findLast((one) => one.waits && (one.args.text || one.key === own));
  const back = () => {
    const { to, args: { text: words = "", kind, reply_to: reply } } = said;
    if (words || !text) draft.begin({ text: words, kind, reply, ...readersOf({ from: state.me, to }, state.me) });
    area.current.focus();
  };
  const attach = (files) => (attached.add(files), area.current.focus());
  // In one place among the parts of the form: as one comes and another goes, Preact would move the text, and that
  // takes the focus from it.
  const above = [
    notes && html`<p class="compose-why small">${compose.silenced[silencedBy(state)]} ${compose.stillNotes}</p>`,
    said && html`<${Undo} item=${said} room=${room} onUndo=${back} />`,
    room.deciding.nameToGive && html`<${NamedAs} room=${room} onDone=${() => area.current.focus()} />`,
    reply && html`<${Answered} draft=${draft} state=${state} onJump=${onJump} />`,
    aside && html`
      <p class="compose-why small">
        ${compose.aside(aside.text.trim() || aside.files.map(({ name }) => name).join())} <button type="button"
          class="event-more" onClick=${() => (draft.swap(), area.current.focus())}>${compose.backToIt}</button>
      </p>`,
    files.length > 0 && html`
      <${Attached} files=${files} onRemove=${(file) => (attached.remove(file), area.current.focus())} />`,
  ];
  return html`
    <form class=${"compose" + (audience === "all" ? "" : " private")} aria-label=${compose.form}
      onSubmit=${(e) => (e.preventDefault(), send())}>
      ${above}
      <${Text} draft=${draft} state=${state} area=${area} files=${files} onSend=${send} onFiles=${attach}
        onLeave=${onLeave} />
      <${Left} problem=${problem} tried=${tried} text=${text} />
      ${files.length > 0 && kind && html`<p class="compose-left small">${fileWords.apart}</p>`}
      ${attached.why && html`<p class="compose-left small bad" role="alert">${attached.why}</p>`}
      <div class="compose-row">
        <${Audience} ...${{ draft, state, area }} />
        ${audience !== "agent" && kind !== "agree" && kind !== "object" && html`
          <${Wanted} ...${{ draft, state, area }} />`}
        <${Pick} onFiles=${attach} />
        <button class="button primary compose-send" disabled=${problem.why !== ""}>
          <${Icon} name="send" />
          <span>${compose.send[audience === "agent" ? "note" : kind] ?? compose.send.message}</span>
        </button>
      </div>
      ${attached.over && html`<${DropHere} />`}
    </form>`;
}

/** Returns what stands in the field while it is empty: what is said there, and to whom. */
function hintOf({ audience, to, kind, reply }, { messages, me }) {
  const { hint } = compose;
  const said = hint[audience === "agent" ? "agent" : kind];
  const answered = !said && reply && messages.find(({ id }) => id === reply);
  if (answered)
    return plain(kindOf(answered) === "request" ? hint.answer : hint.reply, { names: [sayer(answered, me)] });
  return said ?? (audience !== "some" ? hint.all : to.length ? plain(hint.some, { names: to }) : hint.nobody);
}

/** Makes the field as high as its text. */
function fit(element) {
  const { style } = element.parentElement; // it keeps its height: the conversation would scroll back meanwhile
  style.height = element.offsetHeight + "px";
  element.style.height = "0";
  element.style.height = element.scrollHeight + "px";
  style.height = "";
}

/** The text, which grows as it is written. */
function Text({ draft, state, area, files, onSend, onFiles, onLeave }) {
  const { text, audience, to, reply } = draft.now;
  const caret = useRef(-1);
  const names = othersOf(state).map(({ name }) => name).filter((name) => audience !== "some" || to.includes(name));
  const mentions = useMentions({
    area, names: audience === "agent" ? [] : names,
    onChange: (filled, at) => ((caret.current = at), draft.change({ text: filled })),
  });
  useEffect(() => {
    const { current: element } = area; // the ref is empty when this one goes
    const widths = new ResizeObserver(() => fit(element));
    widths.observe(element.parentElement);
    return () => widths.disconnect();
  }, []);
  useLayoutEffect(() => {
    const { current: element } = area;
    fit(element);
    if (caret.current >= 0) element.setSelectionRange(caret.current, caret.current);
    caret.current = -1;
  }, [text]);
  const key = (event) => {
    if (event.isComposing || mentions.onKey(event)) return;
    if (event.key === "Escape") return reply && !text ? draft.unanswer() : onLeave();
    if (event.key !== "Enter") return;
    const always = event.ctrlKey || event.metaKey;
    if (!always && (event.shiftKey || event.altKey || touch.matches)) return;
    event.preventDefault();
    if (!event.repeat) onSend(); // held, it would send what comes after
  };
  const paste = (event) => {
    const pasted = filesIn(event.clipboardData).files;
    if (!pasted.length || event.clipboardData.types.includes("text/plain")) return; // tables come as both
    event.preventDefault();
    onFiles(pasted);
  };
  const isTiny = useNarrow(tiny);
  const hint = files.length && !draft.now.kind ? fileWords.note : hintOf(draft.now, state);
  const shown = isTiny && hint === compose.hint.all ? compose.hint.short : hint;
  return html`
    <div class="compose-text">
      ${mentions.list}
      <textarea ref=${area} rows="1" dir="auto" aria-label=${hint} placeholder=${shown}
        enterkeyhint=${touch.matches ? "enter" : "send"} value=${text} readOnly=${state.givesName}
        ...${mentions.attributes}
        onInput=${(e) => (draft.change({ text: e.target.value }), mentions.look())} onKeyDown=${key} onPaste=${paste}
        onClick=${mentions.look} onKeyUp=${(e) => e.key.startsWith("Arrow") && mentions.look()}
        onBlur=${mentions.close}></textarea>
    </div>`;
}

/** Why the draft cannot be sent, or how much room is left in it. */
export function Left({ problem, tried, text }) {
  const left = text.length * 3 < 30_000 ? Infinity : bytesLeft(text);
  const shown =
    {
      long: () => compose.tooLong(-left),
      nobody: () => compose.chooseSome,
      absent: () => fill(compose.absent, { names: problem.names }),
    }[problem.why]?.() ?? (left < near ? compose.left(left) : "");
  const bad = shown && (tried || !["", "nobody"].includes(problem.why));
  return html`<p class=${"compose-left small" + (bad ? " bad" : "")} role="status">${shown}</p>`;
}
