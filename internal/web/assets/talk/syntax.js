// Colours in code: comments, strings, numbers, keywords and the names of fields. Languages belong to
// families that write these alike, which is enough to read by. No expression takes more than one
// pass over a hostile text: what opens goes on to where its line or its text ends. The colours come behind the first
// view, and move nothing.

import { html } from "../vendor.js";

const most = 4_000; // parts of one text; the rest has no colour

const string = (quote) => `${quote}(?:\\\\.|[^${quote}\\\\\\n])*${quote}?`;
const quoted = "'(?:\\\\.|[^'\\\\\\n]){0,400}'"; // an apostrophe opens nothing
const template = "`(?:\\\\[^]|[^`\\\\])*`?";
const triple = ['"', "'"].map((quote) => `${quote}{3}(?:[^${quote}]|${quote}(?!${quote}{2}))*(?:${quote}{3})?`);
const block = String.raw`/\*(?:[^*]|\*(?!/))*(?:\*/)?`;
const number = String.raw`\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\w*`;
const name = String.raw`[\p{L}_$][\p{L}\d_$]*`;
const field = String.raw`^[ \t]*(?:- )*[\w.-]+(?=[ \t]*[:=])`;

/** A family: expressions of what has a colour, the first that fits; of names only those among the words. */
const family = (kinds, words = "") => ({
  expression: new RegExp(Object.entries(kinds).map(([kind, one]) => `(?<${kind}>${one})`).join("|"), "gmu"),
  words: new Set(words.split(" ")),
});

const character = "'(?:\\\\[^'\\n]*|[^'\\\\\\n])'"; // what else follows an apostrophe of Rust is a lifetime

const cWords =
  "abstract as async await bool boolean break case catch chan char class const constructor continue crate " +
  "default defer delete do double dyn else enum export extends extern false final finally float fn for from fun " +
  "func function go goto if impl implements import in instanceof int interface internal is let long loop map " +
  "match mod mut namespace new nil null of operator override package private protected pub public range " +
  "readonly ref return select self sealed short signed sizeof static string struct super switch this throw " +
  "throws trait true try type typedef typeof undefined unsafe unsigned use using val var virtual void volatile " +
  "when where while with yield";
const sqlWords = "add all alter and as asc begin between by case check column commit constraint create cross default " +
  "delete desc distinct drop else end exists false foreign from full group having if in index inner insert into is " +
  "join key left like limit not null offset on or order outer primary references returning right rollback select set " +
  "table then transaction true union unique update using values view when where with";

const families = {
  ["c cc cpp c++ cs csharp dart go golang graphql h hpp java javascript js json5 jsonc jsx kotlin kt mjs php proto " +
    "scala swift ts tsx typescript zig"]:
    family({ comment: `//.*|${block}`, string: `${string('"')}|${quoted}|${template}`, number, name }, cWords),
  "rs rust": family({ comment: `//.*|${block}`, string: `${string('"')}|${character}`, number, name }, cWords),
  "bash console dockerfile elixir ex hcl make makefile nix perl pl py python r rb ruby sh shell terraform tf zsh":
    family({ comment: String.raw`(?<![\w$\\{])#.*`, string: [...triple, string('"'), quoted].join("|"), number, name },
      "alias and as assert async await begin break case class continue def del do done echo elif else elsif end " +
      "ensure esac except exit export False false fi finally for from function global if import in is lambda local " +
      "match module next nil None nonlocal not null or pass raise rescue return self set shift sudo then True true " +
      "try unless until when while with yield FROM RUN COPY CMD ENV WORKDIR ENTRYPOINT ARG"),
  "conf env ini json toml yaml yml":
    family({ comment: String.raw`(?<!\S)#.*`, key: String.raw`"(?:\\.|[^"\\\n])*"(?=[ \t]*:)|${field}`,
      string: `${string('"')}|${quoted}`, number, name }, "true false null yes no on off"),
  "mysql postgres postgresql sql sqlite":
    family({ comment: `--.*|${block}`, string: `${quoted}|${string('"')}`, number, name },
      sqlWords + " " + sqlWords.toUpperCase()),
  "htm html svelte svg vue xhtml xml":
    family({ comment: "<!--(?:[^-]|-(?!->))*(?:-->)?", keyword: String.raw`<[/!?]?[\w:.-]+|[/?]?>`,
      key: String.raw`(?<=\s)[\w:@.-]+(?==)`, string: `(?<==)(?:"[^"]*"?|'[^']*'?)` }),
  "css less scss":
    family({ comment: block, string: `${string('"')}|${quoted}`, key: String.raw`^[ \t]*[\w-]+(?=:)`,
      keyword: String.raw`@[\w-]+`, number: String.raw`#[\da-fA-F]{3,8}\b|${number}%?` }),
  "diff patch": family({ comment: "^(?:@@|diff |index |---|\\+\\+\\+).*", string: String.raw`^\+.*`, removed: "^-.*" }),
};
const byLanguage = new Map(
  Object.entries(families).flatMap(([languages, one]) => languages.split(" ").map((language) => [language, one])),
);

export const Coloured = ({ text, language }) => coloured(text, language).map(({ kind, text }) =>
  (kind ? html`<span class=${"code-" + kind}>${text}</span>` : text));

/** Returns the parts of a code in a language, {kind, text}, with "" for the kind of what has no colour. */
export function coloured(code, language) {
  const family = byLanguage.get(language.toLowerCase());
  if (!family) return [{ kind: "", text: code }];
  const parts = [];
  let at = 0;
  for (const { index, 0: text, groups } of code.matchAll(family.expression)) {
    const kind = Object.keys(groups).find((kind) => groups[kind] !== undefined);
    if (kind === "name" && !family.words.has(text)) continue;
    if (parts.length >= most) break;
    if (index > at) parts.push({ kind: "", text: code.slice(at, index) });
    parts.push({ kind: kind === "name" ? "keyword" : kind, text });
    at = index + text.length;
  }
  return at < code.length ? [...parts, { kind: "", text: code.slice(at) }] : parts;
}
