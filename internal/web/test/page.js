// A page of which there is as much as the components need that are drawn on it. Import it after platform.js.

import { html, render } from "../assets/vendor.js";

class Node extends EventTarget {
  nodeType = 1;
  childNodes = [];
  attributes = [];
  style = {};
  parentNode = null;
  ownerDocument = document;
  isConnected = true;

  constructor(localName, text = "") {
    super();
    Object.assign(this, { localName, data: text });
  }

  get firstChild() {
    return this.childNodes[0] ?? null;
  }

  get nextSibling() {
    const all = this.parentNode?.childNodes ?? [];
    return all[all.indexOf(this) + 1] ?? null;
  }

  get textContent() {
    return this.data + this.childNodes.map((one) => one.textContent).join("");
  }

  insertBefore(node, before) {
    node.parentNode?.removeChild(node);
    this.childNodes.splice(before ? this.childNodes.indexOf(before) : this.childNodes.length, 0, node);
    node.parentNode = this;
  }

  removeChild(node) {
    this.childNodes = this.childNodes.filter((one) => one !== node);
    node.parentNode = null;
  }

  remove() {
    this.parentNode?.removeChild(this);
  }

  setAttribute(name, value) {
    this[name] = value;
  }

  getBoundingClientRect() {
    return { left: 0, top: 0 };
  }

  querySelector() {
    return null;
  }

  removeAttribute() {}
  toggleAttribute() {}
  showModal() {}
  close() {}
}

Object.assign(document, {
  body: new Node("body"),
  createElementNS: (_, name) => new Node(name),
  createTextNode: (text) => Object.assign(new Node("#text", text), { nodeType: 3 }),
});
globalThis.innerWidth = 1024;
globalThis.matchMedia = /** @type {any} */ (() => ({ matches: true }));
globalThis.history = /** @type {any} */ ({ state: null, pushState() {} });
globalThis.MutationObserver = globalThis.ResizeObserver = /** @type {any} */ (class {
  observe() {}
  disconnect() {}
});

/** Draws a component on a page of its own; find returns its elements of a name, and close takes it away. */
export function drawn(component, props) {
  const body = new Node("body");
  const draw = (now) => render(html`<${component} ...${now} />`, /** @type {any} */ (body));
  const within = (node) => [node, ...node.childNodes.flatMap(within)];
  draw(props);
  const close = () => render(null, /** @type {any} */ (body));
  return { draw, close, find: (name) => within(body).filter(({ localName }) => localName === name) };
}

/** Lets what is drawn follow what has happened. */
export const settled = () => new Promise((resolve) => setTimeout(resolve));
