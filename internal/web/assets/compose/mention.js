// Completes the names of agents behind an @.

import { later } from "../ui/later.js";
import { html, useEffect, useRef, useState } from "../vendor.js";

const Mentions = later("Mentions", () => null);

const most = 8; // names that are offered at once
export const listId = "mention-names";

/**
 * Returns where a name begins that is being written before the caret, and its beginning; null if none is. Not every
 * language has a space before the @. Behind a Latin letter or a digit the @ is one of an address.
 */
export function beginning(text, caret) {
  const found = /(^|[^\p{Script=Latin}\p{N}_])[@＠]([^\n@＠]{0,40})$/u.exec(text.slice(0, caret));
  return found && { at: caret - found[2].length, start: found[2] };
}

/** Returns those of names that begin so, or of which a word does. */
export function completions(names, start) {
  const wanted = start.toLowerCase();
  const first = names.filter((name) => name.toLowerCase().startsWith(wanted));
  const inside = names.filter((name) => !first.includes(name) && name.toLowerCase().includes(" " + wanted));
  return wanted && names.some((name) => name.toLowerCase() === wanted) ? [] : [...first, ...inside].slice(0, most);
}

/**
 * Offers names while one is being written in the text area of the ref area. onChange is
 * given the text with a name filled in, and where the caret belongs. Returns what the text
 * area needs: attributes, a handler of keys that says whether it took one, look, to be called
 * when the text or the caret has changed, and the list to show.
 */
export function useMentions({ area, names, onChange }) {
  const [offer, setOffer] = useState(/** @type {{at: number, start: string, chosen: number} | null} */ (null));
  const refused = useRef(-1); // where a name begins for which Escape was pressed
  const found = offer ? completions(names, offer.start) : [];
  const open = found.length > 0;
  const chosen = Math.min(offer?.chosen ?? 0, found.length - 1);

  const look = () => {
    const { value, selectionStart, selectionEnd } = area.current;
    const name = selectionStart === selectionEnd ? beginning(value, selectionStart) : null;
    if (name?.at !== refused.current) refused.current = -1;
    setOffer((old) =>
      !name || refused.current >= 0
        ? null
        : old?.at === name.at && old.start === name.start
          ? old
          : { ...name, chosen: 0 },
    );
  };
  const fill = (name) => {
    if (!offer) return;
    const { value } = area.current;
    const behind = value.slice(offer.at + offer.start.length);
    const space = /^\s/.test(behind) ? "" : " ";
    setOffer(null);
    onChange(value.slice(0, offer.at) + name + space + behind, offer.at + name.length + 1);
  };
  const choose = (n) => setOffer(offer && { ...offer, chosen: n });
  const keys = {
    ArrowDown: () => choose((chosen + 1) % found.length),
    ArrowUp: () => choose((chosen + found.length - 1) % found.length),
    Enter: () => fill(found[chosen]),
    Tab: () => fill(found[chosen]),
    Escape: () => ((refused.current = offer?.at), setOffer(null)),
  };
  const onKey = (event) => {
    const act = open && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && keys[event.key];
    if (act) (event.preventDefault(), event.stopPropagation(), act());
    return !!act;
  };
  useEffect(() => document.getElementById(listId + chosen)?.scrollIntoView({ block: "nearest" }), [chosen, open]);
  return {
    attributes: {
      "aria-autocomplete": "list", "aria-haspopup": "listbox",
      "aria-controls": open ? listId : undefined, "aria-activedescendant": open ? listId + chosen : undefined,
    },
    onKey, look, close: () => setOffer(null),
    list: html`<${Mentions} found=${found} chosen=${chosen} onPick=${fill} />`,
  };
}
