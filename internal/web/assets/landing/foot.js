// The foot of the pages of this folder.

import { ThemeSwitch } from "../ui/theme.js";
import { html } from "../vendor.js";
import { landing as w } from "./words.js";

/** What stands below each page of this folder. */
export const Foot = ({ text }) => html`
  <footer class="landing-foot quiet small">
    <p>${text}</p>
    <${ThemeSwitch} />
    <p><a href="https://github.com/parley-chat/parley" rel="noreferrer">${w.about}</a></p>
  </footer>`;
