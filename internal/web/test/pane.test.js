import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { indexOf } from "../assets/talk/rows.js";
import { Pane } from "../assets/talk/pane.js";

// What a browser does with the elements: it lays the rows on the page out one below the other,
// between two boxes, in a box of 800 px that scrolls.
const view = 800;

class Screen {
  changes = 0; // how often the pane has asked for other rows
  heights = new Map(); // of rows, by key; 50 px if it is not there
  rows = [];
  #top = 0;

  constructor() {
    this.pane = new Pane(() => this.changes++);
    const screen = this;
    this.box = {
      clientHeight: view,
      get scrollTop() {
        return screen.#top;
      },
      set scrollTop(y) {
        screen.#top = Math.max(0, Math.min(y, screen.height - screen.box.clientHeight));
      },
      get scrollHeight() {
        return Math.max(screen.box.clientHeight, screen.height);
      },
      getBoundingClientRect: () => ({ top: 0, bottom: view, height: view }),
    };
    this.list = {
      offsetTop: 0,
      querySelector: () => null, // nothing has the focus
      get children() {
        return screen.elements();
      },
    };
    this.pane.attach(this.box, this.list);
  }

  heightOf = ({ key }) => this.heights.get(key) ?? 50;

  get mounted() {
    return this.rows.slice(this.pane.from, this.pane.to);
  }

  get height() {
    return this.pane.above + this.mounted.reduce((sum, row) => sum + this.heightOf(row), 0) + this.pane.below;
  }

  elements() {
    let y = this.pane.above - this.#top;
    const rows = this.mounted.map((row) => {
      const [top, height] = [y, this.heightOf(row)];
      y += height;
      return {
        key: row.key,
        dataset: { key: row.key },
        top,
        querySelector: () => null,
        getBoundingClientRect: () => ({ top, bottom: top + height, height }),
      };
    });
    const box = { dataset: {} };
    return [box, ...rows, box];
  }

  /** Shows other rows, as the page does: what they are, what is measured, and once more if other rows are needed. */
  show(rows) {
    this.rows = rows;
    for (let n = 0; n < 10; n++) {
      const before = this.changes;
      this.pane.take(rows, indexOf(rows));
      this.pane.settle();
      if (this.changes === before) return;
    }
    throw new Error("it never comes to rest");
  }

  scroll(y) {
    const before = this.changes;
    this.box.scrollTop = y;
    this.pane.scrolled();
    if (this.changes !== before) this.show(this.rows);
  }

  /** Returns where a row is in the view; undefined if it is not on the page. */
  place(key) {
    return this.elements().find((one) => one?.key === key)?.getBoundingClientRect().top;
  }
}

const rows = (from, to) => Array.from({ length: to - from }, (_, n) => ({ key: "r" + (from + n), type: "message" }));

let screen;
beforeEach(() => {
  screen = new Screen();
});

test("it opens at the end, with the rows near it", () => {
  screen.show(rows(0, 5_000));
  assert.ok(screen.pane.atEnd && screen.place("r4999") === view - 50);
  assert.ok(screen.mounted.length < 50, String(screen.mounted.length));
  assert.equal(screen.pane.lastVisible().key, "r4999");
});

test("at the end, what is new is followed", () => {
  screen.show(rows(0, 100));
  screen.show(rows(0, 103));
  assert.equal(screen.place("r102"), view - 50);
});

test("nothing moves under a pointer at what it can press, however much comes below and above", () => {
  screen.show(rows(0, 100));
  screen.pane.point("r95", true);
  const before = screen.place("r95");
  screen.heights.set("r100", 24).set("r101", 24); // both end near what is seen
  for (const to of [101, 102]) {
    screen.show(rows(0, to));
    assert.equal(screen.place("r95"), before);
  }
  screen.box.clientHeight = view - 50; // a bar comes below the conversation
  screen.pane.scrolled();
  assert.equal(screen.place("r95"), before);
  screen.box.clientHeight = view;
  screen.show(rows(0, 101));
  const above = (n) => [...rows(0, 95), ...rows(200, 200 + n), ...rows(95, 101)]; // as messages come above drafts
  for (const n of [1, 20]) {
    screen.show(above(n));
    assert.equal(screen.place("r95"), before);
  }
  screen.pane.point("", true);
  assert.equal(screen.place("r100"), view - 24);
  screen.pane.point("r95", true);
  screen.box.scrollTop -= 300; // another row comes under the pointer before the page hears of it
  const scrolled = screen.place("r95");
  screen.pane.point("", true);
  assert.equal(screen.place("r95"), scrolled);
  screen.pane.goToEnd();
  screen.show(screen.rows);
  screen.pane.point("r95", true);
  screen.show([...above(3), ...rows(300, 400)]); // the person has scrolled on: it is out of sight
  screen.pane.goToEnd();
  screen.show(screen.rows);
  screen.pane.point("r95", true);
  screen.show([...screen.rows, ...rows(400, 401)]);
  assert.equal(screen.place("r400"), view - 50);
});

