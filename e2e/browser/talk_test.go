package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTalk_hundredsOfMessages_stayLight(t *testing.T) {
	t.Parallel()
	staysLight(t, 400)
}

func TestSoak_talk_thousandsOfMessages_stayLight(t *testing.T) {
	playedAtNight(t)
	staysLight(t, 5000)
}

// staysLight goes through a conversation of so many messages.
func staysLight(t *testing.T, most int) {
	t.Helper()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Thousands")
	sent := bob.speaks(most, func(n int) string {
		switch {
		case n%10 == 3:
			return fmt.Sprintf("Step %d:\n\n- first **point**\n- second with `code`\n- third", n)
		case n%25 == 7:
			return fmt.Sprintf("Here:\n\n```go\nx := %d\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |", n)
		case n%40 == 9:
			return strings.Repeat("A word and another. ", 100)
		}
		return fmt.Sprintf("Message %d, a line or two of text that says something about the work at hand.", n)
	})
	tab := s.person().tab()
	tab.look(1440, 900, "light")
	longest := tab.longestTask(func() {
		tab.visit(ann.watch)
		tab.is(css(".log-rows"))
		tab.loadsAll()
		if nodes := tab.strides(); nodes >= 2000 {
			t.Errorf("the page had %d elements", nodes)
		}
	})
	if longest > 200 {
		t.Errorf("a task took %d ms", longest)
	}
	if got := evaluate[int](tab, `document.querySelector('[data-id="`+sent[most-1]+`"]') ? 1 : 0`); got != 1 {
		t.Error("the last message is not at the end")
	}
}

// strides goes to the end in steps of ten screens and returns the most elements that the
// page had.
func (tab *tab) strides() int {
	tab.t.Helper()
	return evaluate[int](tab, `(async () => {
		const log = document.querySelector(".log");
		let most = 0;
		while (log.scrollHeight - log.scrollTop - log.clientHeight > 2) {
			log.scrollTop += log.clientHeight * 10;
			for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame);
			most = Math.max(most, document.querySelectorAll("*").length);
			if (!log.querySelector(".message")) throw new Error("nothing is shown at " + log.scrollTop);
		}
		return most;
	})()`)
}

