package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// looker returns the token with which the view of the agent's room looks.
func (a *agent) looker() string { return a.call("room_info", nil).View }

// called returns the result of show_room, as the host hands it to the view.
func (h *hosted) called(given args) args {
	if given == nil {
		given = args{"view": h.agent.looker()}
	}
	var shown json.RawMessage
	if err := h.agent.client.Call(h.agent.t.Context(), "show_room", given, &shown); err != nil {
		return refusedAs(err)
	}
	return args{"content": []args{{"type": "text", "text": string(shown)}}, "structuredContent": shown}
}

func refusedAs(err error) args {
	code, message, _ := strings.Cut(err.Error(), ": ")
	return args{"content": []args{{"type": "text", "text": err.Error()}}, "isError": true,
		"structuredContent": args{"code": code, "message": message}}
}

// atSize lays the view out again, and returns how high it is.
func (h *hosted) atSize(width int64, theme string, with args) int {
	h.t.Helper()
	h.look(width, 900, theme)
	given := args{"context": args{"theme": theme, "availableDisplayModes": []string{"inline", "fullscreen"}}}
	maps.Copy(given, with)
	h.shows(given)
	h.views("the room is there", `!document.querySelector("#room").hidden`)
	h.told()
	return within[int](h, "document.documentElement.scrollHeight")
}

// told waits until the host has given the view the height that it asks for.
func (h *hosted) told() {
	h.t.Helper()
	h.views("the view has the height that it asks for",
		`(tick(100), document.querySelector("main.full") || innerHeight === document.body.offsetHeight)`)
}

func TestView_talk_isShownAsItGoesOn(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, cy := threeOf(t, s, "The bridge")
	ann.opened()
	asked := ann.says("When do the girders come?", args{"kind": "request", "ask": []string{bob.name}})
	bob.says("They come on **Tuesday**, see `plan`:\n\n- one\n- two", args{"reply_to": asked})
	bob.shares("plan.txt", []byte("steel"))
	h := ann.hosts(800, nil)
	for _, text := range []string{"The bridge", "Ann's Codex", "your agent", "online", "asks Bob's Claude",
		"They come on Tuesday, see plan:", "plan.txt", "5 bytes", "Open room"} {
		h.reads(text)
	}
	h.views("a reply shows what it answers", `document.querySelector(".quote").innerText.includes("girders")`)
	before := h.made()
	h.ticks(2)
	if h.made() != before {
		t.Error("the view looks before it is time")
	}
	cy.says("For you alone.", args{"to": []string{ann.name}})
	wrong := cy.says("A mistake.")
	h.ticks(1)
	h.reads("Only to you")
	h.views("new words are announced", `document.querySelector("#news").innerText.includes("2 new messages")`)
	cy.call("update_room", args{"redact": wrong})
	h.ticks(3)
	h.reads("This was removed.")
	h.views("the text is gone", `!document.body.textContent.includes("A mistake.")`)
	h.presses("Open room")
	want := s.root + "/r/" + ann.token[:7]
	h.until("the host is asked to open the page",
		`said.some(({ method, params }) => method === "ui/open-link" && params.url === `+quoted(want)+`)`)
	h.shows(args{"refuses": []string{"ui/open-link"}})
	h.presses("Open room")
	h.reads("Your client did not open " + want)
	if h.made() != before+2 {
		t.Errorf("the view made %d calls: %v", h.made(), h.calls)
	}
	if said := evaluate[[]string](h.tab, `said.map(({ method }) => method).filter((one) => /ui\/(message|update)/.test(one))`); len(said) > 0 {
		t.Errorf("the view says %q", said)
	}
}

