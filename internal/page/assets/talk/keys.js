// The keys that lead through the conversation while it has the focus.

const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

/** Moves between messages (arrows, j and k), to the first and the last (Home, End), and replies (r). */
export function onKey(event, { pane, onReply }) {
  const article = event.target.closest("article");
  if (event.ctrlKey || event.metaKey || event.altKey || (event.target !== article && event.target !== pane.box)) return;
  const id = article?.dataset.id;
  if (event.key === "r" && id) {
    onReply(id);
  } else if (event.key === "End") {
    pane.goToEnd();
  } else if (event.key === "Home") {
    pane.go(pane.rows[0]?.key, 0.1);
  } else if (!steps[event.key] || longer(event.key, article, pane.box) || !step(steps[event.key], id, pane)) {
    return;
  }
  event.preventDefault();
}

/** Reports whether an arrow should rather scroll, since the message goes on beyond the view. */
function longer(key, article, box) {
  if (!article || key.length === 1) return false;
  const [inner, outer] = [article.getBoundingClientRect(), box.getBoundingClientRect()];
  return key === "ArrowDown" ? inner.bottom > outer.bottom + 1 : inner.top < outer.top - 1;
}

/** Moves the focus to the next message in a direction. Reports whether there is one. */
function step(by, id, pane) {
  const { rows, index } = pane;
  let n = id ? index.get(id) + by : index.get(pane.firstVisible());
  while (rows[n] && rows[n].type !== "message") n += by;
  const article = rows[n] && pane.element(rows[n].key)?.querySelector("article");
  if (!article) return false;
  article.focus({ preventScroll: true });
  article.scrollIntoView({ block: "nearest" });
  return true;
}
