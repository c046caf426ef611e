package browser

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
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
		tab.click(button("Pause your agent"))
		tab.sees("Your agent is paused")
		tab.reload()
		tab.sees("Your agent is paused")
		if by := tab.shifts(); by >= 0.02 {
			t.Errorf("the opening with a paused agent at %d px shifts by %f", width, by)
		}
	}
}

// A picture has its room before it is there, and so has the list of rooms. What a person is about to press stays where
// it is.
func TestOpen_eachState_movesNextToNothingOfWhatItHasShown(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	sc := sceneOn(s)
	for _, ending := range []string{"png", "jpeg", "gif"} {
		sc.jonas.shares("chart."+ending, encoded(t, chart(300, 400), ending))
	}
	sc.jonass.pictures(4)
	ada := s.agent("The bridge", "Ada")
	ada.speaks(12, numbered("A message"))
	drawn := `document.querySelectorAll(".log canvas").length > 1 && !document.querySelector(".file[aria-busy=true]")`
	states := []struct {
		name, at, until string
		tab             *tab
	}{
		{"a room with pictures", "", drawn, sc.jonass},
		{"a room with drafts", "", `document.querySelectorAll(".message-draft").length > 1`, sc.mayas},
		{"the first opening of a second room", ada.watch, `document.body.innerText.includes("A message 11")`, sc.jonass},
		{"that room again", "", `document.body.innerText.includes("A message 11")`, sc.jonass},
		{"the home page", "/", `document.querySelector(".need, .landing-room time")`, sc.jonass},
		{"a room without a seat", "/r/0000000", `document.querySelector(".error-page h1")`, sc.jonass},
	}
	for n, state := range states {
		for _, width := range []int64{390, 1024, 1440} {
			if state.at == ada.watch && width != 1440 {
				continue // it opens once
			}
			state.tab.look(width, 844, "light")
			if state.at != "" {
				state.tab.visit(state.at)
			} else {
				state.tab.reload()
			}
			state.tab.until(state.name, state.until)
			if by := state.tab.shifts(); by > 0.02 {
				t.Errorf("%d, %s at %d px shifts by %f", n, state.name, width, by)
			}
		}
	}
}

// On a slow line the document shows where the room will be, the small script asks for the words, and these are there
// before the large script is. The order holds on a busy machine, too.
func TestOpen_slowLine_wordsAreAskedForBeforeTheLargeScriptIsThere(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	ada.speaks(20, numbered("A message"))
	w := s.through()
	tab := s.person().tab()
	tab.look(390, 844, "light")
	do(tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{
			{Latency: 400, DownloadThroughput: 50_000, UploadThroughput: 50_000}}}) // 400 kbit/s, in bytes
	first := []string{"supervise", "message_history", "room_info", "supervise", "list_tasks"}
	for n, address := range []string{ada.watch, "/r/" + ada.token[:7]} {
		tab.visit(address)
		tab.sees("A message 19")
		at := evaluate[struct{ Painted, Asked, Answered, Large float64 }](tab, `(() => {
		  const all = performance.getEntriesByType("resource");
		  const calls = all.filter(({ name }) => name.endsWith("/mcp")).slice(0, `+fmt.Sprint(len(first)-n)+`);
		  return {
		    painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
		    asked: calls[0].startTime, answered: Math.max(...calls.map((one) => one.responseEnd)),
		    large: all.find(({ name }) => name.endsWith("/main.js")).responseEnd,
		  };
		})()`)
		if n == 0 && (at.Painted >= at.Large || at.Asked >= at.Large || at.Answered >= at.Large) {
			t.Errorf("%+v, want all before the large script", at)
		}
	}
	asked := slices.DeleteFunc(w.asked(ada.token[:7]), func(tool string) bool { return tool == "wait_for_message" })
	want := append(first, first[1:]...)
	slices.Sort(want) // calls side by side arrive in any order
	slices.Sort(asked)
	if !slices.Equal(asked, want) {
		t.Errorf("the page calls %q, want %q", asked, want)
	}
}
