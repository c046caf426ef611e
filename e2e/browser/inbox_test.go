package browser

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// rows are the rows of what needs a person at /.
const rows = `[...document.querySelectorAll(".inbox > ol > li")]`

// in returns the row of the inbox in which a text stands, as a selector of its place in the list.
func (tab *tab) in(text string) string {
	tab.t.Helper()
	at := fmt.Sprintf(`%s.findIndex((one) => one.innerText.includes(%s))`, rows, quoted(text))
	tab.until("there is a row with "+text, at+" >= 0")
	return fmt.Sprintf(".inbox > ol > li:nth-child(%d)", evaluate[int](tab, at)+1)
}

// quay is a room in which a person's agent waits for approval, and another asks it.
type quay struct{ ann, bo *agent }

// quays returns rooms of a person, and a tab of that at /. The person speaks without a name. Of what was said in one
// second, the first room has the first row.
func quays(t *testing.T, s *server, n int) (all []quay, tab *tab) {
	t.Helper()
	tab = s.person().tab()
	tab.look(1440, 900, "light")
	for i := range n {
		room := fmt.Sprint("Quay ", i+1)
		one := quay{s.agent(room, "Ann"), s.agent(room, "Bo")}
		all = append(all, one)
		tab.visit(one.ann.watch)
		tab.approves("All")
	}
	slices.Reverse(all)
	evaluate[*bool](tab, `void Object.keys(localStorage).filter((name) => name.startsWith("parley.seat.")).forEach(
	  (name) => localStorage.setItem(name.replace("seat", "notes"),
	    JSON.stringify({ ...JSON.parse(localStorage.getItem(name.replace("seat", "notes"))), unnamed: true })))`)
	tab.visit("/")
	return all, tab
}

// places returns where each row begins.
func (tab *tab) places() []float64 {
	return evaluate[[]float64](tab, rows+`.map((one) => one.getBoundingClientRect().top + scrollY)`)
}

// By keys, with no page load: five drafts of five rooms in less than three seconds. The number falls at each press.
func TestInbox_fiveDecisionsOverFiveRooms_takeNoTimeAndNoPage(t *testing.T) {
	t.Parallel()
	all, tab := quays(t, onFile(t), 5)
	for n, one := range all {
		one.ann.drafts(fmt.Sprint("Steel ", n))
	}
	tab.until("all wait", rows+`.length === 5 && document.title === "(5) Parley"`)
	evaluate[*bool](tab, `void (globalThis.here = performance.now())`)
	for n := range all {
		tab.press("n", "a")
		tab.until("the number falls", fmt.Sprintf(`document.title === %s`,
			quoted([]string{"(4) Parley", "(3) Parley", "(2) Parley", "(1) Parley", "Parley"}[n])))
	}
	if took := evaluate[float64](tab, "performance.now() - globalThis.here"); took >= 3000 {
		t.Errorf("five decisions took %.0f ms on one page", took)
	}
	tab.press("Control+z")
	tab.until("the last is undone", `document.title === "(1) Parley"`)
	tab.press("n", "e")
	tab.types(" and wood")
	tab.press("Control+Enter", "k")
	tab.until("the focus moves up", rows+`.findIndex((one) => one.contains(document.activeElement)) === 3`)
	for n, one := range all {
		one.bo.hearsText(fmt.Sprint("Steel ", n) + map[bool]string{true: " and wood"}[n == 4])
	}
	tab.until("each row says what became of it", rows+`.map((one) => one.querySelector(".badge:last-of-type").innerText)
	  .join() === "Approved,Approved,Approved,Approved,Edited"`)
	tab.sees("Nothing needs you.")
}

