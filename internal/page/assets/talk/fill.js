// A sentence of words.js with names and quotes in it.

import { html } from "../vendor.js";

/**
 * Returns the parts of a template such as "{agent} joined". What agents chose stands apart from
 * the words around it: a name in bold, and a text, given as {quote}, in quotation marks.
 */
export function fill(template, values) {
  return template.split(/\{(\w+)\}/).map((part, n) => (n % 2 ? shown(values[part]) : part));
}

const shown = (value) => (value?.quote === undefined ? html`<bdi class="name">${value}</bdi>` : html`<q><bdi>${value.quote}</bdi></q>`);
