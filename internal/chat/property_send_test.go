package chat_test

import (
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

func (m *machine) send() {
	s := m.agent()
	req := chat.SendRequest{
		Token: s.token, Text: m.words(s), Cursor: m.cursor(s), Key: pick(m, "key", "", "", "", "k1", "k2"),
		Kind: pick(m, "kind", "", "", "", room.Plain, room.Request, room.Status, room.Done),
	}
	if req.Kind != room.Done && pick(m, "private", false, true) {
		req.To = rapid.SliceOfN(rapid.Custom(func(*rapid.T) string { return m.name("to") }), 1, 2).Draw(m.T, "to")
	}
	if pick(m, "reply", false, false, true) {
		req.ReplyTo = m.answered(s)
	}
	svc := m.service()
	got, err := svc.Send(m.ctx, req)
	u := m.utterance(s, req)
	if m.refused("send", err, u.codes...) {
		return
	}
	if u.held {
		m.same("held back", []any{got.Sent, got.Duplicate, got.CursorIgnored}, []any{false, false, false})
		cursor := number(req.Cursor)
		s.acked, s.ackMost = max(s.acked, cursor), max(s.ackMost, cursor)
		m.told("held back", s, got.Waited, cursor, cursor)
		s.guarded = number(got.Cursor)
		return
	}
	m.spoken(s, req, u, got)
	if !m.alone { // what is said is noted as a call later than elsewhere it is heard of
		if _, err := svc.History(m.ctx, chat.HistoryRequest{Token: s.token, Limit: 1}); err != nil {
			m.Fatal(err)
		}
	}
}

// utterance is how a send is to end.
type utterance struct {
	codes     []fault.Code // refused
	held      bool         // held back for what is newer
	duplicate int64        // it is that message
	to        []*modelSeat
	guarded   bool // nothing lies between its cursor and itself
}

// utterance says what the rules make of a send.
func (m *machine) utterance(s *modelSeat, req chat.SendRequest) (u utterance) {
	r := s.room
	if u.codes = m.barred(s); u.codes != nil {
		return u
	}
	known := int64(0)
	if k, there := s.keys[req.Key]; there && req.Key != "" && m.now().Sub(k.at) < 24*time.Hour {
		known = k.n
	}
	same, told := m.repeats(s, req)
	to, found := r.addressed(s, req.To)
	switch u.to = to; {
	case len(req.To) > 0 && told:
		u.to = same.to
	case len(req.To) > 0 && !found && known == 0:
		u.codes = []fault.Code{fault.InvalidArgument}
		return u
	}
	if n := req.ReplyTo; n > 0 && (n > r.head() || !s.sees(r.log[n-1])) {
		u.codes = []fault.Code{fault.InvalidArgument}
		return u
	}
	cursor := number(req.Cursor)
	newer := cursor > 0 && len(s.newsAfter(cursor)) > 0
	switch {
	case req.Key == "" && told:
		u.duplicate = same.Seq
	case known > 0:
		u.duplicate = known
	case r.closed:
		u.codes = []fault.Code{fault.RoomClosed}
	case r.silences(s):
		u.codes = []fault.Code{fault.NotAllowed}
	case newer && (s.guarded == 0 || s.spokeAfter(s.guarded)):
		u.held = true
	default:
		u.guarded = cursor > 0 && !newer
	}
	return u
}

// repeats reports whether a send without a key tells the seat's last message once
// more.
func (m *machine) repeats(s *modelSeat, req chat.SendRequest) (last modelEvent, same bool) {
	last, answered := s.lastSaid()
	var names []string
	for _, x := range last.to {
		names = append(names, x.key)
	}
	keys := []string{}
	for _, name := range req.To {
		if key := strings.ToLower(name); key != s.key && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(names)
	slices.Sort(keys)
	return last, req.Key == "" && last.Seq > 0 && last.Text == req.Text && slices.Equal(names, keys) &&
		(len(req.To) == 0) == (len(last.to) == 0) && m.now().Sub(last.At) < 10*time.Minute && (len(req.Text) >= 40 || !answered || req.Cursor != "" && number(req.Cursor) > 0 && number(req.Cursor) < last.Seq)
}

// addressed is whom names are of, in the order of their coming; not found is one that
// nobody has, or nobody but oneself.
func (r *modelRoom) addressed(s *modelSeat, names []string) (to []*modelSeat, found bool) {
	for _, name := range names {
		if r.named(name) == nil {
			return nil, false
		}
	}
	for _, x := range r.seats {
		if x != s && slices.ContainsFunc(names, func(name string) bool { return r.named(name) == x }) {
			to = append(to, x)
		}
	}
	return to, len(to) > 0
}

func (s *modelSeat) spokeAfter(n int64) bool {
	last, _ := s.lastSaid()
	return last.Seq > n
}

// spoken checks the answer to what was said, now or before, and notes it.
func (m *machine) spoken(s *modelSeat, req chat.SendRequest, u utterance, got chat.Sent) {
	r, now, seq := s.room, m.now(), u.duplicate
	if u.duplicate == 0 {
		e := modelEvent{seat: s, to: u.to, Message: chat.Message{Type: chat.Said, From: s.name, Text: req.Text, Kind: req.Kind, ReplyTo: req.ReplyTo}}
		if req.Kind == room.Plain {
			e.Kind = ""
		}
		for _, x := range u.to {
			e.To = append(e.To, x.name)
		}
		seq = r.append(now, e).Seq
		if req.Kind != room.Status {
			s.done = req.Kind == room.Done
		}
		if req.Key != "" {
			s.keys[req.Key] = modelKey{n: seq, at: now}
		}
	}
	s.back = time.Time{}
	s.touch(now)
	cursor := number(req.Cursor)
	if u.duplicate == 0 && u.guarded {
		cursor = seq
	}
	m.same("send", []any{got.Sent, got.Seq, got.Duplicate, got.Others, got.Listening, got.CursorIgnored, got.Messages},
		[]any{true, seq, u.duplicate > 0, len(r.seats) - 1, r.silences(s), req.Cursor != "" && cursor == 0, []chat.Message{}})
	if cursor > 0 {
		m.cursorAt("send", got.Cursor, cursor, s)
	} else {
		m.same("the cursor of a send without one", got.Cursor, "")
	}
	s.ackMost = max(s.ackMost, cursor)
	if s.from < req.ReplyTo && req.ReplyTo <= s.handed {
		s.ackMost = max(s.ackMost, s.handed)
	}
}
