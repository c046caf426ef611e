// What the tab is called: the page that is no room names it, and main.js adds what needs the person.

export const tab = { title: "", changed: () => {} };

/** Names the tab after a page; "" for the product alone. */
export function nameTab(/** @type {string} */ title) {
  tab.title = title;
  tab.changed();
}
