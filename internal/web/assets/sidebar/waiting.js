// What in the open room waits for its person, in one line that leads there: it stands in the conversation, with its
// buttons.

import { html } from "../vendor.js";
import { IconButton } from "../ui/icon.js";
import { sidebar as w } from "./words.js";

const kinds = ["draft", "request", "proposal"];

/** Returns those of needs that stand in the conversation. */
export const inTalk = (needs) => needs.filter(({ what }) => kinds.includes(what));

/**
 * needs are those in the conversation. onSeek(ids, by) shows the next of them, or the one before if by is -1. place is
 * {all: the ids of those, at: which one was shown last, from 1 on}: until something else waits, the line says that in
 * place of how many of what.
 */
export function Waiting({ needs, place, onSeek }) {
  const ids = needs.map(({ id }) => id);
  if (!needs.length) return null;
  const counts = kinds.map((kind) => [kind, needs.filter(({ what }) => what === kind).length])
    .flatMap(([kind, n]) => (n ? [w.waiting[kind](n)] : []));
  const seek = (by) => () => onSeek(ids, by);
  const at = place?.all === ids.join() && ids.length > 1 && place.at;
  const says = at ? w.waitsAt(at, ids.length) : counts.join(" · ");
  return html`
    <div class="for-you" role="group" aria-label=${w.waits}>
      <button type="button" class="for-you-what" title=${w.waitsBelow} onClick=${seek(1)}>${says}</button>
      <${IconButton} icon="up" label=${w.waitsAbove} onClick=${seek(-1)} />
      <${IconButton} icon="down" label=${w.waitsBelow} onClick=${seek(1)} />
    </div>`;
}