// What waits for the person stands first, however much was said since, with its words and a way there. What was done
// has the words of the page, and runs of that are folded as there.
func TestView_whatWaits_standsFirst_andDeedsAreToldAsOnThePage(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, cy := threeOf(t, s, "The bridge")
	tab := s.person().open(ann.watch)
	h := ann.hosts(800, nil)
	h.reads("Your agent, Bob's Claude, and Cy joined")
	asked := bob.says("When do you weld?", args{"kind": "request", "ask": []string{ann.name}})
	cy.says("Which paint?", args{"kind": "request", "ask": []string{ann.name}, "to": []string{ann.name}})
	ann.call("task", args{"action": "add", "tasks": []args{{"title": "Weld"}}})
	ann.call("task", args{"action": "take", "id": "t1"})
	tab.approves("All")
	draft := ann.call("send_message", args{"text": "We weld on Monday.", "reply_to": asked}).ID
	ann.drafts("Never mind.")
	tab.decides(button("Reject").nth(1))
	tab.seesNot("your agent is told")
	both := []string{ann.name, cy.name}
	red := bob.says("Paint it red.", args{"kind": "proposal", "ask": both})
	cy.says("Red fades.", args{"kind": "object", "reply_to": red})
	green := bob.says("Paint it green.", args{"kind": "proposal", "ask": []string{cy.name}})
	cy.says("", args{"kind": "agree", "reply_to": green})
	hang := bob.says("Hang it up.", args{"kind": "proposal", "ask": both})
	h.atSize(800, "light", args{"context": args{"displayMode": "fullscreen"}})
	for _, text := range []string{cy.name + " objected", "2 changes to tasks", "You rejected a draft",
		cy.name + " agreed to Paint it green · all\u00a0agreed"} {
		h.reads(text)
	}
	h.views("the own agent works, and nothing is said of its person, who looks", `((text) => /working/.test(text) &&
	  !/watching/.test(text))(document.querySelector("#people").innerText)`)
	for n := range 60 {
		bob.says(fmt.Sprintf("Number %d.", n))
	}
	cards := func(what string) {
		t.Helper()
		h.views(what, `(([draft, suggestion, question, ...more]) => more.length === 0 &&
		  ["We weld on Monday.", "Waits for your approval · to everyone"].every((one) => draft.innerText.includes(one)) &&
		  ["Suggestion", "0 of 2 agreed", "Hang it up."].every((one) => suggestion.innerText.includes(one)) &&
		  ["Question", "Only to you", "Which paint?"].every((one) => question.innerText.includes(one)) &&
		  draft.compareDocumentPosition(document.querySelector("#people")) === Node.DOCUMENT_POSITION_FOLLOWING)(
		    document.querySelectorAll("#waits .card"))`)
	}
	h.atSize(800, "light", nil)
	cards("all that waits is there at first")
	within[*bool](h, `(document.querySelector(".lead").focus(), null)`)
	bob.says("Number 60.")
	h.ticks(3)
	h.reads("Number 60.")
	cards("and after a look")
	h.views("the focus is where it was", `document.activeElement.matches(".card:first-child > .lead")`)
	h.presses("Open in the room: " + ann.name + ": We weld on Monday.")
	h.until("the draft is opened on the page", `said.some(({ method, params }) => method === "ui/open-link" &&
	  params.url === `+quoted(s.root+"/r/"+ann.token[:7]+"#"+draft)+`)`)
	tab.decides(button("Send").nth(0))
	cy.hearsText("We weld on Monday.")
	h.ticks(3)
	h.views("what was decided is gone", `!document.querySelector("#waits").innerText.includes("We weld")`)
	cy.says("", args{"kind": "agree", "reply_to": hang})
	h.ticks(3)
	h.reads("1 of 2 agreed")
	cy.call("leave_room", nil)
	h.ticks(3)
	h.views("a vote of one who is gone is not denied", `((text) => text.includes("asks your agent and Cy") &&
	  !text.includes("of 2 agreed"))(document.querySelector("#waits .card:has(.proposal)").innerText)`)
}

// The view asks for no more than the host gives, whatever waits: what does not fit whole is not there, and what waits
// and is not shown is counted.
func TestView_muchThatWaits_keepsToWhatTheHostGives(t *testing.T) {
	t.Parallel()
	axe(t)
	ann := onFile(t).viewScene("four")
	h := ann.hosts(400, nil)
	for _, limit := range []int{900, 500, 420, 300, 200} {
		for _, width := range []int64{320, 400, 800} {
			modes, given := []string{"inline", "fullscreen"}, args{"maxHeight": limit}
			high := h.atSize(width, "light", args{"context": args{"theme": "light", "availableDisplayModes": modes,
				"containerDimensions": given}})
			if high > min(limit, 860) {
				t.Errorf("at %d px with a limit of %d it is %d px high", width, limit, high)
			}
			shown := within[struct {
				Cards int
				More  string
				Whole bool
			}](h, `(() => {
			  const seen = (what) => [...document.querySelectorAll(what)].filter((one) => one.offsetHeight);
			  const foot = document.querySelector("footer").offsetTop;
			  const inside = (one) => one.offsetTop + one.offsetHeight <= foot;
			  const clear = (one) => one.getBoundingClientRect().right <= one.closest(".head").getBoundingClientRect().right + 1;
			  return { Cards: seen("#waits .card").length, More: seen("#waits .rest")[0]?.innerText ?? "0 more",
			    Whole: seen("#waits .card, #log > *, #people > *").every(inside) &&
			    seen(".brief .head > *").every(clear) };
			})()`)
			if want := fmt.Sprint(5-shown.Cards, " more"); shown.Cards < 1 || shown.More != want || !shown.Whole {
				t.Errorf("at %d px with a limit of %d: %+v, want %s", width, limit, shown, want)
			}
			if limit >= 500 && (shown.Cards != 5 || (width == 800 || limit > 500) && !within[bool](h,
				`document.querySelector("#log").innerText.includes("Good. Then we can weld")`)) {
				t.Errorf("at %d px of %d are shown %d cards, or no word of the talk", width, limit, shown.Cards)
			}
		}
	}
	h.atSize(320, "light", args{"context": args{"theme": "light",
		"availableDisplayModes": []string{"inline", "fullscreen"}, "containerDimensions": args{"maxHeight": 300}}})
	h.presses(within[string](h, `document.querySelector("#waits .opener").innerText`))
	h.views("the rest is a press away", `document.querySelectorAll("#waits > .card:not([hidden])").length === 5`)
	h.fits("much that waits", nil)
	h.fits("much that waits, in full", args{"context": args{"displayMode": "fullscreen"}})
}

// Nobody finds a seat on the page before the link of the agent is opened: until then nothing leads there.
func TestView_linkNotOpened_isAskedFor(t *testing.T) {
	t.Parallel()
	ann, bob, _ := threeOf(t, onFile(t), "The bridge")
	bob.says("When do you weld?", args{"kind": "request", "ask": []string{ann.name}})
	h := ann.hosts(400, nil)
	h.reads("To speak and approve, first open the link that your agent gives you: ask it for the link.")
	h.views("what waits is shown, and nothing leads to the page", `document.querySelector("#waits .card") &&
	  !document.querySelector(".lead") && document.querySelector("#page").hidden`)
	ann.opened()
	h.ticks(3)
	h.reads("Only you can approve and pause: in the room.")
	h.views("the page is open", `document.querySelector(".lead") && !document.querySelector("#page").hidden`)
	ann.call("update_room", args{"closed": true})
	h.ticks(3)
	h.reads("This room is closed.")
	h.views("nobody is told to act in a closed room", `!document.querySelector(".hint")`)
}

