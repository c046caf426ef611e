// The sign of Parley, and how many things need the person: on the icon of the tab and of the installed app.

export const sign = {
  back: "M12 10h14a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4v4l-5-4h-9a4 4 0 0 1-4-4v-8a4 4 0 0 1 4-4z",
  front: "M6 2h14a4 4 0 0 1 4 4v8a4 4 0 0 1-4 4h-9l-5 4v-4a4 4 0 0 1-4-4V6a4 4 0 0 1 4-4z",
};

const most = 9; // one digit can be read on an icon

/** Returns the address of the icon with a number. */
const iconOf = (n, many = n > most) => "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
  `<path fill="#a3a8ff" d="${sign.back}"/><path fill="#5558d8" d="${sign.front}"/>` +
  '<circle cx="21" cy="11" r="11" fill="#c9251c"/><text x="21" text-anchor="middle" fill="#fff" ' +
  `y="${many ? 15.5 : 17.5}" font-size="${many ? 13 : 18}" font-family="sans-serif" font-weight="bold">` +
  `${many ? most + "+" : n}</text></svg>`);

const icon = /** @type {HTMLLinkElement | null | undefined} */ (document.querySelector?.("link[rel=icon]"));
const plain = icon?.href ?? "";
let shown = -1;

/** Shows a number on the icons; 0 shows none. */
export function showCount(n) {
  if (n === shown) return;
  shown = n;
  if (icon) icon.href = n ? iconOf(n) : plain;
  const { setAppBadge, clearAppBadge } = /** @type {any} */ (navigator);
  (n ? setAppBadge?.call(navigator, n) : clearAppBadge?.call(navigator))?.catch(() => {}); // it may be forbidden
}
