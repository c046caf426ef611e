// The menu of a room: a button that discloses a list, in which the arrow keys, Home and End move.

import { talk } from "../talk/words.js";
import { html } from "../vendor.js";
import { root } from "../site.js";
import { ApprovalDialog } from "../sidebar/approval.js";
import { moveIn } from "../ui/arrows.js";
import { Icon } from "../ui/icon.js";
import { ThemeSwitch } from "../ui/theme.js";
import { later, setup } from "../ui/later.js";
import { isAdmin } from "./may.js";
import { Popover } from "./popover.js";
import { compose } from "./words.js";

const dialogs = {
  invite: setup("InviteDialog"),
  tasks: later("TasksDialog"),
  approval: ApprovalDialog,
  notices: later("NoticesDialog"),
  settings: setup("SettingsDialog"),
  export: later("ExportDialog"),
  name: later("NameDialog"),
  device: setup("DeviceDialog"),
  webhook: setup("WebhookDialog"),
  keys: later("KeysDialog"),
  leave: later("LeaveDialog"),
  forget: later("ForgetDialog"),
};

/**
 * Returns the names of the dialogs in the menu. A closed room has nothing left to join, to leave or to hear. Who has
 * no agent has the name of its seat, and adds nothing that is called. Admins alone have settings.
 */
export const itemsOf = ({ room, alone }) => Object.keys(dialogs).filter((name) =>
  !(room?.closed && ["invite", "approval", "notices", "name", "webhook", "leave"].includes(name)) &&
  !(alone && ["approval", "name", "webhook"].includes(name)) && (name !== "settings" || isAdmin({ room })));

const move = (event) => moveIn(event.currentTarget.closest(".menu"), event);

/** onDialog is given the name of a dialog to show. The head of a phone has no place for search and description. */
export const Menu = ({ state, onSearch, onDialog }) => html`
  <${Popover} className="below menu" label=${html`
    <${Icon} name="more" />`} opener=${{ class: "button icon", "aria-label": compose.menu, onKeyDown: move }}>
    ${(close) => html`
      <ul onKeyDown=${move}>
        <li><a href=${root.href}>${compose.home}</a></li>
        <li class="menu-phone">
          <button type="button" onClick=${() => (close(), onSearch())}>${talk.search}</button>
        </li>
        ${state.room?.description && html`
          <li class="menu-phone">
            <button type="button" onClick=${() => (close(), onDialog("about"))}>${compose.about}</button>
          </li>`}
        ${itemsOf(state).map((name) => html`
          <li key=${name} class=${"menu-" + name}>
            <button type="button" onClick=${() => (close(), onDialog(name))}>${compose.menuItems[name]}</button>
          </li>`)}
      </ul>
      <${ThemeSwitch} />`}
  <//>`;

const NoMessage = later("NoMessage");
const About = later("About");

/**
 * The dialog of a name, with what it needs; none for "". "renewed" shows an invite that took the place of
 * another, and "tasks t7" the tasks, of which that one is looked at.
 */
export function OpenDialog({ name, ...rest }) {
  if (name === "noMessage") return html`<${NoMessage} ...${rest} />`;
  if (name === "about") return html`<${About} ...${rest} />`;
  if (name === "renewed") return html`<${dialogs.invite} renewed ...${rest} />`;
  if (name.startsWith("tasks ")) return html`<${dialogs.tasks} id=${name.slice(6)} ...${rest} />`;
  return dialogs[name] ? html`<${dialogs[name]} ...${rest} />` : null;
}
