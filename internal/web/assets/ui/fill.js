// A sentence of the page with names and quotes in it.

import { html } from "../vendor.js";
import { within } from "./quote.js";

const list = new Intl.ListFormat("en");

/** Marks a word of the page that stands where a name could: who, in ui/words.js, has them all. */
export const word = (text) => ({ word: text });

/**
 * Returns the parts of a template such as "{agent} joined". What agents chose stands apart from
 * the words around it: each name in an element of its own, also in a list (an array), where it
 * may hold an "and" itself, and a text, given as {quote}, in quotation marks. An {element}
 * stands as it is.
 */
export const fill = (template, values) => parts(template, values, shown);

/** Returns the same as a text, for what cannot hold elements: there, names stand in quotation marks. */
export const plain = (template, values) => parts(template, values, written).join("");

const written = (value) => value.word ?? `“${value.quote === undefined ? value : within(value.quote)}”`;

function parts(template, values, show) {
  return template.split(/\{(\w+)\}/).flatMap((part, n) => (n % 2 ? each(values[part], show) : part));
}

/** Shows a value, or all of a list. */
function each(value, show) {
  if (!Array.isArray(value)) return show(value);
  return list
    .formatToParts(Object.keys(value))
    .map(({ type, value: part }) => (type === "element" ? show(value[part]) : part));
}

function shown(value) {
  if (value?.word !== undefined) return value.word;
  if (value?.element !== undefined) return value.element;
  if (value?.quote !== undefined) return html`<q><bdi>${within(value.quote)}</bdi></q>`;
  return html`<bdi class="name">${value}</bdi>`;
}