// A person sees that its agent is stopped, however little room there is.
func TestView_pausedAgent_isSaidAtEachSize(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "The bridge")
	for _, text := range []string{"When do you weld?", "Who holds the crane?", "Which paint do you have in stock?"} {
		bob.says(text, args{"kind": "request", "ask": []string{ann.name}})
	}
	ann.call("task", args{"action": "add", "tasks": []args{{"title": "Weld"}}})
	ann.call("task", args{"action": "take", "id": "t1"})
	h := ann.hosts(400, nil)
	h.reads("working")
	tab := s.person().open(ann.watch)
	tab.click(button("Pause your agent"))
	tab.is(button("Resume your agent"))
	h.ticks(3)
	h.reads("Your agent is paused.")
	for _, limit := range []int{900, 300, 220} {
		for _, width := range []int64{320, 400, 800} {
			high := h.atSize(width, "light", args{"context": args{"containerDimensions": args{"maxHeight": limit}}})
			if text := h.viewed(); high > limit || !strings.Contains(text, "Your agent is paused.") ||
				strings.Contains(text, "working") {
				t.Errorf("at %d px with a limit of %d it is %d px high, and shows\n%s", width, limit, high, text)
			}
		}
	}
	tab.click(button("Resume your agent"))
	tab.is(button("Pause your agent"))
	h.ticks(3)
	h.views("the end of the pause is seen, too", `document.querySelector("#state").innerText === ""`)
}

// Markdown is drawn as on the page, but for links: nobody can press them.
func TestView_markdown_isDrawnAsOnThePage(t *testing.T) {
	t.Parallel()
	axe(t)
	ann, bob, _ := threeOf(t, onFile(t), "The bridge")
	h := ann.hosts(400, nil)
	for text, want := range map[string]string{
		"**a** _b_ ***c*** ~~d~~ `e*f*` x_y_z 2\\*3": "<p>" +
			"<b>a</b> <em>b</em> <b><em>c</em></b> <s>d</s> <code>e*f*</code> x_y_z 2*3</p>",
		"[docs](https://u@example.com/a_(b)) [no](/up) https://x.org/_a_": `<p>docs <bdi class="soft">(example.com)</bdi> ` +
			`no <bdi class="soft">(/up)</bdi> https://x.org/_a_</p>`,
		"> so\n> - it is\n\nno": "<blockquote><p>so</p><ul><li><p>it is</p></li></ul></blockquote><p>no</p>",
		"a | b\n:-: | --\n**c** | d\\|e | f\n\n---": `<table><tr><th style="text-align: center;">a</th><th>b</th></tr>` +
			`<tr><td style="text-align: center;"><b>c</b></td><td>d|e</td></tr></table><hr>`,
		"3. a\n\n   b\n   - c\n4. d\n\n2026. e": `<ol style="padding-inline-start: 1.5em;"><li value="3"><p>a</p><p>b</p>` +
			`<ul><li><p>c</p></li></ul></li><li value="4"><p>d</p></li></ol><p>2026. e</p>`,
		"- [x] a\n- [ ] b": `<ul><li class="boxed"><p><span class="box" role="img" aria-label="done"></span> a</p></li>` +
			`<li class="boxed"><p><span class="box" role="img" aria-label="not done"></span> b</p></li></ul>`,
		"# a\n```\n- b\n```": "<p><b>a</b></p><pre><code>- b</code></pre>",
	} {
		bob.says(text)
		h.ticks(3)
		got := within[string](h, `(() => {
		  const text = [...document.querySelectorAll(".text")].at(-1).cloneNode(true);
		  text.querySelectorAll("svg").forEach((one) => one.remove());
		  text.querySelectorAll("[style='']").forEach((one) => one.removeAttribute("style"));
		  text.querySelectorAll("table").forEach((one) => one.removeAttribute("tabindex"));
		  return text.innerHTML;
		})()`)
		if got != want {
			t.Errorf("%q is drawn as\n%s, want\n%s", text, got, want)
		}
	}
	const head = "Region | Maintainer | Deliveries | Temperature | Inspections | Weaknesses | Certificates"
	bob.says(head + "\n" + strings.Repeat("-|", 7) + "\n" + head)
	h.fits("a wide table, in full", args{"context": args{"displayMode": "fullscreen"}})
	h.atSize(400, "light", args{"context": args{"displayMode": "fullscreen"}})
	h.views("no word is broken, and all of them can be reached", `((table) => table.scrollWidth > table.clientWidth &&
	  [...table.querySelectorAll("th")].every((one) => one.offsetHeight < 32))(
	    [...document.querySelectorAll("table")].at(-1))`)
}

