package browser

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"testing"
)

//go:embed testdata/walk.js
var walk string

// walked is what was seen on a walk through the conversation.
type walked struct {
	IDs      []string `json:"ids"`
	Problems []string `json:"problems"` // elements and attributes that no text may have, and what is too wide
	Lines    []string `json:"lines"`    // what the server says
	Nodes    int      `json:"nodes"`    // the most elements that the page had
	End      bool     `json:"end"`
}

// loadsAll loads the conversation from its beginning, by scrolling up as a person would.
func (tab *tab) loadsAll() {
	tab.t.Helper()
	for range 1000 {
		if evaluate[bool](tab, `(async () => {
			document.querySelector(".log").scrollTop = 0;
			for (let n = 0; n < 4; n++) await new Promise(requestAnimationFrame);
			const all = !!document.querySelector("p.log-beginning.quiet");
			document.querySelector(".log").scrollTop = all ? 0 : 1;
			return all;
		})()`) {
			// The rows there come onto the page with its next frame, and heights that are
			// measured late move what is in view.
			tab.until("the beginning is on the page", `(() => {
				const log = document.querySelector(".log");
				if (log.scrollTop === 0 && log.querySelector(".log-box").offsetHeight === 0) return true;
				log.scrollTop = 0;
			})()`)
			return
		}
	}
	tab.t.Fatal("the conversation has no beginning")
}

// walks goes through the whole conversation in a tab of its own. Now and then, Chromium's compositor waits
// forever for a tile that nobody draws ("pending tree not ready" in its trace), and the page gets no more
// frames, while its thread has nothing to do. Then another tab begins anew. A page that is busy itself fails
// there as well.
func (p *person) walks(room string, width, height int64) walked {
	p.t.Helper()
	for range 3 {
		tab := p.tab()
		tab.look(width, height, "dark")
		tab.visit(room)
		tab.is(css(".log-rows"))
		all, err := tab.walk()
		if err == nil {
			tab.visit("about:blank")
			return all
		}
		p.t.Logf("at %d px: %v", width, err)
	}
	p.t.Fatal("no tab drew the whole conversation")
	return walked{}
}

func (tab *tab) walk() (all walked, err error) {
	tab.t.Helper()
	tab.loadsAll()
	ids, lines := map[string]bool{}, map[string]bool{}
	for range 1000 {
		part, err := tryEvaluate[walked](tab, "("+walk+")(10)")
		if err != nil {
			return all, err
		}
		for _, id := range part.IDs {
			ids[id] = true
		}
		for _, line := range part.Lines {
			lines[line] = true
		}
		all.Problems = append(all.Problems, part.Problems...)
		all.Nodes = max(all.Nodes, part.Nodes)
		if part.End {
			all.IDs, all.Lines = slices.Sorted(maps.Keys(ids)), slices.Sorted(maps.Keys(lines))
			return all, nil
		}
	}
	tab.t.Fatal("the conversation has no end")
	return all, nil
}

// place returns where a message begins in the view, in pixels; -1 if it is not on the page.
func (tab *tab) place(id string) int {
	tab.t.Helper()
	return evaluate[int](tab, fmt.Sprintf(`(() => {
		const body = document.querySelector('[data-id="%s"] .message-body');
		return body ? Math.round(body.getBoundingClientRect().top) : -1;
	})()`, id))
}

// firstInView returns the id of the first message that begins in the view.
func (tab *tab) firstInView() string {
	tab.t.Helper()
	return evaluate[string](tab, `(() => {
		const top = document.querySelector(".log").getBoundingClientRect().top;
		return [...document.querySelectorAll(".message")].find((m) => m.getBoundingClientRect().top > top).dataset.id;
	})()`)
}

// speaks has an agent say n lines.
func (a *agent) speaks(n int, line func(n int) string) (ids []string) {
	a.t.Helper()
	for i := range n {
		ids = append(ids, a.says(line(i)))
	}
	return ids
}

func numbered(text string) func(int) string {
	return func(n int) string { return fmt.Sprintf("%s %d", text, n) }
}

// room seats three agents and returns them.
func threeOf(t *testing.T, s *server, room string) (ann, bob, cy *agent) {
	t.Helper()
	ann = s.caller("Ann's Codex")
	ann.sit("join_room", args{"room": room, "agent_name": ann.name, "capacity": 6})
	return ann, s.agent(room, "Bob's Claude"), s.agent(room, "Cy")
}
