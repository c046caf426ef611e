import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { coloured } from "../assets/talk/syntax.js";

const seen = (language, code) => coloured(code, language)
  .map(({ kind, text }) => (kind ? `[${kind} ${text}]` : text))
  .join("");

test("comments, strings, numbers, keywords and fields have a colour in each family", () => {
  for (const [language, code] of [
    ["go", '[keyword if] x := [number 0x1F]; ok([string "a\\""]) { [comment // why]'],
    ["TS", "[keyword const] a = [string `b\n${c}`] [comment /* d\n e */]"],
    ["rust", "[keyword fn] f<'a>() -> [string 'x']"],
    ["python", '[keyword def] f(a): [string """b\n"c"""] [comment # d]'],
    ["sh", "[keyword for] f [keyword in] *.go; [keyword do] [keyword echo] [string \"$#\"]; [keyword done]"],
    ["json", '{[key "a"]: [number 1.5e3], [key "b"]: [[string "c"], [keyword null]]}'],
    ["yaml", "[key a]:\n[key   - b]: http://c#d [comment # e]"],
    ["sql", "[keyword SELECT] a [keyword from] b [keyword WHERE] c = [string 'd'] [comment -- e]"],
    ["html", '[keyword <a] [key href]=[string "b"][keyword >]it is[keyword </a][keyword >][comment <!-- c -->]'],
    ["css", "[keyword @media] {\n[key   color]: [number #fff]; }"],
    ["diff", "[comment @@ -1 +1 @@]\n[removed -a]\n[string +b]\n c"],
    ["", "if true { 1 }"],
    ["constructor", "if true { 1 }"],
  ])
    assert.equal(seen(language, plain(code)), code);
});

/** Returns the code of which the marks tell what is seen. */
function plain(marked) {
  let before;
  do {
    before = marked;
    marked = marked.replace(/\[(?:comment|string|number|keyword|key|removed) ((?:[^[\]]|\[\])*)\]/g, "$1");
  } while (marked !== before);
  return marked;
}

test("hostile code is shown whole, and takes no time", () => {
  const openers = ["/*", "'\\", '"\\', "`", '"""', "'''", "<!--", "--", "#", " ", "- ", "\t-", "a", "a.", "0", "1_",
    '="', "<a ", "\\", "'", "é", "a:", "*", "-"];
  const began = process.cpuUsage();
  for (const language of ["ts", "py", "yaml", "sql", "html", "css", "diff"]) {
    for (const opener of openers) {
      const code = opener.repeat(Math.ceil(32_768 / opener.length));
      const parts = coloured(code, language);
      assert.equal(parts.map(({ text }) => text).join(""), code);
      assert.ok(parts.length <= 4_002);
    }
  }
  assert.ok(process.cpuUsage(began).user < 5_000_000, "milliseconds are expected");
});

// WCAG 2.2, 1.4.3: 4.5 to 1 for text.
test("colours of text stand out enough on each surface, light and dark, also where it is tinted", () => {
  const read = (name) => readFileSync(new URL("../assets/" + name, import.meta.url), "utf8");
  const css = read("base.css");
  const pairs = [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}|rgb\([^)]+\)), (#\w{6}|rgb\([^)]+\))\)/g)];
  const colours = Object.fromEntries(pairs.map(([, name, light, dark]) => [name, { light, dark }]));
  const isText = /^((who|code)-|(text|text-soft|accent|danger|warn|ok)$)/;
  const texts = Object.keys(colours).filter((name) => isText.test(name));
  assert.ok(texts.length >= 19, texts.join());
  for (const text of texts) {
    for (const on of text.startsWith("code-") ? ["bg-code"] : ["bg", "bg-raised", "bg-private", "bg-sidebar"]) {
      for (const look of ["light", "dark"]) {
        for (const ground of [colours[on][look], tinted(colours[on][look], colours["bg-tint"][look])]) {
          const got = contrast(colours[text][look], ground);
          assert.ok(got >= 4.5, `${text} on ${on}, ${ground}, ${look}: ${got.toFixed(2)}`);
        }
      }
    }
  }
});

/** Returns a colour on which a translucent one lies: rgb(r g b / a). */
function tinted(ground, tint) {
  const [r, g, b, alpha] = tint.match(/[\d.]+/g).map(Number);
  const under = [1, 3, 5].map((at) => parseInt(ground.slice(at, at + 2), 16));
  const mixed = [r, g, b].map((over, n) => over * alpha + under[n] * (1 - alpha));
  return "#" + mixed.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");
}

function contrast(a, b) {
  const [light, dark] = [a, b].map(luminance).sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