// What was agreed stands there before what happened to tasks, and in full so does what is open, by its name.
func TestView_whatWasAgreed_isNotLost(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, cy := threeOf(t, s, "The bridge")
	ann.opened()
	gus := s.agent("The bridge", "gus")
	s.person().open(gus.watch)
	const text = "Paint it green, with two coats of which the second one is thin, and hang it up on Friday"
	green := bob.says(text, args{"kind": "proposal", "ask": []string{ann.name, cy.name}})
	for _, one := range []*agent{ann, cy} {
		one.says("", args{"kind": "agree", "reply_to": green})
	}
	for _, title := range []string{"Weld", "Order the paint"} {
		ann.call("task", args{"action": "add", "tasks": []args{{"title": title}}})
	}
	h := ann.hosts(320, nil)
	h.atSize(320, "light", args{"context": args{"containerDimensions": args{"maxHeight": 300}}})
	h.views("the agreement is shown", `[...document.querySelectorAll("#log > *")]
	  .some((one) => one.offsetHeight && /Paint it green.*all.agreed/.test(one.innerText))`)
	h.atSize(320, "light", args{"context": args{"displayMode": "fullscreen"}})
	h.reads("its owner is watching")
	h.views("no name is cut", `[...document.querySelectorAll("#people .name")]
	  .every((one) => one.scrollWidth <= one.clientWidth)`)
	h.views("what is open has its name", `["Agreed", "hang it up on Friday", "Open tasks", "Weld", "Order the paint"]
	  .every((one) => document.querySelector("#held").innerText.includes(one))`)
	h.views("votes have a short quote", `document.querySelector("#log").innerText.split("hang it up").length === 2`)
	ann.call("task", args{"action": "drop", "id": "t1"})
	ann.says("I have begun.")
	ann.says("And it is done.", args{"kind": "done"})
	h.ticks(3)
	h.views("what is no longer open is gone", `!document.querySelector("#held").innerText.includes("Weld")`)
	h.views("each message says what it is for", `[...document.querySelectorAll("#log .done")]
	  .some((one) => one.offsetHeight)`)
	for n := range 20 {
		ann.says(fmt.Sprintf("Number %d.", n))
	}
	h.atSize(320, "light", nil)
	h.presses("1 agreement")
	h.views("a count leads to what it counts", `document.activeElement.innerText === "Leave full screen" &&
	  innerHeight > 800 && ((top) => top >= 0 && top < innerHeight)(document.querySelector("#held").getBoundingClientRect().top)`)
	within[*bool](h, "(scrollTo(0, 9e9), null)")
	h.views("the end of the talk is in sight", "scrollY > 0")
	h.presses("1 agreement")
	h.views("and so it does there", `document.querySelector("#held").getBoundingClientRect().top >= 0`)
}

// Nobody approves an objection to something unnamed, or a draft of which a part is not shown.
func TestView_draft_isWholeAndNamesWhatItAnswers(t *testing.T) {
	t.Parallel()
	h := onFile(t).viewScene("old").hosts(400, nil)
	names := func() {
		t.Helper()
		h.views("a draft names what it answers", `((text) => /Bob's Claude\s*Paint it red\./.test(text))(
		  document.querySelector("#waits .card").innerText)`)
	}
	h.atSize(400, "light", args{"context": args{"containerDimensions": args{"maxHeight": 800}}})
	names()
	h.views("code is no wider than its card, and a text that is cut fades", `((text) =>
	  text.querySelector("pre").scrollWidth <= text.clientWidth && getComputedStyle(text).maskImage !== "none")(
	    document.querySelectorAll("#waits .text")[1])`)
	h.atSize(400, "light", args{"context": args{"displayMode": "fullscreen"}})
	names()
	h.reads("Cy agreed to Paint it green, with two coats · all\u00a0agreed")
	h.views("nothing of a draft is cut", `[...document.querySelectorAll("#waits .text")]
	  .every((one) => one.scrollHeight <= one.clientHeight + 1)`)
	for task, how := range map[string]string{"Weld the rail": "In progress · Cy",
		"Order the green paint": "Assigned to your agent", "Paint": "Blocked by Weld the rail", "Tidy up": "To do"} {
		h.views(task+" says how it stands", `[...document.querySelectorAll("#held li")].some((one) =>
		  one.innerText === `+quoted(task+"\n"+how)+` && one.offsetHeight < 50)`)
	}
}

// hears has the host tell the view something.
func (h *hosted) hears(method string, params args) {
	h.t.Helper()
	text, err := json.Marshal(args{"method": "ui/notifications/" + method, "params": params})
	if err != nil {
		h.t.Fatal(err)
	}
	evaluate[*bool](h.tab, fmt.Sprintf("(post(%s), null)", text))
}

// The theme of the host counts, whatever the browser prefers, and its colours if it has all of them.
func TestView_theme_isThatOfTheHost(t *testing.T) {
	t.Parallel()
	ann, _, _ := threeOf(t, onFile(t), "The bridge")
	h := ann.hosts(400, nil)
	wears := func(theme string) {
		t.Helper()
		h.views("the view is "+theme, `getComputedStyle(document.body).color === `+
			map[string]string{"light": `"rgb(27, 28, 33)"`, "dark": `"rgb(236, 236, 240)"`}[theme])
	}
	for theme, other := range map[string]string{"light": "dark", "dark": "light"} {
		h.look(400, 900, other)
		h.shows(args{"context": args{"theme": theme, "availableDisplayModes": []string{"inline", "fullscreen"}}})
		h.reads("Full screen")
		wears(theme)
		h.hears("host-context-changed", args{"theme": other})
		wears(other)
		h.reads("Full screen") // of what the host has said before, the rest stays
	}
	colours := args{"--color-background-primary": "#102030", "--color-text-primary": "rgb(1, 2, 3)",
		"--color-text-secondary": "#445566", "--color-border-primary": "#778899"}
	h.hears("host-context-changed", args{"styles": args{"variables": colours}})
	h.views("the view has the colours of the host", `getComputedStyle(document.body).color === "rgb(1, 2, 3)"`)
	h.hears("host-context-changed", args{"styles": args{"variables": args{"--font-sans": "Georgia, serif"}}})
	h.views("the view has the letters of the host", `getComputedStyle(document.body).fontFamily === "Georgia, serif"`)
	delete(colours, "--color-text-secondary")
	h.shows(args{"context": args{"theme": "light", "styles": args{"variables": colours}}})
	h.reads("The bridge")
	wears("light")
}

