// What the page uses of libraries. ./vendor bundles it.
export { h, render, Fragment, Component, createRef } from "preact";
export { useState, useEffect, useLayoutEffect, useRef, useMemo, useCallback } from "preact/hooks";
import { h } from "preact";
import htm from "htm";
export const html = htm.bind(h);
export { default as MarkdownIt } from "markdown-it";
