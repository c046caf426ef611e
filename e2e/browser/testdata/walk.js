// Walks a part of the conversation from where it stands towards its end, opens what is
// folded if the screen is wide (on a phone that would take minutes), and says what it saw.
async (steps) => {
  const log = document.querySelector(".log");
  const late = (fail) => setTimeout(fail, 20_000, new Error("no frame is drawn"));
  const frames = async (n) => {
    while (n-- > 0) await Promise.race([new Promise(requestAnimationFrame), new Promise((_, fail) => late(fail))]);
  };
  const elements = new Set(
    "DIV P STRONG EM S A CODE PRE UL OL LI BLOCKQUOTE TABLE THEAD TBODY TR TH TD BR HR BDI BUTTON SPAN svg path".split(
      " ",
    ),
  );
  const attributes = new Set(("class dir href target rel start tabindex role aria-label aria-hidden title type " +
    "width height viewBox fill stroke stroke-width stroke-linecap stroke-linejoin d").split(" "));
  const seen = { ids: [], problems: [], lines: [], nodes: 0, end: false };
  const wrong = (element) => {
    if (!elements.has(element.tagName)) return "the element " + element.tagName;
    for (const { name } of element.attributes) if (!attributes.has(name)) return "the attribute " + name;
    if (element.tagName !== "A") return "";
    if (!/^(https?:|mailto:)/.test(element.href)) return "a link to " + element.href;
    return element.target === "_blank" && element.rel === "noopener noreferrer nofollow" ? "" : "a link that trusts";
  };
  const look = () => {
    const problem = (where, what) => seen.problems.push(`${where}: ${what}`);
    seen.nodes = Math.max(seen.nodes, document.querySelectorAll("*").length);
    for (const box of [document.documentElement, log])
      if (box.scrollWidth > box.clientWidth) problem(box.className, "too wide: " + box.scrollWidth);
    for (const line of log.querySelectorAll(".event, .day, .unread")) {
      if (line.closest(".message")) problem(line.className, "a line of the server in a message");
      seen.lines.push(line.innerText);
    }
    for (const message of log.querySelectorAll(".message")) {
      seen.ids.push(message.dataset.id);
      const [inner, outer] = [message.querySelector(".message-text"), message.getBoundingClientRect()];
      if (!inner) continue;
      const box = inner.getBoundingClientRect();
      if (box.left < outer.left || box.right > outer.right) problem(message.dataset.id, "a text leaves its message");
      for (const element of inner.querySelectorAll("*"))
        if (wrong(element)) problem(message.dataset.id, wrong(element));
    }
  };
  // The row of a fold stays where it is: while it grows, others leave the page, above it or below.
  const unfold = async () => {
    const folds = innerWidth > 600 ? log.querySelectorAll(".message-fold[aria-expanded=false]") : [];
    for (const fold of folds) {
      if (!fold.isConnected) continue;
      fold.click();
      for (let tries = 0; tries < 300 && fold.isConnected && fold.ariaExpanded === "false"; tries++) await frames(1);
      await frames(2);
      look();
    }
  };
  // The last row that was seen goes to the top of the view. So it stays on the page, and nothing behind it is
  // missed, however late rows are drawn and measured.
  const goOn = () => {
    const last = [...log.querySelectorAll(".row")].at(-1);
    const [row, view] = [last.getBoundingClientRect(), log.getBoundingClientRect()];
    if (row.top > view.top + 1) log.scrollTop += row.top - view.top;
    else if (row.bottom > view.bottom) log.scrollTop += log.clientHeight;
  };
  for (let n = 0; n < steps && !seen.end; n++) {
    look();
    await unfold();
    const below = [...log.querySelectorAll(".log-box")].at(-1).offsetHeight;
    seen.end = below === 0 && log.scrollHeight - log.scrollTop - log.clientHeight < 2;
    goOn();
    await frames(2);
  }
  return {
    ...seen,
    ids: [...new Set(seen.ids)],
    lines: [...new Set(seen.lines)],
    problems: [...new Set(seen.problems)],
  };
}
