// The menu of a room.

import { html, useEffect } from "../vendor.js";
import { root } from "../site.js";
import { Icon } from "../ui/icon.js";
import { Dialog } from "../ui/dialog.js";
import { words } from "../words.js";
import { ExportDialog } from "./export-dialog.js";
import { NoticesDialog } from "./notices-dialog.js";
import { Popover } from "./popover.js";

const dialogs = { notices: NoticesDialog, export: ExportDialog, keys: KeysDialog };

/** onDialog is given the name of a dialog to show. */
export const Menu = ({ onDialog }) => html`
  <${Popover} className="below menu" label=${html`<${Icon} name="more" />`} opener=${{ class: "button icon", "aria-label": words.say.menu }}>
    ${(close) => html`
      <ul>
        ${Object.keys(dialogs).map((name) => html`
          <li key=${name}><button type="button" onClick=${() => (close(), onDialog(name))}>${words.say.menuItems[name]}</button></li>`)}
        <li><a href=${root.href}>${words.say.menuItems.home}</a></li>
      </ul>`}
  <//>`;

/** The dialog of a name, with what it needs; none for "". */
export function OpenDialog({ name, ...rest }) {
  return dialogs[name] ? html`<${dialogs[name]} ...${rest} />` : null;
}

/** Which keys do what. */
function KeysDialog({ onClose }) {
  return html`
    <${Dialog} title=${words.say.keysTitle} onClose=${onClose}>
      ${words.say.keys.map(([part, rows]) => html`
        <section class="keys" key=${part}>
          <h3>${part}</h3>
          <dl>${rows.map(([keys, what]) => html`<div key=${what}><dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt><dd>${what}</dd></div>`)}</dl>
        </section>`)}
    <//>`;
}

/** Calls show when the person presses ? and is not writing. */
export function useHelpKey(show) {
  useEffect(() => {
    const key = (event) => {
      const writing = event.target.closest?.("input, textarea, select, [contenteditable], dialog");
      if (event.key === "?" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) (event.preventDefault(), show());
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [show]);
}
