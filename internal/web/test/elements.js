// What elements show, without a page: of a component that keeps nothing, what it makes; of
// another, its name and what is in it.

import { Fragment } from "../assets/vendor.js";

/** Returns the element as a text that looks like HTML, without attributes but for those named. */
export function shown(element, ...attributes) {
  if (element === null || element === undefined || typeof element === "boolean") return "";
  if (Array.isArray(element)) return element.map((one) => shown(one, ...attributes)).join("");
  if (typeof element !== "object") return String(element);
  const { type, props } = element;
  const inside = shown(props.children, ...attributes);
  if (type === Fragment) return inside;
  if (typeof type === "function") return type.name ? `<${type.name}>${inside}</${type.name}>` : inside;
  const with_ = attributes.filter((name) => props[name] !== undefined).map((name) => ` ${name}="${props[name]}"`);
  return `<${type}${with_.join("")}>${inside}</${type}>`;
}

/** Returns the elements of a type in an element. */
export function all(element, type) {
  if (Array.isArray(element)) return element.flatMap((one) => all(one, type));
  if (!element || typeof element !== "object") return [];
  return [...(element.type === type ? [element] : []), ...all(element.props.children, type)];
}

/** Returns the parts of a sentence as a text: names in [], what is quoted in “”. */
export const sentenceOf = (parts) => shown(parts)
  .replace(/<bdi>|<\/bdi>/g, (tag) => (tag === "<bdi>" ? "[" : "]"))
  .replace(/<q>\[/g, "“").replace(/\]<\/q>/g, "”");
