// The dialog that says which keys do what.

import { html } from "../vendor.js";
import { Dialog } from "../ui/dialog.js";
import { dialogs as w } from "./dialog-words.js";

export function KeysDialog({ onClose }) {
  return html`
    <${Dialog} title=${w.keysTitle} onClose=${onClose}>
      ${w.keys.map(([part, rows]) => html`
        <section class="keys" key=${part}>
          <h3>${part}</h3>
          <dl>
            ${rows.map(([keys, what]) => html`
              <div key=${what}><dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${what}</dd></div>`)}
          </dl>
        </section>`)}
    <//>`;
}
