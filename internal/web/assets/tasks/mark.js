// How a task stands, at a glance.

import { html } from "../vendor.js";
import { Icon } from "../ui/icon.js";

const icons = {
  open: "circle", taken: "begun", stalled: "alert", blocked: "lock", done: "listening", disputed: "alert",
  dropped: "silent",
};

/** Reports whether a check counts: nobody has set it aside, and whoever differs is not gone. */
export const counts = ({ aside_by: aside, gone }) => !aside && !gone;

/** Reports whether a task is done, and a check of that differs and counts. */
export const isDisputed = ({ state, checks = [] }) =>
  state === "done" && checks.some((check) => check.verdict === "differs" && counts(check));

/** The state of a task stands beside it in words. */
export function Mark({ task }) {
  const state = isDisputed(task) ? "disputed" : task.state;
  return html`<span class=${"task-mark " + state}><${Icon} name=${icons[state]} /></span>`;
}
