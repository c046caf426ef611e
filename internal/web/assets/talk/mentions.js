// The names of agents behind an @, as the server reads them (internal/core/room/mention.go).

import { html } from "../vendor.js";
import { fold } from "../ui/fold.js";

const unspaced = ["Han", "Hiragana", "Katakana", "Hangul", "Thai", "Lao", "Khmer", "Myanmar"]; // they write no spaces
const spaced = ["Latin", "Greek", "Cyrillic", "Armenian", "Hebrew", "Arabic", "Syriac", "Thaana", "Devanagari",
  "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Tibetan",
  "Georgian", "Ethiopic", "Cherokee", "Mongolian", "Tifinagh", "Nko", "Javanese", "Balinese"];
const letters = [...unspaced, ...spaced].map((script) => new RegExp(`(?=\\p{L})\\p{Script=${script}}`, "u"));

/** Returns the place in letters of the script of a letter; -1: of none. */
const scriptOf = (letter) => letters.findIndex((script) => script.test(letter));

/** Reports whether a letter behind a name begins a word: its script writes no spaces, or is not that of the name. */
function beginsWord(letter, name) {
  const script = scriptOf(letter);
  const last = [...name].findLast((one) => /\p{L}/u.test(one));
  return script >= 0 && (script < unspaced.length || last !== undefined && script !== scriptOf(last));
}

/** Reports whether @ and a name stand at a place of a text as a whole word. All are folded; names are of all agents. */
function standsAt(text, at, name, names) {
  if (!text.startsWith("@" + name, at)) return false;
  const [next = ""] = text.slice(at + 1 + name.length).replace(/^[-_]+/, "");
  return beginsWord(next, name)
    ? !names.some((one) => one.length > name.length && text.startsWith("@" + one, at))
    : !/[\p{L}\p{N}\p{M}]/u.test(next);
}

/** Returns where each @ of a text stands, in any spelling. */
const places = (text) => [...text.matchAll(/[@\uff20\ufe6b]/g)].map(({ index }) => index);

/** Reports whether a text mentions a name. names are those of all agents. */
export function mentions(text, name, names) {
  const [low, wanted, all] = [fold(text), fold(name), names.map(fold)];
  return places(low).some((at) => standsAt(low, at, wanted, all));
}

/** Returns what shows a text with the names marked that it mentions, me apart from the others. */
export function mentioning(names, me) {
  const all = names.map(fold).sort((a, b) => b.length - a.length);
  return (text) => {
    const ats = places(text);
    if (!ats.length) return text;
    const low = fold(text);
    const parts = [];
    let from = 0;
    for (const [n, lowAt] of places(low).entries()) {
      const name = all.find((one) => standsAt(low, lowAt, one, all));
      const at = ats[n];
      const end = name === undefined ? -1 : endOf(text, at, "@" + name);
      if (end < 0) continue;
      parts.push(text.slice(from, at), html`
        <bdi class=${"mention" + (name === fold(me) ? " mention-me" : "")}>${text.slice(at, end)}</bdi>`);
      from = end;
    }
    return parts.length ? [...parts, text.slice(from)] : text;
  };
}

/** Returns where the piece of a text ends that folds to low: folding moves the letters. -1 if no piece does. */
function endOf(text, at, low) {
  for (let end = at + 1; end <= at + 4 * low.length; end++) if (fold(text.slice(at, end)) === low) return end;
  return -1;
}
