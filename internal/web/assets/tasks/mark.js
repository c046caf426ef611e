// How a task stands, at a glance.

import { html } from "../vendor.js";
import { Icon } from "../ui/icon.js";

const icons = {
  open: "circle", taken: "begun", stalled: "alert", blocked: "lock", done: "listening", dropped: "silent",
};

/** state is that of the task, which stands beside it in words. */
export const Mark = ({ state }) => html`<span class=${"task-mark " + state}><${Icon} name=${icons[state]} /></span>`;
