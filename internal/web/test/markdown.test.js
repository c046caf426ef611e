import { all, shown } from "./elements.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { Markdown, tokensOf } from "../assets/talk/markdown.js";
import { Coloured } from "../assets/talk/syntax.js";

const md = (text, ...attributes) => shown(Markdown({ text }), ...attributes).replace(/^<div>|<\/div>$/g, "").trim();
const links = (text) => all(Markdown({ text }), "a").map(({ props }) => props.href);

test("a text is shown as its writer laid it out", () => {
  assert.equal(md("one\ntwo *em* **strong** ~~s~~ `code`"),
    "<p>one<br></br>two <em>em</em> <strong>strong</strong> <s>s</s> <code>code</code></p>");
  assert.equal(md("- a\n- b"), "<ul><li>a</li><li>b</li></ul>");
  assert.equal(md("7. a\n8. b", "start"), '<ol start="7"><li>a</li><li>b</li></ol>');
  assert.equal(md("0. a", "start"), '<ol start="0"><li>a</li></ol>');
  assert.equal(md("> quoted"), "<blockquote><p>quoted</p></blockquote>");
  assert.equal(md("---"), "<hr></hr>");
});

test("the named characters of HTML 4 are read, and other names stay as they are", () => {
  assert.equal(md("a&mdash;b &euro;&Eacute; &#39;&#x41; `&amp;`"), "<p>a—b €É 'A <code>&amp;</code></p>");
  const others = "a & b && &constructor; &NotEqualTilde; &apos &;";
  assert.equal(md(others), `<p>${others}</p>`);
  assert.equal(md("&apos;"), "<p>'</p>");
  assert.deepEqual(links("[x](https://example.com/?a&amp;b)"), ["https://example.com/?a&b"]);
});

test("[x] and [ ] at the beginning of an item are boxes, and text elsewhere", () => {
  const box = (name) => `<span role="img" aria-label="${name}"><Icon></Icon></span> `;
  const boxed = (text) => md(text, "role", "aria-label");
  assert.equal(boxed("- [x] a\n- [X] *b*\n- [ ] c\n- d"), "<ul><li>" + box("done") + "a</li><li>" + box("done") +
    "<em>b</em></li><li>" + box("not done") + "c</li><li>d</li></ul>");
  assert.equal(boxed("- [x] a\n\n- b"), "<ul><li><p>" + box("done") + "a</p></li><li><p>b</p></li></ul>");
  assert.equal(boxed("1. [ ] a"), "<ol><li>" + box("not done") + "a</li></ol>");
  for (const text of ["[x] a", "a [x] b"]) assert.equal(boxed(text), `<p>${text}</p>`);
  assert.equal(boxed("- [y] a\n- [x]a\n- `[x] a`"),
    "<ul><li>[y] a</li><li>[x]a</li><li><code>[x] a</code></li></ul>");
});

test("a number that begins no list is text", () => {
  assert.equal(md("8443. That is the *TLS* port."), "<p>8443. That is the <em>TLS</em> port.</p>");
  assert.equal(md("2019."), "<p>2019. </p>");
  assert.equal(md("42) yes"), "<p>42) yes</p>");
  assert.equal(md("1. a"), "<ol><li>a</li></ol>");
  assert.equal(md("999. a\n1000. b", "start"), '<ol start="999"><li>a</li><li>b</li></ol>');
  assert.equal(md("1000. a\n1001. b"), "<p>1000. a</p><p>1001. b</p>");
});

test("what stands below such a number stays what it is", () => {
  assert.equal(md("5. a\n\n   b\n   - c\n   - d"), "<p>5. a</p><p>b</p><ul><li>c</li><li>d</li></ul>");
  assert.equal(md("5. 7. a"), "<p>5. 7. a</p>");
  assert.equal(md("7. - a"), "<p>7. </p><ul><li>a</li></ul>");
  assert.equal(md("1. a\n   7. b"), "<ol><li>a<br></br>7. b</li></ol>");
  assert.equal(md("1. a\n2. 8443. b"), "<ol><li>a</li><li><p>8443. b</p></li></ol>");
});

test("a number that is higher than the next one in a list stays as it was written", () => {
  const values = (text) => all(Markdown({ text }), "li").map(({ props }) => props.value ?? "").join();
  assert.equal(values("3. a\n7. b\n8. c\n9. d"), ",7,,");
  assert.equal(values("1. a\n8443. b"), ",8443");
  assert.equal(values("1. a\n1. b\n1. c"), ",,"); // as many people count
  assert.equal(values("1. a\n\n   5. x\n   7. y\n2. b"), ",,7,");
});

test("a list has room for its digits", () => {
  const classes = (text) => all(Markdown({ text }), "ol").map(({ props }) => props.class).join();
  assert.equal(classes("1. a\n2. b"), "md-digits-1");
  assert.equal(classes("9. a\n1. b"), "md-digits-2");
  assert.equal(classes("1. a\n".repeat(100)), "md-digits-3");
  assert.equal(classes("999. a\n1. b"), "md-digits-4");
  assert.equal(classes("1. a\n8443. b"), "md-digits-4");
});

