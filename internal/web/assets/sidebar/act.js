// What a person does beside the conversation, and what the server refuses of it.

import { NoAnswer } from "../mcp.js";
import { html, useLayoutEffect, useState } from "../vendor.js";

const shown = new Set(); // the functions that clear a problem, one for each component that can show one
const isLost = (problem) => problem instanceof NoAnswer || problem instanceof Offline;

/** What was not begun, since there is no connection. */
export class Offline extends Error {}

/** Clears each problem that was a lost connection: call it when the connection is back. A refusal stays. */
export function forgetProblems() {
  for (const forget of shown) forget();
}

/**
 * Returns {busy, problem, act}. act(work) runs a function that may return a promise, and
 * resolves to whether it succeeded; what it was refused for stays in problem until the next.
 */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(/** @type {any} */ (null));
  useLayoutEffect(() => {
    const forget = () => setProblem((now) => (isLost(now) ? null : now));
    shown.add(forget);
    return () => void shown.delete(forget);
  }, []);
  const act = async (work) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      return true;
    } catch (refused) {
      setProblem(refused);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem: problem?.message ?? "", act };
}

/** Says what went wrong, where it was done. */
export const Problem = ({ text }) => text && html`<p class="sidebar-problem" role="alert">${text}</p>`;
