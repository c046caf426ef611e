// The page of a room: its parts, and how they are laid out.

import { html, useCallback, useEffect, useRef, useState } from "./vendor.js";
import { CalmPage } from "./front/calm.js";
import { Composer } from "./say/composer.js";
import { Side } from "./side/side.js";
import { Log } from "./talk/log.js";
import { Icon } from "./ui/icon.js";
import { words } from "./words.js";

/** Returns what a room knows, now and after each change. */
export function useRoom(room) {
  const [, changed] = useState(0);
  useEffect(() => room.subscribe(() => changed((n) => n + 1)), [room]);
  return room.state;
}

/** room is a Room that runs. */
export function RoomPage({ room }) {
  const state = useRoom(room);
  const [side, setSide] = useState(false); // shown over the conversation, on a narrow screen
  const log = useRef(); // of the conversation: {jump}
  const say = useRef(); // of the composer: {answer}
  const jump = useCallback((id) => log.current?.jump(id), []);
  const reply = useCallback((id, kind) => say.current?.answer(id, kind), []);
  if (state.phase === "ended") return html`<${CalmPage} trouble=${state.trouble} room=${room} />`;
  return html`
    <div class="room">
      <header class="room-head">
        <h1>${state.room?.name ?? words.room.opening}</h1>
        ${state.phase === "offline" && html`<p class="offline" role="status">${words.room.offline}</p>`}
        <div class="end">
          <button type="button" class="button room-side-button" aria-expanded=${side} onClick=${() => setSide(!side)}><${Icon} name="people" />${words.room.side}</button>
        </div>
      </header>
      <main class="room-talk">
        <${Log} room=${room} state=${state} handle=${log} onReply=${reply} />
        <${Composer} room=${room} state=${state} handle=${say} onJump=${jump} />
      </main>
      <aside class=${"room-side" + (side ? " open" : "")} aria-label=${words.room.side}>
        <${Side} room=${room} state=${state} onJump=${jump} onReply=${reply} onClose=${() => setSide(false)} />
      </aside>
    </div>`;
}