// What is decided stays where it is, with all below: a rejection whose reason is written, a vote, an answer, a press
// without a connection. What the person opens moves what is below, but not the row under the pointer.
func TestInbox_rows_stayWhereTheyAre(t *testing.T) {
	t.Parallel()
	all, tab := quays(t, onFile(t), 3)
	ann, bo := all[0].ann, all[0].bo
	ann.drafts("Steel it is.")
	bo.says("We paint it red.", args{"kind": "proposal", "ask": []string{"Ann"}})
	bo.says("How warm is it?", args{"kind": "request", "ask": []string{"Ann"}})
	all[1].ann.drafts("Or wood.")
	all[2].ann.drafts("Or stone.")
	tab.until("all wait", rows+`.length === 5`)
	tab.loadedLittleAtHome()
	tab.look(1280, 1400, "light")
	before := tab.places()
	stand := func(what string) {
		t.Helper()
		if now := tab.places(); !slices.Equal(now, before) {
			t.Errorf("%s moves the rows from %v to %v", what, before, now)
		}
	}
	tab.click(button("Reject").in(tab.in("Steel it is.")))
	tab.is(css(".undo-why"))
	stand("the field of a reason")
	tab.types("Too heavy")
	tab.click(button("Tell your agent"))
	tab.until("it is rejected", rows+`.some((one) => one.innerText.includes("Rejected") && !one.querySelector(".undo"))`)
	stand("a rejection")
	tab.click(button("Agree").in(tab.in("We paint it red.")))
	bo.hears("the vote", func(m message) bool { return m.Kind == "agree" })
	tab.until("the card says so", rows+`.some((one) => one.innerText.includes("You agreed") ||
	  one.innerText.includes("Agreed"))`)
	stand("a vote")
	all[1].bo.says("By the way")
	tab.until("the draft says that", rows+`.some((one) => one.innerText.includes("1 message came since"))`)
	stand("what is said meanwhile")

	tab.points(css(tab.in("Or stone.") + " .inbox-head"))
	under := rows + `.find((one) => one.innerText.includes("Or stone.")).getBoundingClientRect().top`
	stays := evaluate[float64](tab, under)
	evaluate[*bool](tab, `void document.querySelector("`+tab.in("How warm is it?")+` article").focus()`)
	tab.press("e")
	tab.until("the field is there", `document.activeElement.matches(".inbox-answer textarea")`)
	tab.until("it takes room", fmt.Sprintf(rows+`.at(-1).getBoundingClientRect().top + scrollY > %f`, before[len(before)-1]))
	tab.types("Warm enough.")
	if now := evaluate[float64](tab, under); math.Abs(now-stays) >= 1 { // no browser scrolls by a part of a pixel
		t.Errorf("the row under the pointer has moved from %f to %f", stays, now)
	}
	before = tab.places()
	tab.press("Control+Enter")
	bo.hearsText("Warm enough.")
	tab.until("it is answered", rows+`.some((one) => one.innerText.includes("You answered") ||
	  one.innerText.includes("Answered"))`)
	stand("an answer")

	tab.expects("ERR_")
	tab.offline(true)
	tab.click(button("Send").in(tab.in("Or wood.")))
	tab.sees("You are offline. Decide once you are online.")
	stand("a problem")
	tab.offline(false)
	tab.seesNot("You are offline.")
	tab.click(button("Send").in(tab.in("Or wood.")))
	all[1].bo.hearsText("Or wood.")
	stand("the second press")
	tab.hides(true)
	tab.hides(false)
	tab.until("who comes back finds what waits alone", rows+`.length === 1`)

	tab.look(390, 780, "light")
	asked := bo.says("Which steel?", args{"kind": "request", "ask": []string{"Ann"}})
	ann.drafts("The thin one.", args{"reply_to": asked})
	all[1].ann.drafts("Or glass.")
	tab.until("all wait", `document.title === "(3) Parley"`)
	last := tab.in("Or glass.")
	before = tab.places()
	bo.call("send_message", args{"text": "Never mind.", "withdraw": asked})
	tab.sees("The question was withdrawn. 1 message came since")
	tab.until("all of each row is in sight", rows+`.every((one) => one.firstElementChild.offsetHeight <= one.offsetHeight + 1)`)
	stand("how a question stands")
	tab.click(button("Reject").in(last))
	tab.click(css(".undo-why input")) // it lies over what is below the list
	tab.types("Too thin")
	tab.click(button("Tell your agent"))
	tab.until("it is rejected", `document.querySelector("`+last+`").innerText.includes("Rejected")
	  && !document.querySelector(".undo")`)
	stand("a rejection in the last row")
}

