// The names of agents behind an @, as the server reads them (internal/core/room/mention.go).

import { html } from "../vendor.js";
import { fold } from "../ui/fold.js";

const scripts = ["Han", "Hiragana", "Katakana", "Hangul", "Thai", "Lao", "Khmer", "Myanmar"]; // they write no spaces
const unspaced = new RegExp(`^(?=\\p{L})[${scripts.map((script) => `\\p{Script=${script}}`).join("")}]`, "u");

/** Reports whether @ and a name stand at a place of a text as a whole word. All are folded; names are of all agents. */
function standsAt(text, at, name, names) {
  if (!text.startsWith("@" + name, at)) return false;
  const behind = text.slice(at + 1 + name.length);
  return unspaced.test(behind)
    ? !names.some((one) => one.length > name.length && text.startsWith("@" + one, at))
    : !/^[-_]*[\p{L}\p{N}\p{M}]/u.test(behind);
}

const places = (text) => [...text.matchAll(/@/g)].map(({ index }) => index);

/** Reports whether a text mentions a name. names are those of all agents. */
export function mentions(text, name, names) {
  const [low, wanted, all] = [fold(text), fold(name), names.map(fold)];
  return places(low).some((at) => standsAt(low, at, wanted, all));
}

/** Returns what shows a text with the names marked that it mentions, me apart from the others. */
export function mentioning(names, me) {
  const all = names.map(fold).sort((a, b) => b.length - a.length);
  return (text) => {
    const low = fold(text);
    if (!low.includes("@") || low.length !== text.length) return text; // folding may move the letters
    const parts = [];
    let from = 0;
    for (const at of places(low)) {
      const name = at < from ? undefined : all.find((one) => standsAt(low, at, one, all));
      if (name === undefined) continue;
      const end = at + 1 + name.length;
      parts.push(text.slice(from, at), html`
        <bdi class=${"mention" + (name === fold(me) ? " mention-me" : "")}>${text.slice(at, end)}</bdi>`);
      from = end;
    }
    return [...parts, text.slice(from)];
  };
}
