// Elements of texts. What agents wrote becomes text nodes and nothing else: no HTML, no links, no addresses.

import { page } from "./words.js";

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
  out: "M7 17L17 7M9 7h8v8",
  file: "M7 3h7l5 5v13H7zM14 3v5h5",
  box: "M5 5h14v14H5z",
  ticked: "M5 5h14v14H5zM8.500 12l2.500 2.500 4.500-5",
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

const most = 8; // levels of lists and quotes in each other
const spans = new RegExp([
  /\\(?<sign>[!-/:-@[-`{-~])|(?<plain>https?:\/\/[^\s<>]+)/,
  /(?<ticks>`+)(?<code>[^`]+)\k<ticks>/,
  /(?<mark>\*{1,3}|~~|(?<!\w)_{1,3})(?=[^\s*~])(?<marked>.{0,300}?[^\s*~])\k<mark>(?:(?<=[*~])(?!\*)|(?<=_)(?!\w))/,
  /!?\[(?<words>[^[\]]+)\]\((?<address>[^()\s]+(?:\([^()\s]*\)[^()\s]*)*)\)/,
].map(({ source }) => source).join("|"), "g");
const tags = { 1: ["em"], 2: ["b"], 3: ["b", "em"] };

/** Returns a line with what is code, bold, in italics or struck out, and with its links. */
function inline(text) {
  const parts = [];
  let from = 0;
  for (const { 0: all, index, groups } of text.matchAll(spans)) {
    const { sign, plain, code, mark, marked, words, address } = groups;
    parts.push(text.slice(from, index), sign ?? plain ?? (code ? make("code", "", code)
      : words ? link(words, address)
      : (mark === "~~" ? ["s"] : tags[mark.length]).reduceRight((inner, tag) => make(tag, "", inner), inline(marked))));
    from = index + all.length;
  }
  return [...parts, text.slice(from)];
}

const bare = (address) => address.replace(/^https?:\/\/|\/$/g, "");

/** Returns the words of a link, which leads nowhere from here, and whose page it is. */
function link(words, address) {
  const [, host = address] = /^(?:https?:\/\/(?:[^/?#\\]*@)?|mailto:)([^/?#\\]+)/i.exec(address) ?? [];
  return [inline(words), bare(words) !== bare(address) && [" ", make("bdi", "soft", `(${host})`)]];
}

const item = /^\s{0,3}(?:[-*+]|(\d{1,3})[.)])\s+(?:\[([ x])\] )?(?=\S)/i; // as in "2026. ", more digits are no number
const heading = /^#{1,6}\s+(.*)$/;
const fence = /^\s*(`{3,})/;
const rule = /^\s*([-*_])(?:\s*\1){2,}\s*$/;
const quoted = /^\s{0,3}> ?/;

/** Returns the cells of a row of a table. */
const cellsOf = (line = "") => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim());

/** Returns how the columns below a line are aligned, if that is the head of a table. */
function columnsOf(line, next) {
  const columns = line.includes("|") ? cellsOf(next) : [];
  return columns.length === cellsOf(line).length && columns.every((one) => /^:?-+:?$/.test(one)) && columns;
}

const row = (tag, line, columns) => make("tr", "", columns.map((column, n) => {
  const cell = make(tag, "", inline(cellsOf(line)[n]?.replaceAll("\\|", "|") ?? ""));
  cell.style.textAlign = column.endsWith(":") ? (column[0] === ":" ? "center" : "end") : "";
  return cell;
}));

function boxed(tick, blocks) {
  const [name, says] = tick === " " ? ["box", page.box] : ["ticked", page.ticked];
  const box = make("span", "box", icon(name));
  box.role = "img";
  box.ariaLabel = says;
  blocks[0]?.prepend(box, " ");
  return make("li", "boxed", blocks);
}

/** Returns the blocks of a text in Markdown: code, lists, tables, quotes, headings and paragraphs. */
export function markdown(text, depth = 0) {
  const blocks = [];
  const all = text.split("\n");
  let words = []; // lines of a paragraph
  const add = (/** @type {HTMLElement[]} */ ...made) => {
    if (words.length) blocks.push(make("p", "", inline(words.join("\n"))));
    words = [];
    blocks.push(...made);
  };
  for (let n = 0; n < all.length;) {
    const line = all[n++];
    const rest = (goesOn) => {
      const from = n;
      while (n < all.length && goesOn(all[n])) n++;
      return all.slice(from, n);
    };
    const mark = fence.exec(line)?.[1];
    const [start, number, tick] = (depth < most && item.exec(line)) || [];
    const columns = columnsOf(line, all[n]);
    if (mark) {
      add(make("pre", "", make("code", "", rest((one) => !one.trim().startsWith(mark)).join("\n"))));
      n++;
    } else if (rule.test(line)) {
      add(make("hr"));
    } else if (start) {
      const inner = rest((one) => /^(\s\s|\s*$)/.test(one)).map((one) => one.replace(/^\s{2,3}/, ""));
      const made = markdown([line.slice(start.length), ...inner].join("\n"), depth + 1);
      add();
      let list = blocks.at(-1);
      if (list?.nodeName !== (number ? "OL" : "UL")) blocks.push(list = make(number ? "ol" : "ul"));
      const one = /** @type {HTMLLIElement} */ (tick ? boxed(tick, made) : make("li", "", made));
      const last = /** @type {HTMLLIElement | null} */ (list.lastChild);
      if (number) one.value = Math.max(Number(number), (last?.value ?? -1) + 1);
      if (number) list.style.paddingInlineStart = 0.9 + 0.6 * String(one.value).length + "em";
      list.append(one);
    } else if (depth < most && quoted.test(line)) {
      const inner = [line, ...rest((one) => quoted.test(one))].map((one) => one.replace(quoted, ""));
      add(make("blockquote", "", markdown(inner.join("\n"), depth + 1)));
    } else if (columns) {
      n++;
      const rows = rest((one) => one.includes("|")).map((one) => row("td", one, columns));
      add(make("table", "", row("th", line, columns), rows));
    } else if (heading.test(line)) {
      add(make("p", "", make("b", "", inline(line.replace(heading, "$1")))));
    } else if (!line.trim()) {
      add();
    } else {
      words.push(line);
    }
  }
  add();
  return blocks;
}