test("what comes under a pointer that rests is followed on, and what is held is let go once it has gone", () => {
  screen.show(rows(0, 100));
  screen.pane.point("r99", false);
  screen.show(rows(0, 101));
  assert.equal(screen.place("r100"), view - 50);
  screen.pane.point("r100", true);
  screen.heights.set("r101", 20).set("r102", 20); // both end near what is seen
  screen.show(rows(0, 102));
  screen.pane.point("r100", false); // another button of the row comes under it
  screen.show(rows(0, 103));
  assert.equal(screen.place("r100"), view - 50);
  screen.pane.point("r101", false);
  assert.equal(screen.place("r102"), view - 20);
});

test("what is out of sight is told, and sought from the view on, round again behind the last", () => {
  screen.show(rows(0, 200));
  const keys = ["r150", "r2", "r90", "r110"];
  assert.deepEqual(screen.pane.unseen(keys), keys, "the view is at the end");
  const to = (key, part) => (screen.pane.go(key, part), screen.show(screen.rows));
  to("r104", 0);
  assert.deepEqual(screen.pane.unseen(keys), ["r150", "r2", "r90"]);
  to("r110", -30 / view);
  assert.deepEqual(screen.pane.unseen(keys), keys, "a part is not enough");
  screen.heights.set("r110", 20);
  to("r110", 0);
  assert.deepEqual(screen.pane.unseen(keys), ["r150", "r2", "r90"]);

  const seek = (by, last = "") => screen.pane.next([...keys, "not loaded"], by, last);
  const next = (...how) => seek(...how).key;
  const inView = { key: "r110", at: 4 };
  assert.deepEqual([seek(1), seek(-1)], [inView, inView], "what is in the view comes first");
  assert.deepEqual(seek(-1, "r110"), { key: "r90", at: 3 });
  assert.deepEqual([next(1, "r110"), next(1, "r150")], ["r150", "r110"], "one that is out of the view tells nothing");
  to("r150", 0.2);
  assert.deepEqual([next(1, "r150"), next(-1, "r150")], ["not loaded", "r110"]);
  to("r2", 0.2);
  assert.equal(next(-1, "r2"), "not loaded");
});

test("what is read stays where it is while rows come below and above", () => {
  screen.show(rows(100, 200));
  screen.scroll(1_000);
  const key = screen.pane.firstVisible();
  const before = screen.place(key);
  screen.show(rows(100, 230));
  assert.equal(screen.place(key), before);
  assert.ok(!screen.pane.atEnd);
  screen.show(rows(0, 230));
  assert.ok(Math.abs(screen.place(key) - before) <= 0.5);
});

test("what is read stays where it is when rows above turn out higher", () => {
  screen.show(rows(0, 300));
  screen.scroll(6_000);
  const key = screen.pane.firstVisible();
  const before = screen.place(key);
  for (const row of screen.mounted.slice(0, 8)) screen.heights.set(row.key, 400);
  screen.show(screen.rows);
  assert.ok(Math.abs(screen.place(key) - before) <= 0.5);
});

test("what was at the lower edge stays there when a keyboard opens and closes, unless the pointer holds a row", () => {
  for (const top of [6_000, Infinity]) {
    screen.show(rows(0, 300));
    screen.scroll(top);
    const [key, before] = [screen.pane.lastVisible().key, screen.place(screen.pane.lastVisible().key)];
    for (const height of [500, 467, view]) {
      screen.box.clientHeight = height;
      screen.show(screen.rows);
      assert.equal(screen.place(key), before + height - view);
    }
  }
  screen.scroll(6_000);
  const key = screen.pane.firstVisible();
  const before = screen.place(key);
  screen.pane.point(key, true);
  screen.box.clientHeight = 500;
  screen.show(screen.rows);
  screen.pane.release();
  assert.equal(screen.place(key), before);
});

test("the button that leads to the end is asked for once more than a row lies below the view, and not before", () => {
  screen.show(rows(0, 300));
  const end = screen.box.scrollTop;
  for (const [up, far] of /** @type {[number, boolean][]} */ ([[60, false], [130, true], [70, false]])) {
    const { changes } = screen;
    const before = screen.pane.far;
    screen.scroll(end - up);
    assert.equal(screen.pane.far, far);
    assert.equal(screen.changes > changes, far !== before, "the page is told, and no more often");
  }
});

test("wherever one scrolls, rows are there and few elements are", () => {
  for (let n = 0; n < 2_000; n += 7) screen.heights.set("r" + n, 20 + (n * 37) % 900);
  screen.show(rows(0, 2_000));
  for (let y = 0; y < 60_000; y += 7_919) {
    screen.scroll(y);
    const places = screen.elements().filter(({ key }) => key).map((one) => one.getBoundingClientRect());
    assert.ok(places[0].top <= 0 && places.at(-1).bottom >= view, `at ${y} there is a hole`);
    assert.ok(places.length < 80);
  }
});

