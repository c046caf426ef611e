package browser

import (
	"os"
	"path/filepath"
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
// moving is let come to rest first, since a color on its way is that of neither state.
const judgePart = `(async (part) => {
  const ends = (a) => a.effect?.getComputedTiming().endTime !== Infinity;
  await Promise.allSettled(document.getAnimations().filter(ends).map((a) => a.finished));
  const { violations } = await axe.run(part, { resultTypes: ["violations"] });
  return violations.map(({ id, help, nodes }) => ({ Rule: id, Help: help, Nodes: nodes.map((n) => n.target + ": " + n.html.slice(0, 200) + " " + n.failureSummary) }));
})`

// accessible fails the test for what axe finds in the page, at both widths and in both
// colors. state names what the page shows.
func (tab *tab) accessible(state string) {
	tab.t.Helper()
	tab.isAccessible(state, "document")
}

// isAccessible does so for a part of the page, which is faster.
func (tab *tab) isAccessible(state, part string) {
	tab.t.Helper()
	source := axe(tab.t)
	for _, colors := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1440} {
			tab.look(width, 900, colors)
			if !evaluate[bool](tab, "!!window.axe") {
				evaluate[*bool](tab, source+"; null")
			}
			found := evaluate[[]finding](tab, judgePart+"("+part+")")
			for _, f := range found {
				tab.t.Errorf("%s, %s at %d px: %s (%s):\n  %s", state, colors, width, f.Rule, f.Help, strings.Join(f.Nodes, "\n  "))
			}
			if wide := evaluate[int64](tab, "document.documentElement.scrollWidth"); wide > width {
				tab.t.Errorf("%s, %s: %d px wide in a window of %d px", state, colors, wide, width)
			}
		}
	}
	tab.look(1440, 900, "light")
}

func TestAxe_room_hasNoFindings(t *testing.T) {
	t.Parallel()
	axe(t)
	sc := sceneOn(onFile(t))
	sc.mayas.accessible("a room in which drafts wait")
	sc.jonass.accessible("the room of a member")
	sc.mayas.look(360, 780, "light")
	sc.mayas.click(css(".room-sidebar-button"))
	sc.mayas.accessible("the side of the room on a phone")
}

func TestAxe_popoversAndDialogs_haveNoFindings(t *testing.T) {
	t.Parallel()
	axe(t)
	sc := sceneOn(onFile(t))
	tab := sc.mayas
	const opened = `document.querySelector("dialog, .popover-panel")`
	for state, open := range map[string]func(){
		"who reads it":      func() { tab.click(css(".compose .popover > .chip").nth(0)) },
		"what is wanted":    func() { tab.click(css(".compose .popover > .chip").nth(1)) },
		"the menu":          func() { tab.click(button("Menu")) },
		"the keys":          func() { tab.click(button("Menu")); tab.click(button("Keys")) },
		"the export":        func() { tab.click(button("Menu")); tab.click(button("Export")) },
		"the notifications": func() { tab.click(button("Menu")); tab.click(button("Notifications")) },
		"the invite":        func() { tab.click(button("Invite")) },
		"the settings":      func() { tab.click(button("Settings")) },
		"closing the room":  func() { tab.click(button("Close the room")) },
		"leaving":           func() { tab.click(button("Leave the room")) },
	} {
		open()
		tab.isAccessible(state, opened)
		tab.press("Escape")
		tab.until("nothing is open", "!"+opened)
	}
}

func TestAxe_pagesBesideARoom_haveNoFindings(t *testing.T) {
	t.Parallel()
	axe(t)
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	tab := s.person().open("/")
	tab.is(css("h1"))
	tab.accessible("the home page of a newcomer")
	tab.visit("/r/0000000")
	tab.is(css("h1"))
	tab.accessible("a room without a link")
	tab.visit(ada.watch)
	tab.sees("The bridge")
	tab.accessible("a room in which nobody has spoken")
	tab.visit("/")
	tab.sees("The bridge")
	tab.accessible("the home page of somebody with a room")
	ada.call("update_room", args{"closed": true})
	tab.visit("/r/" + ada.token[:7])
	tab.is(css("h1"))
	tab.accessible("a room that was closed")
}

func TestAxe_pagesOfAServerWithKeys_haveNoFindings(t *testing.T) {
	t.Parallel()
	axe(t)
	s := onFile(t, "--access", "keys")
	ada := s.agent("The bridge", "Ada", s.key("Ada"))
	tab := s.person().open("/")
	tab.sees("needs a key")
	tab.accessible("the home page of a server with keys")
	tab.visit(ada.invited())
	tab.sees("The bridge")
	tab.accessible("an invite")
}
