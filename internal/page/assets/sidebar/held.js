// What comes beside the conversation pushes nothing away that the pointer is about to press.

import { useRef, useState } from "../vendor.js";

/** What stands below a list that grows. The switches stand above all of them. */
const pressed = ".sidebar-part button:not([role=switch]), .sidebar-knock button";

/**
 * Returns what is shown of a state, and attributes of the element in which it is: nothing new comes there
 * while the pointer rests on such a button to which a hand has moved it: one that came under a resting pointer
 * holds nothing back.
 */
export function useHeld(state) {
  const [over, setOver] = useState(/** @type {Element | null} */ (null));
  const before = useRef(state);
  if (!over?.isConnected) before.current = state;
  return [withoutNew(state, before.current), {
    onPointerOver: ({ target }) => over && !over.contains(target) && setOver(null),
    onPointerMove: ({ target }) => setOver(target.closest(pressed)),
    onPointerLeave: () => setOver(null),
  }];
}

/** Returns a state without the drafts, the requests and the knocks that it did not have before. */
export function withoutNew(state, before) {
  if (state === before) return state;
  const known = (list) => {
    const ids = new Set(list.map(({ id }) => id));
    return ({ id }) => ids.has(id);
  };
  const { drafts } = state.supervision;
  const knocked = known(before.messages);
  return {
    ...state,
    supervision: { ...state.supervision, drafts: drafts.filter(known(before.supervision.drafts)) },
    requests: state.requests.filter(known(before.requests)),
    messages: state.messages.filter((message) => message.type !== "knock" || knocked(message)),
  };
}
