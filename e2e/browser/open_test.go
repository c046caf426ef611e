package browser

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

func TestOpen_serverThatWasGone_isFollowedOn(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	tab := s.person().open(ada.watch)
	tab.sees("The bridge")
	tab.expects("ERR_") // how a connection ends when its server is killed is the browser's business
	s.kill()
	tab.sees("No connection")
	tab.look(390, 780, "light")
	do(tab, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
	tab.until("its button looks like any other, and a thumb finds it", `(() => {
	  const button = document.querySelector(".offline button");
	  const { borderTopColor, backgroundColor } = getComputedStyle(button);
	  return ![borderTopColor, backgroundColor].includes("rgba(0, 0, 0, 0)") && button.offsetHeight >= 44;
	})()`)
	tab.click(button("Try now"))
	s.again()
	ada.says("Where were we?")
	tab.sees("Where were we?")
	tab.seesNot("No connection")
}

// shifts returns by how much the page has moved since it was loaded what it had shown before, as browsers count it.
func (tab *tab) shifts() float64 {
	tab.t.Helper()
	return evaluate[float64](tab, `(async () => {
	  const all = [];
	  const observer = new PerformanceObserver((list) => all.push(...list.getEntries()));
	  observer.observe({ type: "layout-shift", buffered: true });
	  for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame);
	  return [...all, ...observer.takeRecords()].reduce((sum, { value }) => sum + value, 0);
	})()`)
}

func TestOpen_room_movesNextToNothingOfWhatItHasShown(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.caller("Ada")
	ada.sit("create_room", args{"room": "The bridge", "agent_name": ada.name, "description": sceneWhat, "capacity": 6})
	bo := s.agent("The bridge", "Bo")
	bo.speaks(40, numbered("A message"))
	for link, width := range map[string]int64{ada.watch: 1440, bo.watch: 390} {
		tab := s.person().tab()
		tab.look(width, 900, "light")
		tab.visit(link)
		tab.sees("You are watching")
		tab.sees("A message 39")
		if by := tab.shifts(); by >= 0.02 {
			t.Errorf("the first opening at %d px shifts by %f", width, by)
		}
		tab.click(button("Pause my agent"))
		tab.sees("Your agent is paused")
		tab.reload()
		tab.sees("Your agent is paused")
		if by := tab.shifts(); by >= 0.02 {
			t.Errorf("the opening with a paused agent at %d px shifts by %f", width, by)
		}
	}
}
