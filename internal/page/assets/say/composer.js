// Where a person speaks.

import { html, useState } from "../vendor.js";

export function Composer({ room }) {
  const [text, setText] = useState("");
  const send = (event) => {
    event.preventDefault();
    if (text.trim()) room.send({ text });
    setText("");
  };
  return html`<form class="say" onSubmit=${send}><textarea value=${text} onInput=${(e) => setText(e.target.value)}></textarea><button>Send</button></form>`;
}