func TestTalk_whatIsRead_staysWhereItIs_andComingBackOpensAtTheFirstUnread(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Reading")
	bob.speaks(250, numbered("Early"))
	tab := s.person().open(ann.watch)
	tab.is(css(".log-rows"))
	tab.until("the page is at the end", "document.querySelector('.log').innerText.includes('Early 249')")

	// Earlier messages come above.
	tab.loadsEarlier()

	// New ones come below.
	evaluate[*bool](tab, "void (document.querySelector('.log').scrollTop += 700)")
	evaluate[*bool](tab, "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
	read := tab.firstInView()
	before := tab.place(read)
	bob.speaks(3, numbered("Late"))
	tab.sees("3 new")
	if after := tab.place(read); after != before {
		t.Errorf("new messages moved what is read from %d to %d", before, after)
	}
	// The window becomes smaller: what is at its lower edge stays there.
	tab.look(1440, 600, "light")
	tab.until("it is as far from the lower edge", fmt.Sprintf("Math.abs(document.querySelector('[data-id=%q] "+
		".message-body').getBoundingClientRect().top - %d) < 2", read, before-300))

	tab.click(button("3 new"))
	tab.sees("Late 2")
	tab.isNot(button("Latest"))
	// At the end, what is new is followed, and counts as read while more and more comes.
	const readTo = `Object.keys(localStorage).filter((name) => name.startsWith("parley.read.")).map((name) => localStorage[name]).join()`
	unread := evaluate[string](tab, readTo)
	for n := 0; evaluate[string](tab, readTo) == unread; n++ {
		if n == 200 {
			t.Fatal("nothing is read while messages stream")
		}
		bob.says(fmt.Sprint("Stream ", n))
	}
	last := bob.says("The very last")
	tab.sees("The very last")
	tab.until("the end is in view", "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - "+
		"clientHeight < 2)(document.querySelector('.log'))")

	tab.until("what was seen counts as read", fmt.Sprintf("Object.values(localStorage).some((kept) => "+
		"kept.includes(%q))", last))
	tab.visit("about:blank")
	first := bob.speaks(60, numbered("Missed"))[0]
	tab.visit("/")
	tab.sees("60 unread")
	tab.sees("Online: Bob's Claude, Cy")
	tab.click(hyper("Reading"))
	tab.sees("Missed 0")
	tab.until("the line is near the top", "document.querySelector('.unread').getBoundingClientRect().top < 200")
	if at := tab.place(first); at < 0 || at > 300 {
		t.Errorf("the first unread message is at %d px", at)
	}
	tab.click(css(".log-latest"))
	tab.sees("Missed 59")
}

// A draft fills the screen, and what others say goes in above it: a button says so, and leads to the first of it.
func TestTalk_newAboveATallDraft_isTold_andUnreadUntilItIsSeen(t *testing.T) {
	t.Parallel()
	talk := trioOn(onFile(t))
	tab := talk.page
	tab.look(390, 844, "light")
	read := talk.bob.says("Early")
	tab.until("that is read", fmt.Sprintf("Object.values(localStorage).some((kept) => kept.includes(%q))", read))
	tab.click(button("Room"))
	tab.approves("All")
	tab.press("Escape")
	talk.ann.drafts(strings.Repeat("A line of a long report.\n\n", 60))
	tab.sees("1 draft to approve.")
	tab.until("the draft fills the view", `document.querySelector(".message-draft").getBoundingClientRect().top < 0`)
	first := talk.bob.speaks(3, numbered("Above"))[0]
	tab.click(button("3 new"))
	tab.until("the first of them has the focus", "document.activeElement.dataset.id === "+quoted(first))
	tab.until("it is in sight", inSight(fmt.Sprintf("[data-id=%q]", first)))
	tab.isNot(button("3 new"))
}

// Home leads to the first message that is loaded, and more is loaded above it: the focus stays there.
func TestTalk_home_bringsTheFocusToTheFirstLoadedMessage(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Far")
	sent := bob.speaks(250, numbered("Early"))
	tab := s.person().open(ann.watch)
	tab.sees("Early 249")
	tab.press("j")
	evaluate[string](tab, `(window.at = () => document.activeElement.matches("article") &&
	  document.activeElement.dataset.id || "")()`)
	for range 2 {
		before := evaluate[string](tab, `at()`)
		tab.press("Home")
		tab.until("another message has the focus", `at() && at() !== `+quoted(before))
		tab.until("more is loaded above it", `!document.querySelector(".log-beginning [aria-disabled=true]") &&
		  (document.activeElement.closest(".row").previousElementSibling?.dataset.key ||
		  !document.querySelector(".log-beginning button"))`)
		n := slices.Index(sent, evaluate[string](tab, `at()`))
		if before := slices.Index(sent, before); n < 0 || n >= before {
			t.Fatalf("from message %d, Home led to %d", before, n)
		}
		tab.press("ArrowDown")
		tab.until("the next one has the focus", `at() === `+quoted(sent[n+1]))
	}
	tab.press("End")
	tab.until("the last one has the focus", `at() === `+quoted(sent[249]))
}

// loadsEarlier scrolls up until more is loaded, and fails if that moves what is read then.
func (tab *tab) loadsEarlier() {
	tab.t.Helper()
	moved := evaluate[int](tab, `(async () => {
		const log = document.querySelector(".log");
		const height = log.scrollHeight;
		log.scrollTop = 400;
		await new Promise(requestAnimationFrame);
		const top = log.getBoundingClientRect().top;
		const read = [...log.querySelectorAll(".message-body")].find((body) => body.getBoundingClientRect().top > top);
		const before = read.getBoundingClientRect().top;
		for (let n = 0; n < 600 && log.scrollHeight < height * 1.3; n++) await new Promise(requestAnimationFrame);
		if (log.scrollHeight < height * 1.3) throw new Error("nothing more was loaded");
		return Math.round(Math.abs(read.getBoundingClientRect().top - before));
	})()`)
	if moved > 1 {
		tab.t.Errorf("earlier messages moved what is read by %d px", moved)
	}
}

func TestTalk_messages_areToldApartUnfoldedCopiedAndRemoved(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, cy := threeOf(t, s, "Speakers")
	tab := s.person().open(ann.watch)
	tab.is(css(".log-rows"))
	tab.press("Tab")
	tab.is(css(".skip:focus-visible"))
	tab.press("Enter")
	tab.until("the conversation has the focus", "document.activeElement.closest('.log')")
	question := bob.says("Which day\nsuits you?", args{"ask": []string{ann.name}})
	answer := ann.says("Friday.", args{"reply_to": question})
	cy.says("Just between us.", args{"to": []string{ann.name}})
	ann.says("And again.")
	ann.says("And once more.")
	tab.sees("And once more.")
	tab.is(role("article", "Bob's Claude, to everyone, Question, "+tab.clock(question)))
	tab.is(role("article", "Cy, Only to you, "+tab.clock(answer)))
	tab.sees("Only to you")
	heads := evaluate[string](tab, "[...document.querySelectorAll('.message-who')].map((who) => who.innerText).join()")
	if want := "Bob's Claude,Ann's Codex,Cy,Ann's Codex"; heads != want {
		t.Errorf("the groups are of %s, want %s", heads, want)
	}
	if n := evaluate[int](tab, "new Set([...document.querySelectorAll('.log .avatar')].map((who) => "+
		"getComputedStyle(who).color)).size"); n != 3 {
		t.Errorf("three agents have %d colors", n)
	}
	// A further message of the same speaker has one line, and its time while the focus is there.
	if lines := evaluate[string](tab, `[...document.querySelectorAll(".message:not(.message-first)")].map((one) => {
		const time = () => getComputedStyle(one.querySelector(".message-aside")).opacity;
		const before = time();
		one.focus();
		const gap = one.querySelector(".message-body").getBoundingClientRect().left -
			one.querySelector(".message-aside").getBoundingClientRect().right;
		const named = one.ariaLabel.startsWith("Ann's Codex, to everyone, ");
		return [before, time(), Math.round(one.offsetHeight), gap, named];
	}).join()`); lines != "0,1,24,6,true" {
		t.Errorf("further messages of a speaker: %s, want its time with the focus alone, 24 and 6 px, its name", lines)
	}
	ann.says("A word.", args{"to": []string{cy.name}})
	ann.says("And another.", args{"to": []string{cy.name}})
	tab.sees("And another.")
	for _, width := range []int64{390, 1280} {
		tab.look(width, 844, "light")
		if wrong := evaluate[string](tab, fmt.Sprintf(wrongPlaces, width)); wrong != "" {
			t.Errorf("at %d px: %s", width, wrong)
		}
	}
	// Words to some have the edge of their tint, of 6 px more.
	if tall := evaluate[int](tab, articleTall("Cy")); tall < 48 || tall > 52 {
		t.Errorf("a private message of a new speaker has %d px", tall)
	}
	tab.click(css(`[data-id="` + answer + `"] .quote`))
	tab.until("the answered message has the focus", fmt.Sprintf("document.activeElement.dataset.id === %q", question))
	tab.press("j")
	tab.until("the next message has the focus", fmt.Sprintf("document.activeElement.dataset.id === %q", answer))
	tab.press("ArrowUp", "r")
	writes := func() {
		t.Helper()
		tab.until("the composer has the focus", "document.activeElement.matches('.compose textarea')")
	}
	writes()

	// The conversation is one Tab stop. What is in a message is reached from there.
	tab.is(css(".answered"))
	tab.press("Escape")
	tab.isNot(css(".answered"))
	tab.press("Shift+Tab")
	focused := fmt.Sprintf("document.activeElement.dataset.id === %q", question)
	tab.until("the message has the focus again", focused)
	tab.press("Tab")
	writes()
	tab.press("Shift+Tab", "Enter")
	tab.until("a button of the message has the focus", fmt.Sprintf(
		"document.activeElement.matches('[data-id=%q] button')", question))
	tab.press("Escape")
	tab.until("the message has the focus again", focused)
	tab.click(css(".room-head h1"))
	tab.press("k", "j")
	tab.until("a message has the focus", "document.activeElement.matches('article')")
	tab.press("c")
	writes()

	long := strings.Repeat("A line that says little.\n\n", 800) + "The end of it."
	id := bob.says(long)
	other := s.person().open(bob.watch)
	tab.sees("A line that says little.")
	tab.seesNot("The end of it.")
	focus := func(id string) {
		t.Helper()
		tab.until("the message has the focus", fmt.Sprintf(
			`((one) => (one?.focus(), document.activeElement === one))(document.querySelector('[data-id=%q]'))`, id))
	}
	tab.expects("ERR_INTERNET_DISCONNECTED")
	tab.offline(true)
	focus(id)
	tab.click(button("Copy text"))
	tab.sees("Couldn't copy")
	tab.offline(false)
	tab.click(button("Show all"))
	tab.sees("The end of it.")
	if tab.place(id) < 0 {
		t.Error("the text was opened, and its beginning is gone")
	}
	tab.is(button("Show less"))

	secret := ann.says("My salary is secret.")
	other.sees("My salary is secret.")
	tab.click(css(".log-latest"))
	tab.sees("My salary is secret.")
	focus(secret)
	link := tab.copied(func() { tab.lists("Copy link to message") })
	tab.press("Escape")
	evaluate[bool](tab, "(location.hash = "+quoted(id)+", true)") // a link to another message of this room
	tab.until("that message has the focus", "document.activeElement.dataset.id === "+quoted(id))
	tab.visit(link)
	tab.until("the message of the link has the focus, and the address no #",
		"document.activeElement.dataset.id === "+quoted(secret)+" && !location.href.includes('#')")
	evaluate[bool](tab, `(location.hash = "m000000", true)`)
	tab.sees("Message not found")
	tab.press("Escape")
	focus(secret)
	tab.lists("Remove message")
	tab.click(button("Remove"))
	tab.sees("This was removed.")
	other.sees("This was removed.")
	other.seesNot("My salary is secret.")

	// The bar of a message covers no text and no button of it and of others, and leaves room for 60 letters of code.
	bob.says("Run this:\n\n```sh\nmake everything that this page needs " + strings.Repeat("x", 23) + "\n```")
	last := bob.says("Then tell me, @Ann's Codex, what " + strings.Repeat("came of it ", 30))
	tab.is(css(".mention-me"))
	for _, width := range []int64{1440, 1024, 640} {
		tab.look(width, 800, "light")
		tab.points(css(articleOf(last)))
		tab.is(css(articleOf(last) + " .actions"))
		if covered := evaluate[string](tab, barCovers); covered != "" {
			t.Errorf("at %d px the bar covers %s", width, covered)
		}
		if wide := evaluate[int](tab, `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(
		  document.querySelector(".md-code pre"))`); wide > 0 && width > 1000 {
			t.Errorf("at %d px a line of 60 letters is %d px too wide", width, wide)
		}
	}
}

// articleTall gives the height of the first message of a speaker.
func articleTall(speaker string) string {
	return `Math.round(document.querySelector('article[aria-label^="` + speaker + `,"]').offsetHeight)`
}

// clock returns the time of a message as the page shows it.
func (tab *tab) clock(id string) string {
	tab.t.Helper()
	return tab.clockIn(fmt.Sprintf("[data-id=%q]", id))
}

// clockIn returns the time in an element as the page shows it.
func (tab *tab) clockIn(selector string) string {
	tab.t.Helper()
	return evaluate[string](tab, fmt.Sprintf(`new Intl.DateTimeFormat(undefined, { timeStyle: "short" }).format(
		new Date(document.querySelector(%s).dateTime))`, quoted(selector+" time")))
}

// wrongPlaces tells which texts of one speaker are not 6 to 8 px apart, which speakers not further, and which times of
// a width do not end in one column.
const wrongPlaces = `(() => {
  const wrong = [];
  const texts = [...document.querySelectorAll(".log .message-text")].map((text) =>
    [text.getBoundingClientRect(), text.closest(".message"), text.closest(".row")]);
  texts.forEach(([{ top }, message, row], n) => {
    const [above, , rowAbove] = texts[n - 1] ?? [];
    if (row.previousElementSibling !== rowAbove) return;
    const apart = top - above.bottom, first = message.matches(".message-first");
    if (first ? apart < 16 : apart < 6 || apart > 8) wrong.push(message.innerText + ": " + apart + " px apart");
  });
  const ends = [...document.querySelectorAll(":is(.message-head, .event) > time")].map((time) =>
    Math.round(time.getBoundingClientRect().right));
  if (ends.length < 6 || new Set(ends).size > 1 || ends[0] > %d) wrong.push("times end at " + ends);
  return wrong.join("; ");
})()`

func TestTalk_search_findsByKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Searching")
	needle := bob.says("The first Return Needle of all.")
	bob.speaks(220, numbered("Hay"))
	filler := strings.Repeat("A line of code.\n", 60)
	late := bob.says(strings.Repeat("A line.\n\n", 40) + "```go\n" + filler +
		"\treturn needle │\n    return needle │\n" + filler + "```")
	bob.speaks(60, numbered("Straw"))
	tab := s.person().open(ann.watch)
	tab.sees("Straw 59")
	evaluate[*bool](tab, "void document.activeElement.blur()")
	tab.press("/")
	tab.is(css(".search-line")) // which comes behind the first view
	tab.types("return needle")  // of which a part has a color
	tab.sees("1 of 2")
	tab.until("each message is listed", `((list) => list.length === 2 && list[0].innerText.includes("Bob") &&
		list[0].innerText.includes("2 matches") && list[0].querySelector("mark").innerText === "return needle")(
		document.querySelectorAll("[role=option]"))`)
	tab.isAccessible(byDay, "the results of a search", `document.querySelector("[role=search]")`)
	tab.press("ArrowDown", "ArrowDown")
	tab.until("the keys choose", `document.querySelector("[aria-selected=true]")?.id === "found-1" &&
		document.activeElement.getAttribute("aria-activedescendant") === "found-1"`)
	tab.press("ArrowUp", "Enter")
	tab.isNot(css("[role=option]"))
	// The word itself is in view, in a long text that was folded and a box of code that scrolls.
	const place = `[...CSS.highlights.get("found-here") ?? []][0]?.getBoundingClientRect()`
	tab.until("the newest place is shown", fmt.Sprintf(`((word, box, log) => word && box && word.height > 0 &&
		[box, log].every((it) => word.top >= it.top && word.bottom <= it.bottom))(
		%s, document.querySelector('[data-id=%q] pre')?.getBoundingClientRect(),
		document.querySelector('.log').getBoundingClientRect())`, place, late))
	tab.until("all places are marked", "CSS.highlights.get('found').size === 2")
	// A tab is as wide as four spaces, and lines that are drawn touch each other.
	if apart := evaluate[float64](tab, `(([a, b]) => Math.max(Math.abs(a.left - b.left), b.top - a.bottom))(
		[...CSS.highlights.get("found")].map((word) => word.getBoundingClientRect()))`); apart > 1 {
		t.Errorf("in code, a tab and four spaces, or two lines, are %v px apart", apart)
	}
	// Code is not copied in part.
	copies := fmt.Sprintf("getComputedStyle(document.querySelector('[data-id=%q] .md-code .button')).visibility", late)
	tab.until("the code can be copied", copies+" === 'visible'")
	tab.click(button("Show less"))
	tab.until("the code cannot be copied", copies+" === 'hidden'")
	tab.press("/", "Enter")
	tab.sees("2 of 2")
	tab.sees("All messages were searched.")
	tab.press("ArrowUp", "ArrowUp")
	tab.sees("2 of 2")
	tab.until("the newest are first", `document.querySelectorAll("[role=option] mark")[1].innerText === "Return Needle"`)
	tab.click(css("[role=option]").nth(1))
	tab.until("the first is shown", fmt.Sprintf("document.querySelector('[data-id=%q]')", needle))
	tab.press("Escape")
	tab.isNot(role("search", ""))
	tab.until("what was found has the focus", fmt.Sprintf("document.activeElement.dataset.id === %q", needle))
}

// barCovers says which text or button of a message the bar of one stands over.
const barCovers = `(() => {
  const bar = document.querySelector(".actions").getBoundingClientRect();
  const over = (r) => r.left < bar.right && r.right > bar.left && r.top < bar.bottom && r.bottom > bar.top;
  for (const part of document.querySelectorAll(".message-head, .message-body")) {
    for (const own of part.querySelectorAll("button, a"))
      if (over(own.getBoundingClientRect())) return own.outerHTML;
    const walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const range = new Range();
      range.selectNodeContents(walk.currentNode);
      if ([...range.getClientRects()].some(over)) return walk.currentNode.data;
    }
  }
  return "";
})()`
