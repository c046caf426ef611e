package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// cursor is none, one that the agent was given, or nonsense.
func (m *machine) cursor(s *modelSeat) string {
	if pick(m, "cursor", true, false) && len(s.cursors) > 0 {
		last := s.cursors[max(0, len(s.cursors)-4):]
		return rapid.SampledFrom(last).Draw(m.T, "of its own")
	}
	return pick(m, "no cursor", "", "", "", "nonsense")
}

func (m *machine) look() {
	s := m.agent()
	req := chat.WaitRequest{Token: s.token, Cursor: m.cursor(s)}
	if m.alone {
		req.BackIn = pick(m, "back in", 0, 0, 0, 0, 10*time.Minute)
	}
	got, err := m.service().Wait(m.ctx, req)
	if m.refused("wait", err, m.barred(s)...) {
		return
	}
	if s.touch(m.now()); req.BackIn > 0 {
		s.back = m.now().Add(req.BackIn)
		s.touch(m.now())
	}
	if n := number(req.Cursor); n > 0 {
		s.acked, s.ackMost = max(s.acked, n), max(s.ackMost, n)
		m.told("wait", s, got, n, n)
		return
	}
	m.same("the cursor", got.CursorIgnored, req.Cursor != "")
	got.CursorIgnored = false
	low := max(s.handed, s.acked)
	if !m.alone {
		low = s.handed // that a cursor was named may not be known everywhere yet
	}
	m.told("wait without a cursor", s, got, low, max(s.handed, s.ackMost))
}

// told checks an answer that begins behind one of the events from low to high, and
// notes what s has been told. One that begins at a cursor has one such event. Fewer
// than twenty messages are all that there are.
func (m *machine) told(what string, s *modelSeat, got chat.Waited, low, high int64) {
	m.Helper()
	named := what != "wait without a cursor"
	var starts []int64
	for n := low; n <= high; n++ {
		news, told := s.newsAfter(n), len(got.Messages)
		if (told == len(news) || told >= 20 && told < len(news)) && m.tells(s, got.Messages, news[:told], named) {
			starts = append(starts, n)
		}
	}
	if len(starts) == 0 {
		m.Fatalf("%s: got %+v, want what follows %d..%d: %+v", what, got.Messages, low, high, s.newsAfter(low))
	}
	news := s.newsAfter(starts[0])
	taken, scanned := news[:len(got.Messages)], s.room.head()
	if len(taken) < len(news) {
		scanned = news[len(taken)].Seq - 1
	}
	m.cursorAt(what, got.Cursor, scanned, s)
	m.same(what, []any{got.HasMore, got.Missed, got.Superseded, got.CursorIgnored}, []any{len(taken) < len(news), false, false, false})
	m.checkEnd(what, s, got, taken, len(taken) == len(news))
	switch {
	case named:
		s.shown = max(s.shown, scanned)
	case len(taken) > 0:
		s.from, s.fromMost = starts[0], starts[len(starts)-1]
		s.handed = max(s.handed, scanned)
	}
}

// newsAfter is what is to be told to s of what came after event n.
func (s *modelSeat) newsAfter(n int64) (out []modelEvent) {
	for _, e := range s.room.log {
		if e.Seq > n && s.news(e) {
			out = append(out, e)
		}
	}
	return out
}

// tells reports whether messages are those events, as s reads them. What it was told
// before is marked so, unless it names the cursor itself.
func (m *machine) tells(s *modelSeat, got []chat.Message, want []modelEvent, named bool) bool {
	for i, g := range got {
		w := s.reads(want[i])
		w.Repeated = !named && w.Seq <= s.shown
		if !m.alone && g.Repeated && !named && w.Seq <= max(s.shown, s.handed) {
			w.Repeated = true // or by another service, which does not know
		}
		if !m.alone && !g.Repeated {
			w.Repeated = false
		}
		if fmt.Sprintf("%+v", g) != fmt.Sprintf("%+v", w) {
			return false
		}
	}
	return true
}

// checkEnd compares how a wait ended.
func (m *machine) checkEnd(what string, s *modelSeat, got chat.Waited, taken []modelEvent, all bool) {
	m.Helper()
	r, parted, knock := s.room, false, false
	for _, e := range taken {
		parted = parted || e.Type == chat.Left || e.Kind == room.Done
		knock = knock || e.Type == chat.SeatWanted
	}
	status, reason := chat.StatusQuiet, room.Reason("")
	switch {
	case r.closed && all:
		status, reason, knock = chat.StatusRemoved, room.ReasonClosed, false
	case s.ended() && (len(taken) == 0 || all && parted):
		status = chat.StatusEnded
	case len(taken) > 0:
		status = chat.StatusMessages
	}
	knock = knock && s.admin && r.capacity < room.MaxCapacity
	m.same(what+" ends", []any{got.Status, got.Reason, got.SeatWanted, got.Others, got.Listening, got.Quiet},
		[]any{status, reason, knock, len(r.seats) - 1, r.silences(s), m.now().Sub(r.log[r.head()-1].At)})
	if len(got.Agents) > 0 {
		m.checkRoom(what, chat.Room{
			Name: r.name, Description: r.about, Type: r.kind, Capacity: r.capacity, Public: r.public,
			PasswordProtected: r.password != "", Agents: got.Agents,
		}, r, s)
	}
}

