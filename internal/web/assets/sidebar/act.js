// What a person does beside the conversation, and what the server refuses of it.

import { html, useState } from "../vendor.js";

const failed = new Set(); // what sets each problem since

/** Once a lost connection is back, what failed is said no more. */
export function forgetProblems() {
  for (const set of failed) set("");
  failed.clear();
}

/**
 * Returns {busy, problem, act}. act(work) runs a function that may return a promise, and
 * resolves to whether it succeeded; what it was refused for stays in problem until the next.
 */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const act = async (work) => {
    setBusy(true);
    setProblem("");
    try {
      await work();
      return true;
    } catch (refused) {
      setProblem(refused.message);
      failed.add(setProblem);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, act };
}

/** Says what went wrong, where it was done. */
export const Problem = ({ text }) => text && html`<p class="sidebar-problem" role="alert">${text}</p>`;