test("a heading of a text is none of the page", () => {
  assert.equal(md("# A\n\n###### B"), "<p><strong>A</strong></p><p><strong>B</strong></p>");
});

test("a table has its alignment, and no other style", () => {
  const table = all(Markdown({ text: "| a | b |\n|:-:|---|\n| 1 | 2 |" }), "table")[0];
  assert.equal(
    shown(table, "class"),
    '<table><thead><tr><th class="center">a</th><th>b</th></tr></thead>' +
      '<tbody><tr><td class="center">1</td><td>2</td></tr></tbody></table>',
  );
});

test("code is shown as it is, with its language and a button", () => {
  const element = Markdown({ text: "```go run\nx := 1\n```" });
  assert.equal(shown(all(element, "bdi")[0]), "<bdi>go</bdi>");
  const [code] = all(element, "code");
  assert.equal(shown(Coloured(code.props.children.props)), "x := <span>1</span>");
  assert.match(shown(element), /<Copy>/);
});

test("HTML stays text", () => {
  assert.equal(md("<img src=x onerror=alert(1)>"), "<p><img src=x onerror=alert(1)></p>");
  assert.deepEqual(all(Markdown({ text: "<script>alert(1)</script>\n\n<b>x</b>" }), "script"), []);
});

test("a picture is a link, and nothing is loaded", () => {
  const element = Markdown({ text: "![a plot](https://evil.example/p.png) ![](https://evil.example/q.png)" });
  assert.deepEqual(all(element, "img"), []);
  assert.match(shown(element), /a plot<\/a> <bdi>\(evil\.example\)/);
  assert.match(shown(element), /image<\/a>/);
});

test("a link leads to http, https or mail, or nowhere, and says so", () => {
  assert.deepEqual(links("[a](https://a.example/) [b](http://b.example) <c@c.example>"),
    ["https://a.example/", "http://b.example/", "mailto:c@c.example"]);
  for (const address of [
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc",
    "/r/other",
    "//evil.example",
    "r",
    "#x",
  ]) {
    const element = Markdown({ text: `[here](${address})` });
    assert.deepEqual(all(element, "a"), [], address);
    assert.ok(shown(element).includes(`here (${address})`), shown(element));
  }
});

test("a link trusts nobody", () => {
  const [{ props }] = all(Markdown({ text: "[a](https://a.example/)" }), "a");
  assert.deepEqual([props.target, props.rel], ["_blank", "noopener noreferrer nofollow"]);
});

test("a link says where it leads, unless its whole address is what it shows", () => {
  const host = (text) =>
    all(Markdown({ text }), "bdi")
      .map((element) => shown(element).replace(/<\/?bdi>/g, ""))
      .join();
  assert.equal(host("[https://bank.example](https://evil.example/x)"), "(evil.example)");
  assert.equal(host("<https://bank.example@evil.example/>"), "(evil.example)");
  assert.equal(host("<https://:bank.example@evil.example/>"), "(evil.example)");
  assert.equal(host("[**https://bank.example/**evil.example](http://evil.example/)"), "(evil.example)");
  assert.equal(host("[`bank.example/`evil.example](http://evil.example/)"), "(evil.example)");
  assert.equal(host("[write](mailto:a@b.example)"), "(a@b.example)");
  assert.equal(host("https://example.com/a [http://plain.example](http://plain.example)"), "");
  assert.deepEqual(links("main.rs and 1.2.3.4 and a@b.example"), []);
});

test("beyond its bounds a text is shown as it is", () => {
  const plain = (text) => tokensOf(text) === null && md(text) === `<p>${text}</p>`;
  assert.ok(plain("W".repeat(40_001)));
  assert.ok(plain("[".repeat(1_500)));
  assert.ok(plain("> ".repeat(30) + "deep"));
  assert.ok(plain("# a\n".repeat(900)));
  assert.ok(plain("**a _b ".repeat(30)) || tokensOf("**a _b ".repeat(30)) !== null);
  assert.ok(!plain("W".repeat(40_000)));
  assert.ok(!plain("> ".repeat(8) + "fine"));
});

test("hostile texts take no time", () => {
  const texts = [
    "![".repeat(16_384),
    "[a](b)".repeat(5_400),
    "*a **b ".repeat(4_600),
    "|a".repeat(5_000) + "|\n" + "|-".repeat(5_000) + "|",
    "- ".repeat(2_000) + "deep",
    "[".repeat(400) + "a" + "](http://evil.example/)".repeat(400),
    "`".repeat(30_000),
    "<a ".repeat(10_000),
  ];
  const began = process.cpuUsage();
  for (const text of texts) md(text);
  assert.ok(process.cpuUsage(began).user < 3_000_000, "milliseconds are expected");
});
