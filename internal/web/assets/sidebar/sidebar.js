// Beside the conversation: what waits for the person or its agent first, then its agent, what is open, who is here and
// what was agreed. A part without content is not there. Drafts stand in the conversation: one line leads there.

import { talk } from "../talk/words.js";
import { ui } from "../ui/words.js";
import { html, useRef } from "../vendor.js";
import { Icon } from "../ui/icon.js";
import { useStill } from "../ui/still.js";
import { About } from "./about.js";
import { MyAgent } from "./agent.js";
import { Agreements } from "./agreements.js";
import { Files } from "./files.js";
import { Knocks } from "./knocks.js";
import { Owed } from "./owed.js";
import { People } from "./people.js";
import { Tasks } from "./tasks.js";

/**
 * onJump(id) shows a message in the conversation, onReply(id, "object") begins an answer, and onTasks(id)
 * shows all tasks.
 */
export function Sidebar({ room, state, onClose, onJump, onReply, onTasks }) {
  const sidebar = useRef();
  const left = useStill(sidebar);
  if (!state.room) return null;
  // On a narrow screen the conversation is below this one.
  const jump = (id) => (onClose(), onJump(id));
  const reply = (...how) => (onClose(), onReply(...how));
  const first = (selector) => sidebar.current.querySelector(selector);
  const fewer = () => (first(".sidebar-drafts, .sidebar-knock h2") ?? first("summary")).focus();
  const supervises = !state.alone && !state.room.closed;
  const { drafts } = state.supervision;
  return html`
    <div class="sidebar" ref=${sidebar} onPointerLeave=${left}>
      <div class="sidebar-head">
        <b>${state.room.name}</b>
        <button type="button" class="button plain icon" aria-label=${ui.close} onClick=${onClose}>
          <${Icon} name="close" />
        </button>
      </div>
      ${supervises && drafts.length > 0 && html`
        <button type="button" class="sidebar-drafts" onClick=${() => jump(drafts[0].id)}>
          ${talk.draft.wait(drafts.length)}<${Icon} name="down" />
        </button>`}
      <${Knocks} room=${room} state=${state} onFewer=${fewer} />
      <${Owed} room=${room} state=${state} own=${true} onJump=${jump} onReply=${reply} />
      ${supervises && html`<${MyAgent} room=${room} state=${state} onFewer=${fewer} />`}
      <${Owed} room=${room} state=${state} own=${false} onJump=${jump} onReply=${reply} />
      <${Tasks} state=${state} onTasks=${onTasks} />
      <${People} room=${room} state=${state} />
      <${Agreements} room=${room} state=${state} onJump=${jump} />
      <${Files} room=${room} state=${state} onJump=${jump} />
      <${About} room=${room} state=${state} />
    </div>`;
}
