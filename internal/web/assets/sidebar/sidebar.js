// Beside the conversation: a line that leads to what waits for the person, then its agent, what is open, who is here
// and what was agreed. A part without content is not there.

import { approvalOf } from "../approval.js";
import { ui } from "../ui/words.js";
import { html, useRef } from "../vendor.js";
import { later } from "../ui/later.js";
import { Icon } from "../ui/icon.js";
import { useStill } from "../ui/still.js";
import { About } from "./about.js";
import { MyAgent } from "./agent.js";
import { Knocks } from "./knocks.js";
import { Owed } from "./owed.js";
import { People } from "./people.js";
import { Tasks } from "./tasks.js";
import { inTalk, Waiting } from "./waiting.js";

const DifferingPart = later("DifferingPart", () => null);
// These stand at the end, and come behind the first view.
const Agreements = later("Agreements", () => null);
const Files = later("Files", () => null);
const NoticesOffer = later("NoticesOffer", () => null); // it comes late, so it stands where it pushes nothing

/**
 * place is of Waiting. onJump(id) shows a message in the conversation, onSeek(ids, by) the next of some, onTasks(id)
 * all tasks, and onReply(id, kind) begins an answer.
 */
export function Sidebar({ room, state, needs, place, onClose, onJump, onReply, onSeek, onTasks }) {
  const sidebar = useRef();
  const left = useStill(sidebar);
  if (!state.room) return null;
  // On a narrow screen the conversation is below this one.
  const jump = (id) => (onClose(), onJump(id));
  const reply = (...how) => (onClose(), onReply(...how));
  const seek = (...how) => (onClose(), onSeek(...how));
  const first = (selector) => sidebar.current?.querySelector(selector);
  const fewer = () => (first(".for-you button, .sidebar-knock h2") ?? first("summary"))?.focus();
  const supervises = !state.alone && !state.room.closed;
  return html`
    <div class="sidebar" ref=${sidebar} onPointerLeave=${left}>
      <div class="sidebar-head">
        <b>${state.room.name}</b>
        <button type="button" class="button plain icon" aria-label=${ui.close} onClick=${onClose}>
          <${Icon} name="close" />
        </button>
      </div>
      <${Waiting} needs=${inTalk(needs)} place=${place} onSeek=${seek} />
      <${Knocks} room=${room} state=${state} onFewer=${fewer} />
      ${supervises && html`<${MyAgent} room=${room} state=${state} onFewer=${fewer} />`}
      ${state.differing.length > 0 && html`
        <${DifferingPart} room=${room} state=${state} onJump=${jump} onFewer=${fewer} />`}
      <${Owed} state=${state} onJump=${jump} />
      <${Tasks} state=${state} onTasks=${onTasks} />
      <${People} room=${room} state=${state} />
      <${Agreements} room=${room} state=${state} onJump=${jump} onReply=${reply} />
      <${Files} room=${room} state=${state} onJump=${jump} />
      <${About} room=${room} state=${state} />
      ${supervises && approvalOf(state.supervision).length > 0 && html`
        <${NoticesOffer} room=${room} onDone=${fewer} />`}
    </div>`;
}
