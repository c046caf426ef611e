// Light or dark colours: those of the system, or what the person has chosen in this browser.

import { html, useState } from "../vendor.js";
import { Segments } from "./segments.js";
import { choose, theme, themes } from "./shown-theme.js";
import { ui } from "./words.js";

export function ThemeSwitch() {
  const [now, setNow] = useState(theme);
  return html`
    <${Segments} legend=${ui.theme} name="theme" className="theme" value=${now}
      all=${themes.map((one) => [one, ui.themes[one]])} onChange=${(one) => (choose(one), setNow(one))} />`;
}
