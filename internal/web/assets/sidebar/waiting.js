// What in the open room waits for its person, in one line that leads there: it stands in the conversation, with its
// buttons.

import { html } from "../vendor.js";
import { IconButton } from "../ui/icon.js";
import { sidebar as w } from "./words.js";

const kinds = ["draft", "request", "proposal"];

/** Returns those of needs that stand in the conversation. */
export const inTalk = (needs) => needs.filter(({ what }) => kinds.includes(what));

/** needs are those in the conversation. onSeek(ids, by) shows the next of them, or the one before if by is -1. */
export function Waiting({ needs, onSeek }) {
  if (!needs.length) return null;
  const counts = kinds.map((kind) => [kind, needs.filter(({ what }) => what === kind).length])
    .flatMap(([kind, n]) => (n ? [w.waiting[kind](n)] : []));
  const seek = (by) => () => onSeek(needs.map(({ id }) => id), by);
  return html`
    <div class="for-you" role="group" aria-label=${w.waits}>
      <b class="for-you-what">${counts.join(" · ")}</b>
      <${IconButton} icon="up" label=${w.waitsAbove} onClick=${seek(-1)} />
      <${IconButton} icon="down" label=${w.waitsBelow} onClick=${seek(1)} />
    </div>`;
}