// A host that has one mode gets no button for another, and a room that is full of words fits what the host gives.
func TestView_hostWithLittleRoom_hasWhatFits(t *testing.T) {
	t.Parallel()
	ann, bob, _ := threeOf(t, onFile(t), "The bridge")
	for n := range 20 {
		bob.says(fmt.Sprintf("Message %d. %s", n, strings.Repeat("Words of some length. ", n%2*12)))
	}
	h := ann.hosts(400, nil)
	for _, size := range []string{"height", "maxHeight"} {
		high := h.atSize(400, "light", args{"context": args{"availableDisplayModes": []string{"inline"},
			"containerDimensions": args{size: 420}, "safeAreaInsets": args{"top": 7, "left": 11}}})
		if high > 420 {
			t.Errorf("with a %s of 420 it is %d px high", size, high)
		}
		h.views("what the host covers is free", `getComputedStyle(document.body).padding === "7px 0px 0px 11px"`)
		h.views("there is no button for another mode", `document.querySelector("#full").hidden`)
	}
	for _, width := range []int64{400, 800} {
		high := h.atSize(width, "light", args{"context": args{"containerDimensions": args{"maxHeight": 900}}})
		if high < 780 || high > 860 {
			t.Errorf("with 900 px at %d px it is %d px high", width, high)
		}
	}
}

// What agents may choose is long: names, titles, descriptions, to whom they speak and whom they ask.
func TestView_longNames_fitEachWidth(t *testing.T) {
	t.Parallel()
	const most = 40 // letters of a name
	wide := strings.Repeat("W", most)
	s := onFile(t)
	ann := s.caller("Ann")
	ann.sit("create_room", args{"room": wide, "agent_name": wide, "capacity": 12,
		"description": strings.Repeat("Description. ", 60)})
	names := []string{wide}
	var last *agent
	for n := range 10 {
		last = s.agent(wide, fmt.Sprint("A", n, wide[:most-2]))
		names = append(names, last.name)
	}
	first := ann.says(wide+wide, args{"kind": "request", "ask": names[1:]})
	h := ann.hosts(320, nil)
	for what, act := range map[string]func(){
		"a task": func() {
			nine := slices.Repeat([]args{{"title": strings.Repeat("W", 100)}}, 9)
			last.call("task", args{"action": "add", "tasks": nine})
		},
		"a private request": func() {
			last.says(strings.Repeat("W\n", 400),
				args{"kind": "request", "to": names[:10], "ask": names[:10], "reply_to": first})
		},
	} {
		act()
		for _, width := range []int64{320, 400, 800} {
			high := h.atSize(width, "light", nil)
			if wide := within[int64](h, "document.documentElement.scrollWidth"); high > 500 || wide > width {
				t.Errorf("%s: %d by %d px in a window of %d", what, wide, high, width)
			}
		}
		h.presses("Full screen")
		h.views("all of it is shown", `!document.querySelector("#log > :is([hidden]:not(.asked), .short)")`)
	}
}

// Who comes back to a room in which much was said, or whose last event has expired, begins at the newest.
func TestView_farBehind_beginsAtTheNewest(t *testing.T) {
	t.Parallel()
	ann, bob, _ := threeOf(t, onFile(t), "The bridge")
	h := ann.hosts(400, nil)
	h.reads("The bridge")
	again := func(looks int) {
		t.Helper()
		h.mu.Lock()
		defer h.mu.Unlock()
		for i, call := range h.calls[len(h.calls)-looks:] {
			if _, after := call["after"]; after != (i == 0) {
				t.Errorf("of %d looks number %d has after: %t", looks, i+1, after)
			}
		}
	}
	for n := range 55 {
		bob.says(fmt.Sprintf("Number %d.", n))
	}
	h.ticks(3)
	h.ticks(0)
	h.reads("Number 54.")
	again(2)
	h.views("what came before is not shown", `!document.body.textContent.includes("Number 1.")`)
	h.answers(refusedAs(errors.New("invalid_argument: after: there is no message of this id")))
	h.ticks(3)
	h.answers(nil)
	bob.says("The newest.")
	h.ticks(6)
	h.reads("The newest.")
	again(2)
}

// All that a mouse does a key does, and who presses keys sees where they act.
func TestView_keys_doWhatTheMouseDoes(t *testing.T) {
	t.Parallel()
	ann, _, _ := threeOf(t, onFile(t), "The bridge")
	ann.opened()
	h := ann.hosts(400, args{"context": args{"theme": "light",
		"availableDisplayModes": []string{"inline", "fullscreen"}}})
	h.reads("Open room")
	h.told()
	for _, button := range []string{"Full screen", "Open room"} {
		h.press("Tab")
		h.views("the focus is on "+button+", in sight", `document.activeElement.innerText === `+quoted(button)+
			` && getComputedStyle(document.activeElement).outlineStyle === "solid"`)
	}
	h.press("Enter")
	h.until("the host is asked to open the page", `said.some(({ method }) => method === "ui/open-link")`)
	h.press("Shift+Tab", "Space")
	h.reads("Leave full screen")
}

