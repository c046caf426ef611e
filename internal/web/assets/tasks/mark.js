// How a task stands, at a glance.

import { html } from "../vendor.js";
import { Icon } from "../ui/icon.js";

const icons = {
  open: "circle", taken: "begun", stalled: "alert", blocked: "lock", done: "listening", differs: "alert",
  dropped: "silent",
};

/** Reports whether a task is done, and a check of that differs. */
export const isDiffering = ({ state, checks = [] }) =>
  state === "done" && checks.some(({ verdict }) => verdict === "differs");

/** The state of a task stands beside it in words. */
export function Mark({ task }) {
  const state = isDiffering(task) ? "differs" : task.state;
  return html`<span class=${"task-mark " + state}><${Icon} name=${icons[state]} /></span>`;
}
