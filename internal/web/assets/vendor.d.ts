// The types of what vendor.js exports: those of the packages that scripts/vendor bundles.
import type { VNode } from "preact";

export { h, render, Fragment, Component, createRef } from "preact";
export { useState, useEffect, useLayoutEffect, useMemo, useCallback } from "preact/hooks";
export { default as MarkdownIt } from "markdown-it";

/** Makes elements of a template (htm). */
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode<any>;

/** What it holds is known once the element is there. */
export function useRef(initial?: any): { current: any };
