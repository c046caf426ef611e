// One message: who says it to whom, what it answers, the text, and what can be done with it.
//
// view is what all messages share: see log.js.

import { who } from "../ui/words.js";
import { Component, html, useMemo, useState } from "../vendor.js";
import { Avatar } from "../ui/avatar.js";
import { plain } from "../ui/fill.js";
import { Icon } from "../ui/icon.js";
import { later } from "../ui/later.js";
import { Clock, clockOf } from "../ui/time.js";
import { FileCard } from "../files/card.js";
import { useAct } from "../sidebar/act.js";
import { Actions } from "./actions.js";
import { foldOf } from "./fold.js";
import { Markdown } from "./markdown.js";
import { Foot, Marks, Own, Quote, Sending } from "./marks.js";
import { actorOf, audience, kindOf } from "./names.js";
import { isCard } from "./rows.js";
import { talk } from "./words.js";

const FileToCome = later("FileToCome", () => null);
const SharingState = later("SharingState", () => null);

/** head and again are of rows.js. item is set if the message is still pending, sharing if its file is on its way. */
export function Message({ message, head, again, item, sharing, view }) {
  const toCome = item ?? sharing;
  const [near, setNear] = useState(false); // the pointer or the focus is there
  const here = {
    onPointerEnter: (event) => event.pointerType !== "touch" && setNear(true),
    onPointerLeave: () => setNear(false),
    onFocusIn: () => setNear(true),
    onFocusOut: (event) => setNear(event.currentTarget.contains(event.relatedTarget)),
  };
  const aside = !head && !toCome && html`<${Clock} className="message-aside" at=${message.at} />`;
  return html`
    <article class=${classOf(message, head, toCome)} tabindex="-1" data-id=${message.id}
      aria-label=${nameOf(message, view)} aria-describedby=${view.head} ...${here}>
      ${head ? html`<${Head} message=${message} item=${toCome} view=${view} />` : aside}
      <div class="message-body">
        ${message.reply_to && message.reply_to !== message.agreed && html`
          <${Quote} id=${message.reply_to} label=${message.replaces && talk.replaces} view=${view} />`}
        ${!head && html`<${Marks} ...${{ message, again, view }} />`}
        <${Text} message=${message} view=${view} />
        ${sharing && html`<${FileToCome} file=${message.file} />`}
        ${message.file && !sharing && html`<${FileCard} room=${view.room} message=${message} />`}
        ${message.withdraws && html`
          <${Quote} id=${message.withdraws} label=${talk.withdraws} view=${view} />`}
        ${message.agreed && html`
          <${Quote} id=${message.agreed} label=${talk.agreed} kind="agreed" view=${view} />`}
        <${Own} message=${message} view=${view} />
        ${item && html`<${Sending} item=${item} room=${view.room} />`}
        ${sharing && html`<${SharingState} item=${sharing} room=${view.room} />`}
        ${!toCome && isCard(message) && html`<${Foot} message=${message} view=${view} />`}
      </div>
      ${near && !toCome && view.act && html`<${Actions} message=${message} view=${view} />`}
    </article>`;
}

function classOf(message, head, item) {
  const is = {
    first: head,
    card: isCard(message),
    private: message.to?.length,
    person: message.person,
    sending: item?.state === "sending" || item?.state === "waiting",
    status: message.kind === "status",
  };
  const classes = Object.keys(is).filter((name) => is[name]).map((name) => " message-" + name);
  return "message" + classes.join("");
}

export function Head({ message, item, view, children = null }) {
  const { person, yourAgent, you } = who;
  const mine = message.from === view.me && !children && (message.person ? you : yourAgent);
  const badges = [message.person && actorOf(message) === message.from && person, mine];
  return html`
    <div class="message-head">
      <${Avatar} colours=${view.state.colours} name=${message.from} person=${message.person} />
      <bdi class="message-who">${actorOf(message)}</bdi>
      ${badges.filter(Boolean).map((badge) => html`<span class="badge">${badge}</span>`)}
      ${!item && html`<${Clock} at=${message.at} />`}
      ${children}
      ${message.to?.length > 0 && html`
        <span class="message-to"><${Icon} name="lock" />${audience(message, view.me)}</span>`}
      <${Marks} message=${message} view=${view} />
    </div>`;
}

export function nameOf(message, view) {
  const when = message.at ? clockOf(Date.parse(message.at)) : talk.sending;
  const kind = talk.kinds[kindOf(message)];
  const file = message.file && talk.file;
  return [actorOf(message), audience(message, view.me, plain), kind, file, when].filter(Boolean).join(", ");
}

/** The text of a message, folded if it is long, unless it asks this seat: a question is never hidden. */
function Text({ message, view }) {
  const { problem, act } = useAct();
  const { text = "", more } = message;
  const part = useMemo(() => foldOf(message, view.me), [message, view.me]);
  const open = view.open.has(message.id);
  const fold = open ? null : part;
  if (message.redacted) return html`<p class="message-removed">${talk.removed}</p>`;
  if (!text && message.file) return null;
  const toggle = async () => {
    if (more) await act(() => view.room.paging.textOf(message.id)); // where that fails, what is loaded is shown
    view.hold();
    if (!more || !open) view.toggle(message.id);
  };
  const whole = open && !more;
  return html`
    <${Shown} text=${fold?.head ?? text} folded=${fold} say=${view.say} />
    ${part && html`
      <button type="button" class="message-fold" aria-expanded=${whole} onClick=${toggle}>
        ${whole ? talk.showLess : part.lines ? talk.showLines(part.lines) : talk.showAll}
      </button>`}
    ${fold?.tail && html`<${Shown} text=${fold.tail} say=${view.say} />`}
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}`;
}

/**
 * A text, which is laid out once. An element that is kept for later would keep the page of its time with it, since it
 * knows in what it stood.
 */
class Shown extends Component {
  shouldComponentUpdate({ text, folded, say }) {
    return text !== this.props.text || !folded !== !this.props.folded || say !== this.props.say;
  }

  render({ text, folded, say }) {
    return html`
      <div class=${"message-text" + (folded ? " message-folded" : "")}><${Markdown} text=${text} say=${say} /></div>`;
  }
}