// unfit finds what a thumb cannot hit, and what scrolls inside of the view.
const unfit = `[...document.querySelectorAll("button")].filter((one) => one.offsetHeight && (one.offsetHeight < 44 || one.offsetWidth < 44))
  .concat([...document.querySelectorAll("main *")].filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowY)))
  .map((one) => one.outerHTML.slice(0, 200))`

// fits fails the test for what is wrong with the view at a width or in a theme.
func (h *hosted) fits(what string, with args) {
	h.t.Helper()
	for _, width := range []int64{320, 400, 800} {
		for _, theme := range []string{"light", "dark"} {
			high := h.atSize(width, theme, with)
			if within[bool](h, `!!document.querySelector("main.full")`) {
				high = 0 // there it scrolls
			}
			if wide := within[int64](h, "document.documentElement.scrollWidth"); high > 500 || wide > width {
				h.t.Errorf("%s: %d by %d px in a window of %d", what, wide, high, width)
			}
			if found := within[[]string](h, unfit); len(found) > 0 {
				h.t.Errorf("%s at %d px: %q is small, or scrolls", what, width, found)
			}
			within[*bool](h, axe(h.t)+"; window.setTimeout = realTimeout; null")
			for _, f := range within[[]finding](h, judgePart+"(document)") {
				h.t.Errorf("%s, %s at %d px: %s (%s):\n  %s", what, theme, width, f.Rule, f.Help,
					strings.Join(f.Nodes, "\n  "))
			}
		}
	}
}

func TestView_fullRoom_fitsEachWidthAndTheme(t *testing.T) {
	t.Parallel()
	axe(t)
	s := onFile(t)
	ann := s.caller("Ann")
	ann.sit("create_room", args{"room": "A full house", "agent_name": "Ann", "capacity": 30,
		"description": strings.Repeat("Description. ", 60)})
	for n := range 29 {
		s.agent("A full house", fmt.Sprintf("Agent with a long name number %d", n+1))
	}
	for n := range 50 {
		ann.says(fmt.Sprintf("Message %d. %s", n, strings.Repeat("Words of some length. ", n%7*9)))
	}
	h := ann.hosts(400, nil)
	h.fits("a full room", nil)
	h.reads("Message 49")
	h.reads("Earlier messages are in the room")
	h.views("no scroll bar takes width", `getComputedStyle(document.documentElement).scrollbarWidth === "none"`)
	h.views("people are folded", `/^\d+ others$/.test(document.querySelector("#people .rest").innerText)`)
	h.atSize(800, "light", nil)
	h.presses("Full screen")
	h.reads("Leave full screen")
	h.views("in full there is one", `getComputedStyle(document.documentElement).scrollbarWidth === "auto"`)
	h.views("all is shown", `![...document.querySelectorAll("#log > *, #people > li:not(.rest)")].some((one) => one.hidden)`)
	for _, width := range []int64{400, 800, 320} {
		h.look(width, 900, "light")
		h.views("the end stays in sight", fmt.Sprintf(`innerWidth === %d &&
		  innerHeight + scrollY >= document.documentElement.scrollHeight - 1`, width))
	}
	h.presses("Leave full screen")
	h.reads("Full screen")
	h.told()
	h.views("after full screen it is as high as before", "document.documentElement.scrollHeight <= 500")
}

func TestView_hostileTexts_areOnlyTexts(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ann, bob, _ := threeOf(t, s, "Hostile")
	for payload := range strings.Lines(payloads) {
		bob.says(forms(strings.TrimSuffix(payload, "\n")))
	}
	bob.says(strings.Repeat("W", 10_000))
	bob.says("\u202egnp.exe\u202c \u2066isolated \u2069 \u200fright", args{"kind": "request"})
	h := ann.hosts(320, nil)
	for _, width := range []int64{320, 800} {
		high := h.atSize(width, "light", args{"context": args{"theme": "light", "displayMode": "inline",
			"styles": args{"variables": args{
				"--color-background-primary": "url(http://evil.example/p.png)", "--color-text-primary": "#000000",
				"--color-text-secondary": "#333333", "--color-border-primary": "u\\72l(http://evil.example/q.png)",
				"--font-sans": "image-set('http://evil.example/r.png')",
			}}}})
		if wide := within[int64](h, "document.documentElement.scrollWidth"); high > 500 || wide > width {
			t.Errorf("%d by %d px in a window of %d", wide, high, width)
		}
	}
	h.views("no style of the host loads anything", `document.documentElement.style.length === 0`)
	h.atSize(320, "light", args{"context": args{"displayMode": "fullscreen"}})
	h.reads("gnp.exe")
	const known = `/^(h1|h2|section|div|ul|ol|li|p|span|bdi|q|b|em|s|code|pre|hr|blockquote|table|tr|th|td|time|` +
		`article|svg|path|footer|button)$/`
	if others := within[[]string](h, `[...document.querySelectorAll("main *")].map((one) => one.localName)
	  .filter((name) => !`+known+`.test(name))`); len(others) > 0 {
		t.Errorf("there are elements %q", others)
	}
	h.views("nothing has an address", `!document.querySelector("[href], [src], [onclick], [onerror], [onload]")`)
	h.views("nothing is wider", `document.documentElement.scrollWidth <= 320`)
}

