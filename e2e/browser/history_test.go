package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// talk says n texts, and returns them.
func (a *agent) talk(from, n int) (texts []string) {
	a.t.Helper()
	for i := range n {
		text := fmt.Sprintf("line %d", from+i)
		a.says(text)
		texts = append(texts, text)
	}
	return texts
}

func TestHistory_unreadOfLastTime_isLoadedAndMarked(t *testing.T) {
	t.Parallel()
	ada, bo, f := den(t, onFile(t))
	bo.says("read")
	f.has("read")
	f.does(`m.room.read(m.room.state.messages.at(-1).id)`)
	f.visit("/")
	texts := bo.talk(0, 230) // more than two pages
	f.load()
	f.returns(ada.watch)
	f.live()
	f.until("the first unread is marked", `m.room.state.messages.find(({ id }) => id === m.room.state.firstUnread)?.text === "line 0"`)
	f.has(append([]string{"read"}, texts...)...)
	if n := evaluate[int](f.tab, `m.room.unread()`); n != 230 {
		t.Errorf("%d are unread", n)
	}
	f.does(`m.room.read(m.room.state.messages.at(-1).id); m.room.read(m.room.state.messages[0].id)`)
	if n := evaluate[int](f.tab, `m.room.unread()`); n != 0 {
		t.Errorf("%d are unread after all were read", n)
	}
	bo.says("more")
	f.until("more has come", `m.texts().at(-1) === "more"`)
	f.does(`await m.room.refresh.want({ info: true })`)
	f.visit("/")
	f.load()
	f.returns(ada.watch)
	f.until("the next visit knows how far", `m.room.state.messages.find(({ id }) => id === m.room.state.firstUnread)?.text === "more"`)
}

func TestHistory_firstVisit_hasNothingUnread(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	bo.says("long ago")
	f := s.follow(ada)
	f.until("nothing is unread", `m.room.state.firstUnread === "" && m.room.unread() === 0`)
	f.does(`m.room.here(false)`)
	bo.says("meanwhile")
	f.has("long ago", "meanwhile")
	f.does(`m.room.here(true)`)
	f.until("what came meanwhile is marked", `m.room.state.firstUnread === m.room.state.messages.at(-1).id`)
}

func TestHistory_earlierMessages_areLoadedOnceAndInOrder(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	first := bo.says("the first")
	texts := append([]string{"the first"}, bo.talk(0, 240)...)
	f := s.follow(ada)
	if !evaluate[bool](f.tab, `m.room.state.earlier && m.texts().length < 240`) {
		t.Error("all is loaded at once")
	}
	f.does(`await Promise.all([m.room.loadEarlier(), m.room.loadEarlier()])`)
	if !evaluate[bool](f.tab, `m.room.loadBack(`+quoted(first)+`)`) {
		t.Error("the first message is not found")
	}
	f.has(texts...)
	if evaluate[bool](f.tab, `m.room.loadBack("m000000")`) {
		t.Error("a message is found that is not there")
	}
}

func TestHistory_export_hasAllWithWholeTexts(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada, bo := s.agent("den", "Ada"), s.agent("den", "Bo")
	long := strings.Repeat("Ünïcode and ", 1500) + "the end"
	id := bo.says(long)
	texts := append([]string{long}, bo.talk(0, 120)...)
	f := s.follow(ada)
	got := evaluate[[]string](f.tab, `m.room.everything().then((all) => all.map(({ text }) => text).filter(Boolean))`)
	if !slices.Equal(got, texts) {
		t.Errorf("%d texts were exported, want %d", len(got), len(texts))
	}
	f.does(`await m.room.loadBack(` + quoted(id) + `)`)
	f.until("a part is shown", `m.room.state.messages.some(({ more }) => more)`)
	f.does(`await m.room.textOf(` + quoted(id) + `)`)
	f.has(texts...)
	bo.call("update_room", args{"redact": id})
	f.until("the text is gone", `m.room.state.messages.find(({ id }) => id === `+quoted(id)+`).redacted`)
	f.until("nobody finds it", `!m.texts().some((text) => text.includes("the end"))`)
}

func TestHistory_export_waitsWhereTheServerAsksItTo(t *testing.T) {
	t.Parallel()
	w := onFile(t).through()
	ada, bo := w.agent("den", "Ada"), w.agent("den", "Bo")
	texts := bo.talk(0, 120)
	f := w.person().follower()
	f.does(handClock)
	f.does(`m.begin(m.seats.claimed(` + quoted(claimOf(ada.watch)) + `), m.clock)`)
	f.live()
	w.setBusy(true)
	f.does(`m.all = m.room.everything(); m.closed = m.room.everything(undefined, AbortSignal.abort()).catch(() => "ended")`)
	f.until("it waits", `m.clock.due.some(({ at }) => at === m.clock.at + `+retryAfter+`000)`)
	w.setBusy(false)
	f.does(`m.clock.advance(` + retryAfter + `000)`)
	got := evaluate[[]string](f.tab, `m.all.then((all) => all.map(({ text }) => text).filter(Boolean))`)
	if !slices.Equal(got, texts) {
		t.Errorf("%d texts were exported, want %d", len(got), len(texts))
	}
	if got := evaluate[string](f.tab, `m.closed`); got != "ended" {
		t.Errorf("an export that nobody wants brings %s", got)
	}
}
