// A room in which the person has no seat any more: why, and what this page has loaded. Nothing more is fetched.

import { gone as w } from "./gone-room-words.js";
import { html, useRef, useState } from "./vendor.js";
import { wordsIn } from "./compose/draft.js";
import { Title } from "./compose/head.js";
import { OpenDialog } from "./compose/menu.js";
import { Forget, tellOf } from "./landing/error-page.js";
import { root } from "./site.js";
import { Log } from "./talk/log.js";
import { Search } from "./talk/search.js";
import { Unsent } from "./talk/unsent.js";
import { ui } from "./ui/words.js";


/** room is a Room that ended after it was loaded. */
export function GoneRoom({ room, state }) {
  const [dialog, setDialog] = useState("");
  const log = useRef(); // of the conversation: {jump}
  const { title, text } = tellOf(state.trouble, state.alone);
  return html`
    <div class="room room-gone">
      <header class="room-top room-head">
        <${Title} state=${state} />
        <div class="end"><${Search} room=${room} state=${state} onJump=${(id) => log.current?.jump(id)}
          onFound=${(id) => log.current?.focus(id)} /></div>
      </header>
      <main class="room-talk">
        <${Log} room=${room} state=${state} handle=${log} onReply=${() => {}} />
        <section class="gone" aria-labelledby="gone">
          <h2 id="gone">${title}</h2>
          <p role="status">${text} ${w.kept}</p>
          <${Unsent} texts=${wordsIn(room.draft.now)} />
          <div class="gone-buttons">
            <button type="button" class="button primary" aria-haspopup="dialog" onClick=${() => setDialog("export")}>
              ${w.export}
            </button>
            <a class="button" href=${root.href}>${ui.home}</a>
            <${Forget} room=${room} />
          </div>
        </section>
      </main>
      <${OpenDialog} name=${dialog} room=${room} onClose=${() => setDialog("")} />
    </div>`;
}
