// What agents write, as elements. The text is hostile: it is parsed to tokens, and each
// token becomes an element of a kind that is listed here, or nothing. HTML stays text,
// pictures become links, and nothing is loaded.

import { html, h, MarkdownIt, Fragment } from "../vendor.js";
import { Copy } from "../ui/copy.js";
import { Icon } from "../ui/icon.js";
import { later } from "../ui/later.js";
import { talk } from "./words.js";

// Bounds of what is shown as Markdown. Beyond them a text is shown as it is. The slowest
// texts of 32 KB, all brackets, take a tenth of a second to parse.
const most = { length: 40_000, tokens: 2_500, depth: 24, brackets: 1_500 };
const remembered = 300; // texts

const parser = new MarkdownIt({ html: false, linkify: true, breaks: true });
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false }); // main.rs is no address
parser.validateLink = () => true; // link judges them, and shows those that it does not make

const schemes = ["http:", "https:", "mailto:"];
const aligned = /^text-align:(left|center|right)$/;

/** A text as its writer laid it out. say returns what shows a text outside of code. */
export function Markdown({ text, say = (text) => text }) {
  const tokens = tokensOf(text);
  return html`<div class="md" dir="auto">${tokens ? build(tokens, say) : html`<p class="md-plain">${text}</p>`}</div>`;
}

const cache = new Map();

/** Returns the tokens of a text; null if it is beyond the bounds. */
export function tokensOf(text) {
  let tokens = cache.get(text);
  if (tokens === undefined) {
    tokens = parse(text);
    if (cache.size >= remembered) cache.delete(cache.keys().next().value);
    cache.set(text, tokens);
  }
  return tokens;
}

function parse(text) {
  if (text.length > most.length || text.split("[").length > most.brackets) return null;
  const tokens = parser.parse(text, {});
  let count = 0;
  for (const token of tokens) {
    count += 1 + (token.children?.length ?? 0);
    if (token.level > most.depth || token.children?.some(({ level }) => level > most.depth)) return null;
  }
  return count > most.tokens ? null : withBoxes(withoutFalseLists(tokens));
}

/** Makes a box of [x] or [ ] where an item of a list begins with it. */
function withBoxes(tokens) {
  tokens.forEach((item, n) => {
    const first = opensItem(item) && tokens[n + 1].type === "paragraph_open" && tokens[n + 2].children[0];
    const box = first?.type === "text" && /^\[([ xX])\] /.exec(first.content);
    if (!box) return;
    first.content = first.content.slice(box[0].length);
    tokens[n + 2].children.unshift({ type: "box", nesting: 0, content: box[1] === " " ? "box" : "ticked" });
    item.meta = { ...item.meta, box: true };
  });
  return tokens;
}

/** Makes text of each numbered list that is none, as in "8443. That is the TLS port.", the inner ones first. */
function withoutFalseLists(tokens) {
  const lists = []; // that are open, by where they begin in out
  const out = [];
  for (const token of tokens) {
    if (token.type === "ordered_list_open") lists.push(out.length);
    out.push(token);
    if (token.type !== "ordered_list_close") continue;
    const list = out.splice(lists.pop());
    for (const one of isList(list) ? list : asText(list)) out.push(one);
  }
  return out;
}

const opensItem = (token) => token.type === "list_item_open";

/**
 * Reports whether a list of Markdown is meant as one: it begins with at most three digits, and has
 * two items or begins with 0 or 1. Its token then knows how many digits need room, and an item its
 * number where that leaves some out.
 */
function isList(tokens) {
  const [list] = tokens;
  const items = tokens.filter((token) => opensItem(token) && token.level === list.level + 1);
  const first = Number(items[0].info);
  let next = first;
  for (const item of items) {
    const number = Number(item.info);
    if (number > next) item.meta = { number };
    next = Math.max(number, next) + 1;
  }
  list.meta = { digits: Math.min(5, String(next - 1).length) };
  return items[0].info.length <= 3 && (items.length > 1 || first <= 1);
}

/** Returns what is in a list, with the numbers as they were written. */
function asText(tokens) {
  const { level } = tokens[0]; // its items have the next one
  return tokens.flatMap((token, n) => {
    if (token.level > level + 1) {
      if (token.level === level + 2) token.hidden = false; // each paragraph is one
      return token;
    }
    if (!opensItem(token)) return [];
    const number = { type: "text", nesting: 0, content: token.info + token.markup + " " };
    const begins = tokens[n + 1].type === "paragraph_open";
    if (begins) tokens[n + 2].children.unshift(number);
    return begins ? [] : paragraph([number], level + 2);
  });
}

const paragraph = (children, level) => [
  { type: "paragraph_open", nesting: 1, level },
  { type: "inline", nesting: 0, level: level + 1, children },
  { type: "paragraph_close", nesting: -1, level },
];

