// Texts as quotes within a sentence: on the page, and in the view in a client (../../view/rows.js).

/** Returns a text as a quote within a sentence: without the full stop at its end. */
export const within = (text = "") => text.replace(/([^.])\.$/, "$1");

const most = 60; // letters

/** Returns a text that stands in full elsewhere as a quote within a sentence: no longer than fits a line with it. */
export function cutWithin(text) {
  const letters = [...text];
  if (letters.length <= most) return within(text);
  // A word that is cut goes, but for one of a language that writes no spaces.
  return letters.slice(0, most).join("").replace(/\s+\S{0,15}$/, "") + "…";
}
