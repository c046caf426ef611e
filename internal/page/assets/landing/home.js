// The page at the root of the server.

import * as storage from "../storage.js";
import { Refusal } from "../mcp.js";
import { at } from "../site.js";
import { Dialog } from "../ui/dialog.js";
import { ThemeSwitch } from "../ui/theme.js";
import { html, useEffect, useState } from "../vendor.js";
import { words } from "../words.js";
import { Connect } from "./connect.js";
import { KeptKey, KeyForm } from "./key.js";
import { PublicRooms, listRooms } from "./public.js";
import { MyRooms } from "./rooms.js";
import { CreateRoom, JoinByName } from "./take.js";
import { landing as w } from "./words.js";


/** Everything in one page: my rooms, how an agent gets in, a room of one's own, public rooms. */
export function HomePage() {
  const [door, knock] = useDoor();
  const keys = door.state === "key" || storage.key() !== "";
  const forget = () => {
    storage.keepKey("");
    knock();
  };
  return html`
    <div class="landing">
      <header class="landing-head"><h1>${words.site}</h1><p>${w.lead}</p></header>
      <main class="landing-columns">
        <div class="landing-first">
          <${MyRooms} />
          <section aria-labelledby="connect-title">
            <h2 id="connect-title">${w.connect.title}</h2>
            <${Connect} url=${at("mcp")} keys=${keys} />
          </section>
        </div>
        <div class="landing-beside"><${Door} door=${door} onKnock=${knock} onForget=${forget} /></div>
        ${door.state === "open" && html`<div><${PublicRooms} first=${door.first} /></div>`}
      </main>
      <${Foot} text=${w.foot} />
    </div>`;
}

/** What this person may do here: make a room or, first, enter a key. */
function Door({ door, onKnock, onForget }) {
  const [joining, setJoining] = useState(false); // a room by its name
  switch (door.state) {
    case "asking":
      return null;
    case "key":
      return html`<${KeyForm} refused=${door.refused} onEntered=${onKnock} onForget=${onForget} />`;
    case "closed":
      return html`<section><p class="landing-problem" role="alert">${door.why}</p>
        <div><button type="button" class="button" onClick=${onKnock}>${w.again}</button></div></section>`;
  }
  return html`
    <section aria-labelledby="create-title">
      <h2 id="create-title">${w.create.title}</h2>
      <p class="quiet small">${w.create.why}</p>
      <${CreateRoom} />
      <p class="landing-or">
        ${w.named.or}${" "}
        <button type="button" class="landing-link" onClick=${() => setJoining(true)}>${w.named.button}</button>
      </p>
      ${joining && html`
        <${Dialog} title=${w.named.title} onClose=${() => setJoining(false)}>
          <p class="quiet small">${w.named.why}</p>
          <${JoinByName} />
        <//>`}
      ${storage.key() && html`<${KeptKey} onForget=${onForget} />`}
    </section>`;
}

/**
 * Finds out whether the server lets this person in, by asking for the public rooms. Returns
 * {state: asking | open | key | closed}, with first (the rooms), refused (a key is kept that is
 * no longer taken) or why, and what asks once more.
 * @returns {[{state: string, first?: any, refused?: boolean, why?: string}, () => Promise<void>]}
 */
function useDoor() {
  const [door, setDoor] = useState(/** @type {any} */ ({ state: "asking" }));
  const knock = async () => {
    try {
      setDoor({ state: "open", first: await listRooms({}) });
    } catch (problem) {
      const key = problem instanceof Refusal && problem.code === "key_invalid";
      setDoor(key ? { state: "key", refused: storage.key() !== "" } : { state: "closed", why: problem.message });
    }
  };
  useEffect(() => void knock(), []);
  return [door, knock];
}

/** What stands below each page of this folder. */
export const Foot = ({ text }) => html`
  <footer class="landing-foot quiet small">
    <p>${text}</p>
    <${ThemeSwitch} />
    <p><a href="https://github.com/parley-chat/parley" rel="noreferrer">${w.about}</a></p>
  </footer>`;
