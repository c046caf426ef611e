package browser

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/e2e/internal/parts"
)

// axe returns the source of axe-core, which finds what keeps people with a handicap out of
// a page.
func axe(t *testing.T) string {
	t.Helper()
	launched(t)
	home := parts.Axe.In(t)
	source, err := os.ReadFile(filepath.Join(home, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// finding is a rule that a page breaks.
type finding struct {
	Rule  string
	Help  string
	Nodes []string
}

// judgePart is the call of axe that judges a part of the page as it is, by every rule. What is
// moving is let come to rest first, since a color on its way is that of neither state. What scrolls in a
// message is no Tab stop of its own: Enter at the message leads there.
const judgePart = `(async (part) => {
  for (let n = 0; n < 2; n++) await new Promise(requestAnimationFrame); // the page hears of its size with a frame
  while (document.querySelector("[data-moved]")) await new Promise(requestAnimationFrame);
  const ends = (a) => a.effect?.getComputedTiming().endTime !== Infinity;
  await Promise.allSettled(document.getAnimations().filter(ends).map((a) => a.finished));
  const { violations } = await axe.run(part, { resultTypes: ["violations"], elementRef: true });
  const entered = ({ element }) => element.matches(".row article [tabindex]"); // also once the log has let it go
  for (const one of violations)
    if (one.id === "scrollable-region-focusable") one.nodes = one.nodes.filter((node) => !entered(node));
  return violations.filter(({ nodes }) => nodes.length > 0).map(({ id, help, nodes }) => ({ Rule: id, Help: help, Nodes: nodes.map((n) => n.target + ": " + n.html.slice(0, 200) + " " + n.failureSummary) }));
})`

// accessible fails the test for what axe finds in the page in each of the looks. state names what
// the page shows.
func (tab *tab) accessible(looks []look, state string) {
	tab.t.Helper()
	tab.isAccessible(looks, state, "document")
}

// isAccessible does so for a part of the page, which is faster.
func (tab *tab) isAccessible(looks []look, state, part string) {
	tab.t.Helper()
	tab.judged++
	for n, look := range looks {
		tab.look(look.width, 900, look.colors)
		if len(looks) != len(byDay) || n == tab.judged%len(byDay) {
			tab.findsNothing(state, part, look)
		}
		if wide := evaluate[int64](tab, "document.documentElement.scrollWidth"); wide > look.width {
			tab.t.Errorf("%s, %s: %d px wide in a window of %d px", state, look.colors, wide, look.width)
		}
		if wide := evaluate[int64](tab, `Math.max(0, ...[...document.querySelectorAll("dialog, .room-sidebar")]
		  .map((box) => box.scrollWidth - box.clientWidth))`); wide > 0 {
			tab.t.Errorf("%s, %s at %d px: a box is %d px wider than it is shown", state, look.colors, look.width, wide)
		}
	}
	tab.look(1440, 900, "light")
}

// findsNothing fails the test for what axe finds in a part of the page as it looks now.
func (tab *tab) findsNothing(state, part string, look look) {
	tab.t.Helper()
	if !evaluate[bool](tab, "!!window.axe") {
		evaluate[*bool](tab, axe(tab.t)+"; null")
	}
	for _, f := range evaluate[[]finding](tab, judgePart+"("+part+")") {
		tab.t.Errorf("%s, %s at %d px: %s (%s):\n  %s", state, look.colors, look.width, f.Rule, f.Help,
			strings.Join(f.Nodes, "\n  "))
	}
}

// look is how a page is shown.
type look struct {
	width  int64
	colors string
}

// Both widths and both colors: what a color does seldom depends on the width. By day axe judges each
// state of a tab in one look, in turn, and all are measured in both. make nightly judges all that go together.
var (
	byDay   = []look{{360, "dark"}, {1440, "light"}}
	atNight = append([]look{{360, "light"}, {1440, "dark"}}, byDay...)
)

// playedAtNight skips a test that takes minutes.
func playedAtNight(t *testing.T) {
	t.Helper()
	if os.Getenv("PARLEY_SOAK") == "" {
		t.Skip("takes minutes: make nightly plays it")
	}
}

// The four combinations of width and colors, which take a minute.
func TestSoak_axe_allWidthsAndColors_haveNoFindings(t *testing.T) {
	playedAtNight(t)
	for name, judge := range map[string]func(*testing.T, []look){
		"room": roomHasNoFindings, "files and tasks": workHasNoFindings, "pages beside a room": pagesHaveNoFindings,
		"sign-in": signInHasNoFindings,
	} {
		t.Run(name, func(t *testing.T) { judge(t, atNight) })
	}
}

func TestAxe_roomAndWhatOpensInIt_haveNoFindings(t *testing.T) {
	t.Parallel()
	roomHasNoFindings(t, byDay)
}

func TestAxe_pagesBesideARoom_haveNoFindings(t *testing.T) {
	t.Parallel()
	pagesHaveNoFindings(t, byDay)
}

func TestAxe_filesAndTasks_haveNoFindings(t *testing.T) {
	t.Parallel()
	workHasNoFindings(t, byDay)
}

func TestAxe_signIn_hasNoFindings(t *testing.T) {
	t.Parallel()
	signInHasNoFindings(t, byDay)
}

func roomHasNoFindings(t *testing.T, looks []look) {
	t.Helper()
	axe(t)
	sc := sceneOn(onFile(t))
	sc.mayas.accessible(looks, "a room in which drafts wait")
	sc.mayas.look(360, 780, "light")
	sc.mayas.click(css(".room-sidebar-button"))
	for _, one := range looks {
		if one.width < 860 {
			sc.mayas.accessible([]look{one}, "the side of the room on a phone")
		} else { // a member's room differs at its side, which is in sight here
			sc.jonass.accessible([]look{one}, "the room of a member")
		}
	}
	sc.mayas.look(360, 780, "light")
	sc.mayas.press("Escape")
	sc.mayas.isNot(css(aside))
	sc.mayas.look(1440, 900, "light")
	popoversHaveNoFindings(sc.mayas, looks)
}

func workHasNoFindings(t *testing.T, looks []look) {
	t.Helper()
	axe(t)
	sc := workOn(onFile(t))
	tab := sc.mayas
	tab.sees("Rows 212")
	tab.picks(".compose input[type=file]", tab.kept(map[string][]byte{"notes.md": []byte("# Notes")})...)
	tab.is(css(".attached"))
	tab.until("all files are decided about", `!document.querySelector(".file[aria-busy=true]")`)
	tab.accessible(looks, "a room with files and tasks")
	tab.click(button("View phone-checkout.jpg").in(".log"))
	tab.is(css("dialog canvas"))
	tab.isAccessible(looks, "a picture", `document.querySelector("dialog")`)
	tab.press("Escape")
	tab.isNot(css("dialog"))
	tab.click(button("Show all tasks"))
	tab.fill(field("Add a task"), "Thank them")
	tab.click(button("Details"))
	tab.chooses("t6", "Edit")
	tab.acts("t5", "t5 Switch the flag on Thursday at 10:00")
	tab.click(css(".tasks-groups > :last-child > summary"))
	tab.standing("t3", "Rows 212")
	tab.isAccessible(looks, "the tasks", `document.querySelector("dialog")`)
	upload := sc.at.person().open(sc.jonas.call("share_file", args{"name": "receipt.jpg", "size": 3000}).Upload.Page)
	upload.sees("receipt.jpg")
	upload.accessible(looks, "the page of an upload")
}

func popoversHaveNoFindings(tab *tab, looks []look) {
	tab.t.Helper()
	const opened = `document.querySelector("dialog, .popover-panel")`
	states := map[string]func(){
		"who reads it":      func() { tab.click(css(".compose .popover > .chip").nth(0)) },
		"what is wanted":    func() { tab.click(css(".compose .popover > .chip").nth(1)) },
		"the menu":          func() { tab.click(button("Menu")) },
		"the keys":          func() { tab.click(button("Menu")); tab.click(button("Keyboard shortcuts")) },
		"the export":        func() { tab.click(button("Menu")); tab.click(button("Export")) },
		"the notifications": func() { tab.click(button("Menu")); tab.click(button("Notifications")) },
		"the invite":        func() { tab.click(button("Invite")) },
		"the settings":      func() { tab.click(button("Settings")) },
		"closing the room":  func() { tab.click(button("Settings")); tab.click(button("Close room")) },
		"the approval":      func() { tab.click(button("Menu")); tab.click(button("Approve messages")) },
		"leaving":           func() { tab.click(button("Menu")); tab.click(button("Leave room")) },
	}
	for n, state := range slices.Sorted(maps.Keys(states)) {
		states[state]()
		tab.until("one thing is open", `document.querySelectorAll("dialog, .popover-panel").length === 1`)
		judged := looks
		if len(looks) == len(byDay) { // some close where the window becomes wide
			judged = looks[n%2 : n%2+1]
		}
		tab.isAccessible(judged, state, opened)
		tab.press("Escape")
		tab.until("nothing is open", "!"+opened)
	}
}

func pagesHaveNoFindings(t *testing.T, looks []look) {
	t.Helper()
	axe(t)
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	tab := s.person().open("/")
	tab.is(css("h1"))
	tab.accessible(looks, "the home page of a newcomer")
	tab.visit("/r/0000000")
	tab.is(css("h1"))
	tab.accessible(looks, "a room without a link")
	tab.visit(ada.watch)
	tab.sees("The bridge")
	tab.accessible(looks, "a room in which nobody has spoken")
	tab.visit("/")
	tab.sees("The bridge")
	tab.accessible(looks, "the home page of somebody with a room")
	ada.call("update_room", args{"closed": true})
	tab.visit("/r/" + ada.token[:7])
	tab.is(css("h1"))
	tab.accessible(looks, "a room that was closed")
}

func signInHasNoFindings(t *testing.T, looks []look) {
	t.Helper()
	axe(t)
	s := signIns(t)
	const answer = "https://a-host-with-a-name-that-is-far-longer-than-a-phone-is-wide.agents.example/callback"
	client := s.registers(strings.Repeat("Agent ", 16), answer)
	tab := s.person().open(s.connecting(client, answer))
	tab.expects("/oauth/authorize: HTTP 400")
	tab.is(field("Your key"))
	tab.accessible(looks, "the page of sign-in")
	tab.fill(field("Your key"), "mistyped")
	tab.click(button("Allow"))
	tab.sees("This key isn't valid here")
	tab.accessible(looks, "a wrong key at the page of sign-in")
	tab.visit(strings.Replace(s.connecting(client, answer), "S256", "plain", 1))
	tab.is(button("Go back"))
	tab.accessible(looks, "a program that asks wrongly to sign in")
	tab.visit(s.connecting(client, agentAnswer))
	tab.is(role("heading", "Sign-in failed"))
	tab.accessible(looks, "an unknown program at the page of sign-in")
}
