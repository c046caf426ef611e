// Light or dark colours: those of the system, or what the person has chosen in this browser.

import * as store from "../local-storage.js";
import { html, useState } from "../vendor.js";
import { Segments } from "./segments.js";
import { ui } from "./words.js";

const name = "parley.theme";
const themes = ["system", "light", "dark"];

/** Returns what was chosen. */
export const theme = () => (themes.includes(store.get(name)) ? store.get(name) : "system");

/** Shows the page in the colours that were chosen, here or in another tab. */
export function showTheme() {
  document.documentElement.dataset.theme = theme();
}

function choose(chosen) {
  if (chosen === "system") store.remove(name);
  else store.put(name, chosen);
  showTheme();
}

export function ThemeSwitch() {
  const [now, setNow] = useState(theme);
  return html`
    <${Segments} legend=${ui.theme} name="theme" className="theme" value=${now}
      all=${themes.map((one) => [one, ui.themes[one]])} onChange=${(one) => (choose(one), setNow(one))} />`;
}
