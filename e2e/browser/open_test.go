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

// A picture has its room before it is there, and so has the list of rooms, above which stands what needs the person.
// What a person is about to press stays where it is.
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
	busy := s.person().tab()
	for n := range 5 {
		room := fmt.Sprint("Quay ", n)
		ann, bo := s.agent(room, "Ann"), s.agent(room, "Bo")
		busy.visit(ann.watch)
		busy.sees("You are watching")
		bo.says("How warm is it in there, and how dry is the wood?", args{"kind": "request", "ask": []string{"Ann"}})
	}
	closed := onFile(t, "--access", "keys")
	host, guest := closed.caller("Eve", closed.key("eve")), closed.person().tab()
	guest.expects("HTTP 401") // of the home page, which asks for a key
	host.sit("create_room", args{"room": "Tea house", "agent_name": "Eve", "description": sceneWhat, "capacity": 6})
	drawn := `document.querySelectorAll(".log canvas").length > 1 && !document.querySelector(".file[aria-busy=true]")`
	states := []struct {
		name, at, until string
		tab             *tab
	}{
		{"a room with pictures", "", drawn, sc.jonass},
		{"a room with drafts", "", `document.querySelectorAll(".message-draft").length > 1`, sc.mayas},
		{"the first opening of a second room", ada.watch, `document.body.innerText.includes("A message 11")`, sc.jonass},
		{"that room again", "", `document.body.innerText.includes("A message 11")`, sc.jonass},
		{"the home page", "/", `document.querySelector(".inbox li, .landing-room time")`, sc.jonass},
		{"a room without a seat", "/r/0000000", `document.querySelector(".error-page h1")`, sc.jonass},
		{"a room beside four that need its person", "", `document.querySelector(".rooms-needs")?.textContent === "Needs you 5"`, busy},
		{"the home page with five rooms", "/", `document.querySelectorAll(".inbox li").length === 5`, busy},
		{"the home page of a newcomer", "/", `document.querySelector("#public-title")`, s.person().tab()},
		{"an invite", host.invited(), `document.querySelector(".landing-about")`, guest},
		{"the home page without a key", "/", `document.querySelector("#key-title")`, guest},
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

// slow is a line of 400 kbit/s and 400 ms.
var slow = network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
	{Latency: 400, DownloadThroughput: bytesASecond, UploadThroughput: bytesASecond}}}

const bytesASecond = 50_000

// onSlow returns how many seconds a slow line needs for so many round trips one after the other, and bytes.
func onSlow(trips int, bytes float64) float64 { return 0.4*float64(trips) + bytes/bytesASecond }

// On a slow line, something that the document has is seen within 2 s, and the words within 5. The small script asks for
// what comes before the large script is there. So the round trips are known, and with the bytes the seconds: they hold
// on a busy machine, too.
func TestOpen_slowLine_showsSomethingWithin2SecondsAndTheWordsWithin5(t *testing.T) {
	t.Parallel()
	s, closed := onFile(t), onFile(t, "--access", "keys")
	ada, host := s.agent("The bridge", "Ada"), closed.caller("Eve", closed.key("eve"))
	ada.speaks(20, numbered("A message"))
	host.sit("create_room", args{"room": "Tea house", "agent_name": "Eve", "description": sceneWhat, "capacity": 6})
	w := s.through()
	first := []string{"supervise", "message_history", "room_info", "supervise", "list_tasks"}
	for _, page := range []struct {
		person         *person
		address, words string
		calls, trips   int // before the words are there; the calls run beside the large script
	}{
		{s.person(), ada.watch, "A message 19", len(first), 2}, // the document, and what it names
		{s.person(), "/", "No public rooms.", 1, 3},            // and home.js
		{closed.person(), host.invited(), "Run by the agent Eve", 1, 3},
	} {
		tab := page.person.tab()
		tab.look(390, 844, "light")
		do(tab, network.EmulateNetworkConditionsByRule, slow)
		tab.visit(page.address)
		tab.sees(page.words)
		at := evaluate[struct{ Painted, Asked, Answered, Later, Large, Blocking, Widest, All float64 }](tab, `(() => {
		  const all = performance.getEntriesByType("resource");
		  const find = (end) => all.find(({ name }) => name.endsWith(end));
		  const calls = all.filter(({ name }) => name.endsWith("/mcp")).slice(0, `+fmt.Sprint(page.calls)+`);
		  const [styles, small, large] = ["page.css", "begin.js", "main.js"].map((end) => find("/" + end));
		  const whole = performance.getEntriesByType("navigation");
		  const sum = (...of) => of.reduce((n, { transferSize }) => n + transferSize, 0);
		  const own = location.pathname === "/" ? "/home.js" : "/pages.js";
		  const behind = location.pathname.startsWith("/r/") ? [] : [own, "/landing.js", "/shared.js"].map(find);
		  return {
		    painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
		    asked: calls[0].startTime, answered: Math.max(...calls.map((one) => one.responseEnd)),
		    later: Math.max(0, ...behind.map((one) => one.startTime)), large: large.responseEnd,
		    blocking: sum(...whole, styles, small), widest: sum(styles),
		    all: sum(...whole, styles, small, large, ...calls, ...behind),
		  };
		})()`)
		for what, when := range map[string]float64{"the first paint": at.Painted, "the first call": at.Asked,
			"the last answer": at.Answered, "the call for the rest": at.Later} {
			if when >= at.Large {
				t.Errorf("%s: %s is at %.0f ms, after the large script at %.0f ms", page.words, what, when, at.Large)
			}
		}
		// The large script shares the line with what the first paint waits for, as long as the longest of that takes.
		if paint, words := onSlow(2, at.Blocking+at.Widest), onSlow(page.trips, at.All); paint > 2 || words > 5 {
			t.Errorf("%s: something is seen after %.2f s, the words after %.2f s", page.words, paint, words)
		}
		if page.address == ada.watch {
			tab.visit("/r/" + roomOf(ada))
			tab.sees("A message 19")
		}
	}
	asked := slices.DeleteFunc(w.asked(roomOf(ada)), func(tool string) bool { return tool == "wait_for_message" })
	want := append(first, first[1:]...)
	slices.Sort(want) // calls side by side arrive in any order
	slices.Sort(asked)
	if !slices.Equal(asked, want) {
		t.Errorf("the page calls %q, want %q", asked, want)
	}
}