test("rows that were forgotten leave nothing behind, and the end stays where it is", () => {
  screen.show(rows(0, 400));
  for (let y = 0; y < 20_000; y += 700) screen.scroll(y);
  screen.pane.goToEnd();
  screen.show(rows(380, 401));
  assert.equal(screen.place("r400"), view - 50);
  assert.ok([...screen.pane.heights.keys()].every((key) => Number(key.slice(1)) >= 380));
});

test("it goes to a row that was never on the page, and stays there", () => {
  screen.show(rows(0, 1_000));
  screen.pane.go("r300", 0.25);
  screen.show(screen.rows);
  assert.ok(Math.abs(screen.place("r300") - 200) <= 1);
  assert.equal(screen.pane.goal, null);
  screen.show(rows(0, 1_010));
  assert.ok(Math.abs(screen.place("r300") - 200) <= 1);
  screen.pane.goToEnd();
  screen.show(screen.rows);
  assert.equal(screen.place("r1009"), view - 50);
});

test("it goes to a place within a row", () => {
  for (const { key } of rows(0, 600)) screen.heights.set(key, 2_000);
  screen.show(rows(0, 600));
  screen.pane.go("r300", 0.25, ({ top }) => ({ getBoundingClientRect: () => ({ top: top + 1_500 }) }));
  screen.show(screen.rows);
  assert.equal(screen.place("r300"), 200 - 1_500);
});

test("it returns to where a long row begins before that is folded", () => {
  screen.heights.set("r5", 4_000);
  screen.show(rows(0, 100));
  screen.pane.go("r5", 0);
  screen.show(screen.rows);
  screen.scroll(screen.box.scrollTop + 2_000);
  assert.equal(screen.place("r5"), -2_000);
  screen.pane.returnTo("r5");
  screen.heights.set("r5", 300);
  screen.show(screen.rows);
  assert.equal(screen.place("r5"), 80);
  screen.pane.returnTo("r5");
  assert.equal(screen.pane.goal, null);
});

test("it goes to nothing that is not there", () => {
  screen.show(rows(0, 100));
  screen.pane.go("unknown");
  screen.show(screen.rows);
  assert.equal(screen.pane.goal.key, "unknown"); // it may still come
  screen.scroll(500);
  assert.equal(screen.pane.goal, null);
});

test("at the end, what grows is followed, also if the browser tells first that the view was scrolled", () => {
  screen.show(rows(0, 100));
  screen.heights.set("r99", 300); // a picture has come
  screen.pane.scrolled(); // by settle, before that
  assert.ok(screen.pane.atEnd && screen.place("r99") === view - 300);
  screen.scroll(screen.box.scrollTop - 200);
  screen.heights.set("r98", 300);
  screen.pane.scrolled();
  assert.ok(!screen.pane.atEnd);
});

test("at the end it stays there when a keyboard opens before the browser tells of a scroll", () => {
  screen.show(rows(0, 100));
  screen.box.clientHeight = 500;
  screen.pane.scrolled(); // by settle, before that
  assert.ok(screen.pane.atEnd && screen.place("r99") === 450);
});

test("at the end it stays there when a keyboard closes, though the browser goes back further than it has to", () => {
  screen.box.clientHeight = 500;
  screen.show(rows(0, 100));
  screen.box.clientHeight = view;
  screen.box.scrollTop -= 372;
  screen.show(screen.rows);
  assert.ok(screen.pane.atEnd && screen.place("r99") === view - 50);
});

test("a person who scrolls up while the view changes its size, or a message comes, stays there", () => {
  for (const change of [() => (screen.box.clientHeight = 500), () => screen.show(rows(0, 101))]) {
    screen = new Screen();
    screen.show(rows(0, 100));
    screen.box.scrollTop = 1_000; // the browser tells of it later
    change();
    screen.pane.scrolled();
    assert.equal(screen.box.scrollTop, 1_000);
    assert.ok(!screen.pane.atEnd);
  }
});

test("at the end it stays there when a screen is turned, whatever the browser makes of the scroll meanwhile", () => {
  screen.show(rows(0, 100));
  screen.box.clientWidth = 390;
  screen.box.scrollTop = 1_000;
  screen.pane.scrolled();
  assert.ok(screen.pane.atEnd && screen.place("r99") === view - 50);
});

test("it stays where it is when something at the end grows, if it is held", () => {
  screen.show(rows(0, 100));
  const before = screen.place("r95");
  screen.pane.hold();
  screen.heights.set("r99", 600);
  screen.show(screen.rows);
  assert.equal(screen.place("r95"), before);
});

test("days and the line of what is unread do not hold the view", () => {
  const mixed = [{ key: "day", type: "day" }, { key: "unread", type: "unread" }, ...rows(0, 100)];
  screen.show(mixed);
  screen.scroll(0);
  assert.equal(screen.pane.firstVisible(), "r0");
});

test("what is being sent is not what one has read", () => {
  screen.show([...rows(0, 30), { key: "sending:k", type: "sending" }]);
  assert.equal(screen.pane.lastVisible().key, "r29");
});
