// The colours in which the page is shown: ui/theme.js chooses them. The page is not painted before.

import * as store from "../local-storage.js";

const name = "parley.theme";
export const themes = ["system", "light", "dark"];

/** Returns what was chosen. */
export const theme = () => (themes.includes(store.get(name)) ? store.get(name) : "system");

/** Shows the page in the colours that were chosen, here or in another tab. */
export function showTheme() {
  document.documentElement.dataset.theme = theme();
}

/** Chooses them. */
export function choose(chosen) {
  if (chosen === "system") store.remove(name);
  else store.put(name, chosen);
  showTheme();
}