// An answer has the readers of its question. A draft whose question is over is not sent from here, and a text of which
// a part is missing is decided once it was shown.
func TestInbox_whatIsDecided_wasReadAndIsForItsReaders(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	all, tab := quays(t, s, 2)
	ann, bo := all[0].ann, all[0].bo
	bo.says("Between us: how warm?", args{"kind": "request", "ask": []string{"Ann"}, "to": []string{"Ann"}})
	row := tab.in("how warm?")
	tab.click(button("Answer").in(row))
	tab.until("it says to whom", `document.querySelector(".inbox-answer .message-to").innerText === "Only to Bo"`)
	tab.types("Warm enough.")
	tab.click(button("Send").in(row))
	if got := bo.hearsText("Warm enough."); !slices.Equal(got.To, []string{"Bo"}) {
		t.Errorf("it was sent to %q", got.To)
	}

	cold := bo.says("How cold?", args{"kind": "request", "ask": []string{"Ann"}})
	row = tab.in("How cold?")
	tab.click(button("Answer").in(row))
	tab.types("Very.")
	bo.call("send_message", args{"text": "Never mind that.", "withdraw": cold})
	tab.until("the words stay", `document.querySelector("`+row+`.inbox-over textarea")?.value === "Very."`)
	tab.click(button("Send").in(row))
	bo.hearsText("Very.")

	ann.drafts("Or stone.")
	row = tab.in("Or stone.")
	me := s.caller("the person elsewhere")
	me.token = evaluate[string](tab, `document.querySelector("`+row+`").dataset.key.slice(0, -7)`)
	draft := evaluate[string](tab, `document.querySelector("`+row+`").dataset.key.slice(-7)`)
	tab.click(button("Reject").in(row))
	me.call("supervise", args{"draft": draft, "decision": "send"})
	tab.until("it says what was decided", `document.querySelector("`+row+` .badge:last-of-type").innerText === "Approved"`)

	asked := bo.says("Which steel?", args{"kind": "request", "ask": []string{"Ann"}})
	ann.drafts("The thin one.", args{"reply_to": asked})
	row = tab.in("The thin one.")
	tab.until("its question stands above it", `document.querySelector("`+row+` .quote").innerText.includes("Which steel?")`)
	bo.call("send_message", args{"text": "Never mind.", "withdraw": asked})
	tab.until("it cannot be sent", `[...document.querySelector("`+row+`").querySelectorAll(".message-buttons > *")]
	  .map((one) => one.innerText).join() === "Reject,Look in the room"`)
	tab.sees("The question was withdrawn. 1 message came since")
	tab.press("n", "a")
	tab.until("its key does nothing", `!document.querySelector(".undo")`)

	ann.call("share_file", args{"name": "notes.txt", "base64": "SGVsbG8="})
	tab.click(button("View notes.txt").in(tab.in("notes.txt")))
	tab.is(role("dialog", "notes.txt"))
	tab.sees("Hello")
	tab.press("Escape")
	tab.isNot(css("dialog"))

	long := strings.Repeat("A line of words. ", 200) + "And the price is 9."
	all[1].ann.drafts(long)
	row = tab.in("A line of words.")
	has := func(buttons string) {
		t.Helper()
		tab.until("it has the buttons "+buttons, `[...document.querySelector("`+row+`").querySelectorAll(".message-buttons > *")]
		  .map((one) => one.innerText).join() === `+quoted(buttons))
	}
	has("Reject")
	tab.click(button("Show all").in(row))
	tab.sees("And the price is 9.")
	has("Send,Edit,Reject")
	tab.click(button("Send").in(row))
	all[1].bo.hears("the draft", func(m message) bool { return strings.HasSuffix(string(m.Text), "the price is 9.") })
}

