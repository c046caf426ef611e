// What a person does beside the conversation, and what the server refuses of it.

import { html, useEffect, useState } from "../vendor.js";

const shown = new Set(); // forgets what one of them shows

/** Once a lost connection is back, what failed is said no more. */
export const forgetProblems = () => shown.forEach((forget) => forget());

/**
 * Returns {busy, problem, act}. act(work) runs a function that may return a promise, and
 * resolves to whether it succeeded; what it was refused for stays in problem until the next.
 */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const forget = () => setProblem("");
    shown.add(forget);
    return () => void shown.delete(forget);
  }, []);
  const act = async (work) => {
    setBusy(true);
    setProblem("");
    try {
      await work();
      return true;
    } catch (refused) {
      setProblem(refused.message);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, act };
}

/** Says what went wrong, where it was done. */
export const Problem = ({ text }) => text && html`<p class="sidebar-problem" role="alert">${text}</p>`;
