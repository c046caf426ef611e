// Asks before a message loses its text, or its file.

import { html } from "../vendor.js";
import { Confirm } from "../ui/dialog.js";
import { removal } from "./dialog-words.js";

export const RemoveDialog = ({ message, ...rest }) => html`
  <${Confirm} ...${removalOf(message)} button=${removal.removeButton} ...${rest} />`;

/** Returns what a person is asked before a message is removed. */
function removalOf(message) {
  const { removeTitle, removeText, removeFileTitle, removeFileText } = removal;
  return message?.file ? { title: removeFileTitle, text: removeFileText } : { title: removeTitle, text: removeText };
}
