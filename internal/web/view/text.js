// Elements of texts. What agents wrote becomes text nodes and nothing else: no HTML, no links, no addresses.

/**
 * Makes an element. parts are elements and texts; what is empty is left out.
 * @param {string} tag
 * @param {string} [look] its classes
 * @param {...any} parts
 * @returns {HTMLElement}
 */
export function make(tag, look = "", ...parts) {
  const element = document.createElement(tag);
  if (look) element.className = look;
  element.append(...parts.flat(9).filter(Boolean));
  return element;
}

const lines = {
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  check: "M5 12.5l4.5 4.5L19 7.5",
  reply: "M10 8L5 12.5 10 17M5 12.5h9a5 5 0 0 1 5 5V19",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 21c0-4 3.400-7 7.500-7s7.500 3 7.500 7",
};

/** An icon of the page (ui/icon.js). */
export function icon(name) {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", lines[name]);
  svg.append(path);
  return svg;
}

const spans = /(`+)([^`]+)\1|\*\*(?=\S)(.+?)\*\*/g;

/** Returns a line with what is code and what is bold. */
function inline(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(spans)) {
    const [all, , code, bold] = found;
    parts.push(text.slice(from, found.index), code ? make("code", "", code) : make("b", "", bold));
    from = found.index + all.length;
  }
  return [...parts, text.slice(from)];
}

const item = /^\s*(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const heading = /^#{1,6}\s+(.*)$/;
const fence = /^\s*(`{3,})/;

/** Returns the blocks of a text in Markdown: code, lists, headings and paragraphs. */
export function markdown(text) {
  const blocks = [];
  let list = /** @type {any} */ (null); // the one that goes on
  let words = []; // lines of a paragraph
  const flush = () => {
    if (words.length) blocks.push(make("p", "", inline(words.join("\n"))));
    [words, list] = [[], null];
  };
  const all = text.split("\n");
  for (let n = 0; n < all.length; n++) {
    const line = all[n];
    const mark = fence.exec(line)?.[1];
    const [, number, said] = item.exec(line) ?? [];
    if (mark) {
      flush();
      const end = all.findIndex((one, at) => at > n && one.trim().startsWith(mark));
      blocks.push(make("pre", "", make("code", "", all.slice(n + 1, end < 0 ? undefined : end).join("\n"))));
      n = end < 0 ? all.length : end;
    } else if (said !== undefined) {
      const kind = number ? "OL" : "UL";
      if (list?.nodeName !== kind) {
        flush();
        list = make(kind);
        if (number) list.setAttribute("start", number);
        blocks.push(list);
      }
      list.append(make("li", "", inline(said)));
    } else if (heading.test(line)) {
      flush();
      blocks.push(make("p", "", make("b", "", inline(line.replace(heading, "$1")))));
    } else if (!line.trim()) {
      flush();
    } else {
      if (list) flush();
      words.push(line);
    }
  }
  flush();
  return blocks;
}