/** Makes elements of tokens, in which those that open and close enclose what is between. */
function build(tokens, say) {
  const open = [/** @type {{token?: any, children: any[]}} */ ({ children: [] })];
  for (const token of tokens) {
    const top = open[open.length - 1];
    if (token.nesting === 1) {
      open.push({ token, children: [] });
    } else if (token.nesting === -1) {
      open.pop();
      open.at(-1)?.children.push(around(top.token, top.children));
    } else {
      top.children.push(alone(token, say));
    }
  }
  return open[0].children;
}

// A heading is no heading of the page: the outline of the page is not the agents'.
const heading = (_, children) => html`<p class="md-heading"><strong>${children}</strong></p>`;
const cell = (name) => (token, children) =>
  h(name, { class: aligned.exec(token.attrGet("style") ?? "")?.[1] }, children);
const plain = (name) => (_, children) => h(name, null, children);

// The elements that enclose others, by the names that the parser gives to them.
const kinds = {
  paragraph: (token, children) => (token.hidden ? h(Fragment, null, children) : html`<p dir="auto">${children}</p>`),
  heading,
  blockquote: (_, children) => html`<blockquote dir="auto">${children}</blockquote>`,
  bullet_list: plain("ul"),
  ordered_list: (token, children) => html`
    <ol class=${"md-digits-" + token.meta.digits} start=${token.attrGet("start") ?? 1}>${children}</ol>`,
  list_item: (token, children) => html`
    <li dir="auto" class=${token.meta?.box && "md-item"} value=${token.meta?.number}>${children}</li>`,
  table: (_, children) => html`
    <div class="md-table" role="group" tabindex="0" aria-label=${talk.table}><table>${children}</table></div>`,
  thead: plain("thead"),
  tbody: plain("tbody"),
  tr: plain("tr"),
  th: cell("th"),
  td: cell("td"),
  em: plain("em"),
  strong: plain("strong"),
  s: plain("s"),
  link: (token, children) => link(token.attrGet("href") ?? "", children),
};

function around(token, children) {
  return kinds[token?.type.replace(/_open$/, "")]?.(token, children) ?? children;
}

/** Makes an element of a token that encloses no others. */
function alone(token, say) {
  switch (token.type) {
    case "inline":
      return build(token.children, say);
    case "softbreak":
    case "hardbreak":
      return html`<br />`;
    case "hr":
      return html`<hr />`;
    case "code_inline":
      return html`<code>${token.content}</code>`;
    case "fence":
    case "code_block":
      return code(token.content, (token.info ?? "").trim().split(/\s/)[0].slice(0, 20));
    case "box":
      return html`
        <span class="md-box" role="img" aria-label=${talk[token.content]}>
          <${Icon} name=${token.content} />
        </span> `;
    case "image":
      return link(token.attrGet("src") ?? "", [token.content || talk.picture]);
  }
  return say(token.content);
}

const Plain = ({ text }) => text;
const Coloured = later("Coloured", Plain, Plain);
const drawings = /[\u2500-\u259f]/; // boxes and blocks, which touch each other

function code(text, language) {
  return html`
    <div class=${"md-code" + (language ? "" : " md-code-bare") + (drawings.test(text) ? " md-drawing" : "")}>
      <div class="md-code-head"><bdi>${language}</bdi><${Copy} text=${text} label=${talk.copyCode} /></div>
      <pre dir="ltr" tabindex="0" role="group" aria-label=${talk.code(language)}>
        <code><${Coloured} text=${text.replace(/\n$/, "")} language=${language} /></code>
      </pre>
    </div>`;
}

/** Makes a link that says where it leads, or shows the address that it does not lead to. */
function link(href, children) {
  const address = addressOf(href);
  if (!address) return [children, ` (${href})`];
  return html`
    <a href=${address.href} target="_blank" rel="noopener noreferrer nofollow" dir="auto">${children}</a>${
      names(address, children) ? "" : html` <bdi class="md-host">(${address.host || address.pathname})</bdi>`}`;
}

function addressOf(href) {
  try {
    const address = new URL(href);
    return schemes.includes(address.protocol) ? address : null;
  } catch {
    return null; // relative: it would lead into this page
  }
}

/**
 * Reports whether what a link shows is the whole of its address, and has nothing before the host
 * that could pass for it: neither the name of a user, nor a part in another type.
 */
function names(address, children) {
  const bare = (s) => s.replace(/^(https?:\/\/|mailto:)/, "").replace(/\/$/, "");
  const plain = children.every((child) => typeof child === "string");
  return plain && !address.username && !address.password && bare(children.join("")) === bare(address.href);
}