func (m *machine) comeBack() {
	s := m.agent()
	got, err := m.service().JoinRoom(m.ctx, chat.JoinRequest{Token: s.token})
	codes := m.barred(s)
	if codes == nil && s.room.closed {
		codes = []fault.Code{fault.RoomClosed}
	}
	if m.refused("return", err, codes...) {
		return
	}
	s.touch(m.now())
	m.checkRoom("return", got.Room, s.room, s)
	m.same("return", []any{got.Status, got.Token, got.Name, got.Now}, []any{chat.StatusReturned, s.token, s.name, m.now()})
	low := max(s.from, s.acked)
	if !m.alone {
		low = s.from
	}
	for n := low; n <= max(s.fromMost, s.ackMost); n++ {
		if m.caughtUp(s, got, n) {
			return
		}
	}
	m.Fatalf("return: got %+v, %d earlier; want what follows %d: %+v", got.Messages, got.Earlier, low, s.visible(low))
}

// caughtUp reports whether a return told what came after event n, and notes it.
func (m *machine) caughtUp(s *modelSeat, got chat.Seated, n int64) bool {
	var want []chat.Message
	for _, e := range s.room.log {
		if e.Seq > n && s.sees(e) && !(e.Type == chat.Joined && e.seat == s) {
			w := s.reads(e)
			w.Repeated = e.Seq <= max(s.handed, s.shown) && e.seat != s
			want = append(want, w)
		}
	}
	scanned, more := s.room.head(), len(want) > 20
	if more {
		scanned, want = want[20].Seq-1, want[:20]
	}
	clean := func(ms []chat.Message) string {
		ms = slices.Clone(ms)
		for i := range ms {
			ms[i].Repeated = ms[i].Repeated && (m.alone || ms[i].Seq > s.shown)
		}
		return fmt.Sprintf("%+v", ms)
	}
	if clean(got.Messages) != clean(want) || got.HasMore != more || got.Earlier != max(0, n+1-s.since) {
		return false
	}
	m.cursorAt("return", got.Cursor, scanned, s)
	if scanned > s.handed {
		s.from, s.fromMost, s.handed = n, n, scanned
	}
	return true
}

func (m *machine) history() {
	s := m.agent()
	req := chat.HistoryRequest{Token: s.token, Limit: pick(m, "limit", 0, 1, 3, 100)}
	n := int64(rapid.IntRange(1, int(s.room.head())+1).Draw(m.T, "number"))
	switch pick(m, "part", "last", "before", "after", "one") {
	case "before":
		req.Before = n
	case "after":
		req.After = n
	case "one":
		req.Seq = n
	}
	got, err := m.service().History(m.ctx, req)
	codes := m.barred(s)
	if codes == nil {
		s.touch(m.now())
	}
	if req.Seq > 0 && codes == nil && (n > s.room.head() || !s.sees(s.room.log[n-1])) {
		codes = []fault.Code{fault.InvalidArgument}
	}
	if !m.refused("history", err, codes...) {
		m.checkPage(s, req, got)
	}
}

// checkPage compares a page of history. One may be shorter than asked for where it
// would be long.
func (m *machine) checkPage(s *modelSeat, req chat.HistoryRequest, got chat.Page) {
	all := s.visible(req.After)
	if req.Before > 0 {
		all = slices.DeleteFunc(all, func(e chat.Message) bool { return e.Seq >= req.Before })
	}
	if req.Seq > 0 {
		all = slices.DeleteFunc(all, func(e chat.Message) bool { return e.Seq != req.Seq })
	}
	if req.Limit == 0 {
		req.Limit = 20
	}
	want, more := min(len(all), req.Limit), false
	if len(got.Messages) >= 20 && len(got.Messages) < want {
		want = len(got.Messages)
	}
	if more = want < len(all); req.After > 0 {
		all = all[:want]
	} else {
		all = all[len(all)-want:]
	}
	m.same(fmt.Sprintf("history %+v", req), []any{got.Messages, got.HasMore}, []any{all, more})
}

// words is what may be said: something new, the same once more, or little that is
// often said.
func (m *machine) words(s *modelSeat) string {
	last, _ := s.lastSaid()
	switch how := pick(m, "words", "new", "new", "new", "again", "again", "few"); {
	case how == "few":
		return pick(m, "text", "yes", "no", strings.Repeat("a longer text, ", 3))
	case how == "again" && last.Seq > 0:
		return last.Text
	}
	m.said++
	return fmt.Sprintf("text number %d", m.said) + pick(m, "longer", "", " of those that are not short")
}

// answered is the number of a message to answer: mostly of one that s has read.
func (m *machine) answered(s *modelSeat) int64 {
	if all := s.visible(0); len(all) > 0 && rapid.IntRange(0, 4).Draw(m.T, "answers what it has read") > 0 {
		all = all[max(0, len(all)-6):]
		return all[rapid.IntRange(0, len(all)-1).Draw(m.T, "reply to")].Seq
	}
	return int64(rapid.IntRange(1, int(s.room.head())+1).Draw(m.T, "reply to number"))
}
