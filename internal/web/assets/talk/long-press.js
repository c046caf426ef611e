// A long press of a finger on a message. What it opens may lie under the finger: the click with which some browsers end
// the press is not meant for it.

const long = 500; // ms
const slip = 10; // px by which a finger may move meanwhile
const late = 400; // ms after the finger has left, within which its click comes

/** Returns the attributes of an element in which a finger that rests on a message calls act with its id. */
export function longPress(act) {
  let timer, from;
  const end = () => clearTimeout(timer);
  const begin = (event) => {
    end();
    const article = event.target.closest("article");
    const own = event.target.closest("a, button, input, textarea, summary, progress");
    if (event.pointerType !== "touch" || !event.isPrimary || !article || own) return;
    from = event;
    timer = setTimeout(() => (ignoreClick(), act(article.dataset.id)), long);
  };
  const move = (event) => {
    if (from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > slip) end();
  };
  return { onPointerDown: begin, onPointerMove: move, onPointerUp: end, onPointerCancel: end };
}

/** Swallows clicks until the next press begins, or shortly after this one ends: software may click without one. */
function ignoreClick() {
  const next = new AbortController();
  const { signal } = next;
  addEventListener("click", (event) => (event.preventDefault(), event.stopPropagation()), { capture: true, signal });
  const end = () => next.abort();
  const endLate = () => setTimeout(end, late);
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, end, { capture: true, signal });
  for (const type of ["pointerup", "pointercancel"]) addEventListener(type, endLate, { capture: true, signal });
}
