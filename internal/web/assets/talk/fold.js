// Long texts begin folded: their head and their tail are shown, so that a question at the end is seen.

import { tokensOf } from "./markdown.js";
import { asksSeat } from "./names.js";

const width = 75; // characters of a line on the page
const [first, last, least] = [8, 4, 12]; // lines that stay at the head and at the tail; fewer than least stay, too
const opens = { fence: 1, table_open: 2 }; // how many lines open a block of which the rest may stand alone
const code = ["fence", "code_block"];

/**
 * Returns what is shown of a message: {head, tail, lines: how many lines are not shown between them}; null if all
 * of it is. What asks the seat of a name is never folded. A text of which the rest is not loaded has its head alone.
 */
export function foldOf(message, me) {
  const { text = "", more } = message;
  if (more) return { head: folded(text)?.head ?? text, tail: "", lines: 0 };
  return asksSeat(message, me) ? null : folded(text);
}

/** Folds a text; null if too few lines would go. A cut within a line is marked. */
export function folded(text) {
  const starts = startsOf(text);
  const lines = starts.length - first - last;
  if (lines < least) return null;
  const [end, begin] = [starts[first], starts[starts.length - last]];
  const whole = (at) => text[at - 1] === "\n";
  const head = text.slice(0, end).trimEnd() + (whole(end) ? "" : " …");
  return { head, tail: opening(text, begin) + (whole(begin) ? "" : "… ") + text.slice(begin), lines };
}

/** Returns where each line of a text begins on the page: lines that are too wide, and no code, break after a space. */
function startsOf(text) {
  const starts = [];
  const blocks = (tokensOf(text) ?? []).filter(({ type }) => code.includes(type));
  let line = 0;
  for (let at = 0; at < text.length; ) {
    starts.push(at);
    if (blocks[0]?.map[1] <= line) blocks.shift();
    const end = text.indexOf("\n", at);
    const next = end < 0 ? text.length : end + 1;
    const whole = blocks[0]?.map[0] <= line || next - at <= width + 1;
    at = whole ? next : at + broken(text.slice(at, at + width));
    if (whole) line++;
  }
  return starts;
}

function broken(line) {
  const space = line.lastIndexOf(" ") + 1;
  return space > width / 2 ? space : line.length - (line.isWellFormed() ? 0 : 1);
}

/** Returns the lines that open the block of code or the table in which a place of a text stands; "" if none does. */
function opening(text, place) {
  const at = text.slice(0, place).split("\n").length - 1; // the line of the place
  const block = tokensOf(text)?.find(({ type, map }) => opens[type] && map[0] < at && at < map[1]);
  if (!block) return "";
  const [from] = block.map;
  return text.split("\n").slice(from, Math.min(from + opens[block.type], at)).join("\n") + "\n";
}