// Two tabs, a page that is left and a key that was revoked lose no decision, and make none twice.
func TestInbox_twoTabsAndARevokedKey_loseNothingAndDoNothingTwice(t *testing.T) {
	t.Parallel()
	s := onFile(t, "--access", "keys")
	key := s.key("ann")
	ann, bo := s.agent("Harbor", "Ann", key), s.agent("Harbor", "Bo", key)
	tab := s.person().open(ann.watch)
	tab.expects("HTTP 401") // of the public rooms, for which the page has no key
	tab.approves("All")
	ann.drafts("Steel it is.")
	ann.drafts("Or wood.")
	tab.visit("/")
	other := tab.person.tab()
	other.expects("HTTP 401")
	other.visit("/")
	other.in("Or wood.")
	tab.click(button("Send").in(tab.in("Steel it is.")))
	other.until("the other tab says so", rows+`.some((one) => one.innerText.includes("Decided in another tab"))`)
	other.until("and has one less", `document.title === "(1) Parley"`)
	tab.reload() // the page is left
	bo.hearsText("Steel it is.")
	other.until("it is decided there, too", rows+`.some((one) => one.innerText.includes("No longer waits") ||
	  one.innerText.includes("Approved"))`)
	tab.in("Or wood.")
	tab.expects("ERR_|HTTP 4")
	other.expects("ERR_|HTTP 4")
	bo.says("How warm is it?", args{"kind": "request", "ask": []string{"Ann"}})
	answered := tab.in("How warm is it?")
	tab.click(button("Answer").in(answered))
	tab.types("Warm enough.")
	row := tab.in("Or wood.")
	tab.click(button("Edit").in(row))
	tab.types(" Or both.")
	s.revoke("ann")
	tab.click(button("Send as me").in(row))
	tab.until("what was written is kept, and it says why it was not sent", `(JSON.stringify(localStorage)
	  .includes("Or wood. Or both.") && document.body.innerText.includes("no longer"))`)
	tab.click(button(nameless))
	tab.until("the words of an answer stay, and cannot be sent", `document.querySelector("`+answered+` textarea").value ===
	  "Warm enough." && document.querySelector("`+answered+` .primary").disabled`)
	if got := tab.copied(func() { tab.click(button("Copy text").in(answered)) }); got != "Warm enough." {
		t.Errorf("copied %q of the answer", got)
	}
	tab.until("what was written in place of the draft is in sight", `[...document.querySelectorAll(".late-text")]
	  .some((one) => one.innerText === "Or wood. Or both." && one.parentElement.querySelector("button"))`)
	tab.until("the draft was not sent", `document.querySelector("`+row+`").innerText.includes("No longer waits")`)
}

// Names, words and amounts are hostile, and the page is as wide as a phone.
func TestInbox_hostileWordsAndAHundredRows_stayInTheirPlaces(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	all, tab := quays(t, s, 3)
	ann, bo := all[0].ann, all[0].bo
	var first []string
	for payload := range strings.Lines(payloads) {
		if len(first) < 6 {
			first = append(first, strings.TrimSuffix(payload, "\n"))
		}
	}
	for _, text := range append(first, monsters["32 KB without a space"], monsters["a table of 50 columns"],
		monsters["Arabic and Latin"], monsters["a wide line of emoji"]) {
		bo.says(text, args{"kind": "request", "ask": []string{"Ann"}})
	}
	for n := range 14 {
		all[1+n%2].ann.drafts(fmt.Sprint("Plank ", n))
	}
	ann.drafts(forms("<img src=x onerror=alert(1)>"))
	tab.until("twenty are shown", rows+`.length === 20`)
	tab.accessible([]look{{390, "dark"}, {1440, "light"}}, "what needs the person before all rooms")
	tab.look(390, 780, "light")
	tab.until("nothing is wider than the window", `document.documentElement.scrollWidth === innerWidth`)
	tab.until("no element came out of a text", `!document.querySelector(".inbox .message-text :is(img, script, iframe, style)")`)
	tab.click(button("5 more"))
	tab.until("the first of them has the focus", rows+`[20]?.contains(document.activeElement)`)
	tab.until("all are shown", rows+`.length === 25 && document.title === "(25) Parley"`)
	tab.press("?")
	tab.sees("Keyboard shortcuts")
}