// What stands in the view cannot begin a script, and nobody but the host is heard.
func TestView_scriptsOfOthers_neverRun(t *testing.T) {
	t.Parallel()
	ann, _, _ := threeOf(t, onFile(t), "The bridge")
	h := ann.hosts(400, nil)
	h.expects("TrustedHTML|TrustedScript|Trusted ?Type|Content Security Policy")
	h.reads("The bridge")
	for _, sink := range []string{
		`document.body.innerHTML = "<p>"`, `document.write("<p>")`, `new DOMParser().parseFromString("<p>", "text/html")`,
		`document.createElement("script").text = "1"`, `document.createElement("iframe").srcdoc = "<p>"`,
		`trustedTypes.createPolicy("mine", {})`,
	} {
		how := within[string](h, "(() => { try { "+sink+"; return 'done'; } catch (e) { return e.name; } })()")
		if how != "TypeError" {
			t.Errorf("%s: %s, want a TypeError", sink, how)
		}
	}
	if ran := within[bool](h, `(() => {
	  const script = document.createElement("script");
	  script.append("window.ran = true");
	  document.body.append(script);
	  const button = document.createElement("button");
	  try { button.setAttribute("onclick", "window.ran = true"); button.click(); } catch { }
	  return !!window.ran;
	})()`); ran {
		t.Error("a script was run")
	}
	if reached := within[bool](h, `fetch("/call").then(() => true, () => false)`); reached {
		t.Error("the view reaches the network")
	}
	within[*bool](h, `new Promise((done) => {
	  postMessage({ jsonrpc: "2.0", method: "ui/notifications/tool-cancelled" }, "*");
	  addEventListener("message", () => done(null));
	})`)
	if text := h.viewed(); strings.Contains(text, "Couldn't show") {
		t.Errorf("the view hears itself: %s", text)
	}
}

func TestView_looks_stopWhereTheyAreOfNoUse(t *testing.T) {
	t.Parallel()
	ann, bob, _ := threeOf(t, onFile(t), "The bridge")
	h := ann.hosts(400, nil)
	h.reads("The bridge")
	quiet := func(what string) {
		t.Helper()
		before := h.made()
		h.ticks(3600)
		if h.made() != before {
			t.Errorf("%s: the view made %d calls", what, h.made()-before)
		}
	}
	sees := func(yes bool) {
		t.Helper()
		evaluate[*bool](h.tab, fmt.Sprintf("(frame.style.marginTop = %t ? '' : '5000px', null)", yes))
		h.views("the view knows whether it is in sight", fmt.Sprintf("window.inSight === %t", yes))
	}
	hides := func(yes bool) {
		t.Helper()
		within[*bool](h, fmt.Sprintf(`(Object.defineProperty(document, "hidden", { value: %t, configurable: true }),
		  document.dispatchEvent(new Event("visibilitychange")), null)`, yes))
	}
	before := h.made()
	hides(true)
	h.ticks(20 * 60)
	behind := h.made()
	hides(false)
	h.ticks(0)
	if behind != before || h.made() != before+1 {
		t.Errorf("in a tab behind it looks %d times, and %d times back in front", behind-before, h.made()-behind)
	}
	sees(false)
	quiet("out of sight")
	bob.says("While nobody looked.")
	sees(true)
	h.ticks(0)
	h.reads("Updates stopped after half an hour.")
	quiet("paused")
	h.presses("Go on")
	h.ticks(0)
	h.reads("While nobody looked.")

	h.answers(args{"isError": true, "content": []args{{"type": "text", "text": "unavailable: Too much at once."}}})
	for _, pause := range []int{3, 6, 12} { // seconds, twice as long after each failure
		before := h.made()
		h.ticks(pause - 1)
		early := h.made()
		h.ticks(1)
		if early != before || h.made() != before+1 {
			t.Errorf("after %d and %d s it has looked %d and %d times, want 0 and 1", pause-1, pause, early-before,
				h.made()-before)
		}
	}
	h.answers(nil)
	h.ticks(24)
	h.answers(args{"isError": true, "content": []args{{"type": "text", "text": "rate_limited: Too much."}},
		"structuredContent": args{"code": "rate_limited", "retry_after_seconds": 40}})
	h.ticks(3)
	h.reads("No connection. Trying again")
	before = h.made()
	h.ticks(39)
	if h.made() != before {
		t.Error("the view does not wait as long as it is asked to")
	}
	h.answers(nil)
	bob.says("Again.")
	h.ticks(1)
	h.reads("Again.")
	h.views("nothing is wrong any more", `document.querySelector("#state").innerText === ""`)
	for _, code := range []string{"removed", "token_invalid", "room_not_found"} {
		h.answers(args{"isError": true, "content": []args{{"type": "text", "text": code + ": It is over."}}})
		h.shows(nil)
		h.reads("The bridge")
		sees(true) // before that no look is due
		h.ticks(3)
		h.views("the end is said", `/no longer has a seat|has ended/.test(document.querySelector("#state").innerText)`)
		quiet(code)
	}
	h.answers(nil)
	h.shows(nil)
	h.reads("The bridge")
	evaluate[*bool](h.tab, `(post({ id: "p", method: "ping" }), post({ id: "t", method: "ui/resource-teardown", params: {} }), null)`)
	h.until("both are answered", `["p", "t"].every((id) => said.some((one) => one.id === id && one.result))`)
	quiet("torn down")
}

func TestView_hostsThatGiveLittle_areServed(t *testing.T) {
	t.Parallel()
	ann, bob, _ := threeOf(t, onFile(t), "The bridge")
	bob.says("In the text alone.")
	h := ann.hosts(400, nil)
	whole := h.called(nil)
	h.shows(args{"context": nil, "result": args{"content": whole["content"]}})
	h.reads("In the text alone.")
	h.shows(args{"result": args{"isError": true, "content": []args{{"type": "text", "text": "invalid_argument: No."}}}})
	h.reads("Couldn't show the room.")
	h.shows(args{"input": nil})
	h.reads("This is the room as it was then.")
	h.shows(args{"result": nil})
	h.reads("Opening the room")
	h.hears("tool-cancelled", args{"reason": "The user said no."})
	h.reads("Couldn't show the room.")
	if h.made() > 0 {
		t.Errorf("the view made %d calls", h.made())
	}
}

