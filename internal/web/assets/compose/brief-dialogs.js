// Dialogs that only tell something: that a message is not there, and what a room is for.

import { html } from "../vendor.js";
import { Dialog } from "../ui/dialog.js";
import { dialogs as w } from "./dialog-words.js";

export const NoMessage = ({ onClose }) => html`
  <${Dialog} title=${w.noMessage} onClose=${onClose}><p>${w.noMessageText}</p><//>`;

export const About = ({ room: { state: { room } }, onClose }) => html`
  <${Dialog} title=${room.name} onClose=${onClose}>
    <p class="room-about-whole" dir="auto">${room.description}</p>
  <//>`;