// TestView_pictures takes pictures of the view at each of its widths, for nobody but who works at it.
func TestView_pictures(t *testing.T) {
	dir := os.Getenv(screenshotsEnv)
	if dir == "" {
		t.Skip(screenshotsEnv + " names the folder for the pictures")
	}
	server := onFile(t)
	rooms := map[string]*agent{"scene": sceneOn(server).maya}
	for _, name := range []string{"nothing", "draft", "four", "deeds", "old"} {
		rooms[name] = server.viewScene(name)
	}
	for name, agent := range rooms {
		h := agent.hosts(400, nil)
		for _, width := range []int64{320, 400, 800} {
			for _, theme := range []string{"light", "dark"} {
				high := h.atSize(width, theme, nil)
				h.look(width, int64(high), theme)
				h.keeps(dir, fmt.Sprintf("view-%s-%d-%s.png", name, width, theme))
				h.atSize(width, theme, args{"context": args{"theme": theme, "displayMode": "fullscreen"},
					"mode": "fullscreen"})
				h.look(width, 700, theme)
				evaluate[*bool](h.tab, "(frame.style.height = '100vh', null)")
				h.views("it has all of the window", "(tick(1000), innerHeight === 700)")
				h.keeps(dir, fmt.Sprintf("view-%s-%d-%s-full.png", name, width, theme))
			}
		}
	}
}

// keeps writes a picture of the window to a file.
func (h *hosted) keeps(dir, name string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), h.picture(1), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// viewScene plays a room of three, and returns the one that looks: draft has one draft that waits, four has two
// questions and a suggestion beside it, deeds has what became of suggestions and tasks, old has drafts that answer what
// is not shown.
func (s *server) viewScene(name string) *agent {
	s.t.Helper()
	ann, bob, cy := threeOf(s.t, s, "The bridge "+name)
	all := []string{ann.name, cy.name}
	bob.says("The girders come on **Tuesday**, in two loads. I have put the plan of the crane beside the list.")
	ann.says("Good. Then we can weld on Wednesday and Thursday, and paint on Friday if it stays dry.")
	if name == "nothing" {
		cy.says("I watch the weather.")
		return ann
	}
	if name == "deeds" {
		red := bob.says("Paint it red, as the old one was.", args{"kind": "proposal", "ask": all})
		cy.says("Red fades within a year.", args{"kind": "object", "reply_to": red})
		green := cy.says("Paint it green, with two coats.",
			args{"kind": "proposal", "ask": []string{ann.name, bob.name}})
		ann.says("", args{"kind": "agree", "reply_to": green})
		bob.says("", args{"kind": "agree", "reply_to": green})
		ann.call("task", args{"action": "add", "tasks": []args{{"title": "Weld"}, {"title": "Order the green paint"}}})
		ann.call("task", args{"action": "take", "id": "t1"})
		cy.call("task", args{"action": "take", "id": "t2"})
		ann.call("task", args{"action": "finish", "id": "t1"})
		return ann
	}
	if name == "old" {
		green := bob.says("Paint it green, with two coats.", args{"kind": "proposal", "ask": []string{cy.name}})
		red := bob.says("Paint it red.", args{"kind": "proposal", "ask": all})
		ann.call("task", args{"action": "add", "tasks": []args{{"title": "Weld the rail"},
			{"title": "Order the green paint", "for": []string{ann.name}}, {"title": "Paint", "after": []string{"1"}},
			{"title": "Tidy up"}}})
		cy.call("task", args{"action": "take", "id": "t1"})
		for n := range 60 {
			bob.says(fmt.Sprintf("Number %d.", n))
		}
		cy.says("", args{"kind": "agree", "reply_to": green})
		s.person().open(ann.watch).approves("All")
		ann.drafts("Red fades within a year.", args{"kind": "object", "reply_to": red})
		ann.drafts("This is the switch.\n\n```js\nconst charge = (order) => (flags.v2 ? billing.v2.charge(order, " +
			"{ retries: 3, timeout: 2000 }) : billing.v1.charge(order));\n```\n\n" +
			strings.Repeat("We weld on Wednesday from 7:00 to 15:00, and paint when it is dry.\n\n", 14) +
			"That is all.")
		return ann
	}
	mine := args{"kind": "request", "ask": all[:1]}
	asked := bob.says("When do you weld, and who holds the crane?", mine)
	if name == "four" {
		cy.says("Which paint do you have in stock?", mine)
		bob.says("**Paint it red**, as the old one was, with two coats before the winter.",
			args{"kind": "proposal", "ask": all})
		bob.says("Do you need the lamps on Wednesday?", mine, args{"to": all[:1]})
		asked = ""
	}
	tab := s.person().open(ann.watch)
	tab.approves("All")
	reply := args{"kind": "proposal", "to": []string{bob.name}, "ask": []string{bob.name}}
	if asked != "" {
		reply = args{"reply_to": asked}
	}
	ann.drafts("We weld on Wednesday from 7:00 to 15:00. Jo holds the crane; if the wind is above 40 km/h we wait "+
		"until Thursday, and then paint on Saturday.", reply)
	return ann
}
