package chat_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jonboulle/clockwork"
	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// TestProperty_privateMessagesOfOthers_showNowhere plays each random scene twice: with
// what others say to each other and people to their agents in private, and without it. An agent that is told
// nothing of that must get the same messages, counts, holds, wakes and statuses, apart
// from ids and cursors. What it sees of who is there may differ, and so may turns: no
// scene is long enough for one.
func TestProperty_privateMessagesOfOthers_showNowhere(t *testing.T) {
	compareScenes(t, 15)
}

// compareScenes plays that many scenes, each twice.
func compareScenes(t *testing.T, runs int) {
	t.Helper()
	setRapid(t, runs)
	rapid.Check(t, func(rt *rapid.T) {
		scene := drawScene(rt)
		with, without := play(t, scene, true), play(t, scene, false)
		for i := range min(len(with), len(without)) {
			if with[i] != without[i] {
				rt.Fatalf("in the scene\n%s\nDora gets %s\nand without the private messages %s", describeScene(scene),
					with[i], without[i])
			}
		}
		if len(with) != len(without) {
			rt.Fatalf("in the scene\n%s\nDora gets %d answers, and without the private messages %d",
				describeScene(scene), len(with), len(without))
		}
	})
}

// cast are the agents of a scene. The last one is told nothing of what is hidden.
var cast = []string{"Ann", "Bob", "Cid", "Dora"}

const dora = 3

// deed is what an agent of a scene does.
type deed struct {
	who     int
	what    string
	hidden  bool // a private message that Dora does not see; left out of one play
	kind    room.Kind
	to, ask []string
	ref     int  // the deed whose message it answers or takes back; -1 for none
	guarded bool // with the last cursor
	forMe   bool
	act     string // of a note: what else a person does
	private bool   // not all see its message
}

func (d deed) String() string {
	return fmt.Sprintf("%s: %s %s to %q asks %q ref %d, hidden %t, guarded %t, for me %t", cast[d.who], d.what, d.kind,
		d.to, d.ask, d.ref, d.hidden, d.guarded, d.forMe)
}

func describeScene(scene []deed) string {
	var b strings.Builder
	for i, d := range scene {
		fmt.Fprintf(&b, "\t%d %v\n", i, d)
	}
	return b.String()
}

// drawScene draws what happens.
func drawScene(t *rapid.T) (scene []deed) {
	draw := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, what) }
	for range rapid.IntRange(5, 40).Draw(t, "deeds") {
		d := deed{ref: -1, who: rapid.IntRange(0, dora).Draw(t, "who")}
		d.what = draw("what", "say", "say", "say", "say", "say", "look", "wait", "wait", "info", "history", "return",
			"leave", "join", "tick", "note")
		d.guarded, d.forMe = rapid.Bool().Draw(t, "guarded"), rapid.Bool().Draw(t, "for me")
		d.hidden = d.who != dora && (d.what == "note" || d.what == "say" && rapid.Bool().Draw(t, "hidden"))
		if d.what == "note" {
			d.act = draw("act", "write", "write", "link", "read", "pause", "draft")
		}
		if d.what == "say" {
			drawWord(t, scene, &d)
			answersPrivate := d.ref >= 0 && d.kind != room.Proposal && scene[d.ref].private
			d.private = len(d.to) > 0 || answersPrivate
			if d.overfills(scene) {
				d.kind, d.ask = room.Status, nil
			}
		}
		scene = append(scene, d)
	}
	return scene
}

// overfills reports whether the room may have no place for what d asks in private. Then a request ends, and shows those
// who see it that others ask in private: see docs/security.md.
func (d deed) overfills(scene []deed) bool {
	asks := func(x deed) bool { return x.kind.Asks() || len(x.ask) > 0 }
	listed := 0
	for _, x := range scene {
		if asks(x) && x.private && (x.kind == room.Proposal) == (d.kind == room.Proposal) {
			listed++
		}
	}
	return asks(d) && d.private && listed >= 4
}

// drawWord draws what an agent says. What is hidden may refer to everything, the rest
// only to what is not hidden.
func drawWord(t *rapid.T, scene []deed, d *deed) {
	kinds := []room.Kind{"", room.Request, room.Status, room.Done, room.Proposal}
	if !d.hidden {
		kinds = append(kinds, room.Proposal, room.Agree, room.Agree, room.Object, "withdraw")
	}
	d.kind = rapid.SampledFrom(kinds).Draw(t, "kind")
	for i, x := range scene {
		if x.what == "say" && (d.hidden || !x.hidden) && rapid.IntRange(0, 1).Draw(t, "answers") == 0 {
			d.ref = i
		}
	}
	if d.hidden && d.ref >= 0 && scene[d.ref].hidden && scene[d.ref].kind == room.Proposal {
		d.kind = rapid.SampledFrom([]room.Kind{room.Agree, room.Agree, room.Object}).Draw(t, "vote")
		return // seen by those who see the proposal
	}
	vote := d.kind == room.Agree || d.kind == room.Object || d.kind == "withdraw"
	if vote && d.ref < 0 {
		d.kind, vote = "", false
	}
	private := d.hidden || !vote && rapid.IntRange(0, 3).Draw(t, "private") == 0
	for i, name := range cast {
		if i == d.who || d.hidden && i == dora || vote {
			continue
		}
		if private && rapid.Bool().Draw(t, "to") {
			d.to = append(d.to, name)
		}
		if d.kind != room.Status && d.kind != room.Done && (!private || len(d.to) > 0 && d.to[len(d.to)-1] == name) &&
			rapid.IntRange(0, 3).Draw(t, "ask") == 0 {
			d.ask = append(d.ask, name)
		}
	}
	if d.hidden && len(d.to) == 0 {
		d.to = []string{cast[(d.who+1)%dora]}
	}
}

// stage is one play of a scene.
type stage struct {
	*chat.Service
	ctx     context.Context
	clock   *clockwork.FakeClock
	tokens  []string
	claims  []string       // of the links of the agents
	people  []string       // the tokens of the people behind them; "" if the link was not opened
	ids     map[int]string // of what was said, by deed
	cursor  string         // the last of Dora
	waiting chan string    // receives how Dora's open wait ends; nil: none is open
	heard   []string       // all that Dora got
	known   map[string]int // ids, in the order in which Dora got them
}

// play plays a scene, with or without what is hidden, and returns all that Dora got.
func play(t *testing.T, scene []deed, hidden bool) (heard []string) {
	synctest.Test(t, func(t *testing.T) {
		clock := clockwork.NewFakeClockAt(start)
		file, remove := sqlitetest.OpenUntil(t, clock)
		defer remove()
		ctx, cancel := context.WithCancel(t.Context())
		s := &stage{
			Service: chat.New(file, chat.Options{Clock: clock, SingleProcess: true, MinBatch: 1}),
			ctx:     ctx, clock: clock, tokens: make([]string, len(cast)),
			claims: make([]string, len(cast)), people: make([]string, len(cast)), ids: map[int]string{},
			known: map[string]int{},
		}
		for i := range cast {
			s.join(i)
		}
		for i, d := range scene {
			if hidden || !d.hidden {
				s.do(i, d)
			}
			synctest.Wait() // until everybody who is woken has its answer
			s.hearWait()
		}
		cancel()
		synctest.Wait()
		heard = s.heard
	})
	return heard
}

func (s *stage) join(who int) {
	got, err := s.JoinRoom(s.ctx, chat.JoinRequest{Room: "plans", AgentName: cast[who], Capacity: len(cast) + 1})
	if err == nil {
		s.tokens[who], s.claims[who], s.people[who] = got.Token, got.Watch, ""
	}
	if who == dora {
		s.cursor = got.Cursor
	}
}

// do plays one deed.
func (s *stage) do(i int, d deed) {
	switch token := s.tokens[d.who]; {
	case d.what == "tick":
		s.clock.Advance(time.Second)
	case d.what == "say":
		s.say(i, d)
	case d.what == "note":
		s.note(i, d)
	case d.who == dora:
		s.observe(d)
	case d.what == "leave" && d.who > 0: // an admin stays
		_, _ = s.LeaveRoom(s.ctx, chat.LeaveRequest{Token: token})
	case d.what == "join":
		s.join(d.who)
	}
}

// say says something that no other deed says. Nobody votes without saying on what: which
// proposal that means may depend on what is hidden. Dora refers only to what she got.
func (s *stage) say(i int, d deed) {
	ref := s.ids[d.ref]
	if d.who == dora && s.known[ref] == 0 {
		ref = ""
	}
	if (d.kind == room.Agree || d.kind == room.Object) && ref == "" {
		return
	}
	req := chat.SendRequest{Token: s.tokens[d.who], Text: fmt.Sprintf("word %d", i), To: d.to, Ask: d.ask, Kind: d.kind,
		ReplyTo: ref}
	if d.kind == "withdraw" {
		req.Kind, req.ReplyTo, req.Withdraw = "", "", ref
	}
	req.Cursor = ""
	if d.who == dora && d.guarded {
		req.Cursor = s.cursor
	}
	got, err := s.Send(s.ctx, req)
	s.ids[i] = got.ID
	if d.who == dora {
		s.hear("sends", got.ID, got.Sent, got.Duplicate, s.news(got.Waited), fault.CodeOf(err))
	}
}

// note is what the person behind an agent does that nobody else sees: it opens the link,
// writes to the agent, reads, asks for a further link, pauses the agent for a while, or
// decides about what it is about to say in private.
func (s *stage) note(i int, d deed) {
	if d.who == dora || s.tokens[d.who] == "" {
		return
	}
	c, _ := ident.ParseLinkCode(s.claims[d.who])
	token := ident.Token{Room: c.Room, Seat: c.Seat, Secret: ident.Digits(7, ident.SecretChars), Person: true}.String()
	if s.people[d.who] == "" {
		_, _ = s.Service.Supervise(s.ctx, chat.SuperviseRequest{Token: token, Claim: s.claims[d.who]})
		s.people[d.who] = token
	}
	supervise := func(req chat.SuperviseRequest) chat.Supervised {
		req.Token = token
		got, _ := s.Service.Supervise(s.ctx, req)
		return got
	}
	switch d.act {
	case "link":
		supervise(chat.SuperviseRequest{NewLink: true})
	case "read":
		_, _ = s.Wait(s.ctx, chat.WaitRequest{Token: token})
	case "pause":
		supervise(chat.SuperviseRequest{Paused: new(true)})
		s.tellNot(i, d)
		supervise(chat.SuperviseRequest{Paused: new(false)})
	case "draft":
		supervise(chat.SuperviseRequest{Approve: new(true)})
		s.tellNot(i, d)
		for j, draft := range supervise(chat.SuperviseRequest{Approve: new(false)}).Drafts {
			decision := []room.Decision{room.SendDraft, room.EditDraft, room.RefuseDraft}[(i+j)%3]
			text := ""
			if decision == room.EditDraft {
				text = "in other words"
			}
			supervise(chat.SuperviseRequest{Draft: draft.ID, Decision: decision, Text: text})
		}
	default:
		_, _ = s.Send(s.ctx, chat.SendRequest{Token: token, Text: fmt.Sprintf("note %d to @Dora", i),
			To: []string{cast[d.who]}, ReplyTo: s.ids[d.ref]})
	}
}

// tellNot has an agent try to tell another something in private that is not Dora.
func (s *stage) tellNot(i int, d deed) {
	_, _ = s.Send(s.ctx, chat.SendRequest{Token: s.tokens[d.who], Text: fmt.Sprintf("a word %d for some, not @Dora", i),
		To: []string{cast[(d.who+1)%dora]}})
}

// observe is a call of Dora that says nothing.
func (s *stage) observe(d deed) {
	token := s.tokens[dora]
	switch d.what {
	case "info":
		got, err := s.RoomInfo(s.ctx, chat.InfoRequest{Token: token})
		s.hear("info", got.Earlier, fmt.Sprintf("%+v %+v %+v", got.Open, got.Requests, got.Agreements),
			fault.CodeOf(err))
	case "history":
		got, err := s.History(s.ctx, chat.HistoryRequest{Token: token, Limit: 5, Agreed: d.forMe})
		s.hear("history", lined(got.Messages), got.HasMore, fault.CodeOf(err))
	case "return":
		got, err := s.JoinRoom(s.ctx, chat.JoinRequest{Token: token})
		s.hear("return", lined(got.Messages), got.HasMore, got.Earlier, got.Hidden, got.Situation.Owes,
			got.Situation.Begun,
			fault.CodeOf(err))
	case "look", "wait":
		s.wait(d)
	}
}

// wait opens a wait of Dora, or looks in.
func (s *stage) wait(d deed) {
	req := chat.WaitRequest{Token: s.tokens[dora], Cursor: s.cursor, ForMe: d.forMe}
	if d.what == "look" {
		got, err := s.Wait(s.ctx, req)
		s.hear("look", s.news(got), fault.CodeOf(err))
		return
	}
	req.Wait = 4 * time.Minute
	ends := make(chan string, 1)
	go func() {
		got, err := s.Wait(s.ctx, req)
		ends <- fmt.Sprintln(s.news(got), fault.CodeOf(err))
	}()
	synctest.Wait()
	s.hearWait() // an older one ends with nothing
	s.waiting = ends
}

// hearWait notes the end of Dora's open wait, if it has ended.
func (s *stage) hearWait() {
	if s.waiting == nil {
		return
	}
	select {
	case end := <-s.waiting:
		s.waiting = nil
		s.hear("is woken", end)
	default:
		s.hear("waits on")
	}
}

// news describes what a result hands out, and the state that it tells.
func (s *stage) news(got chat.Waited) string {
	if got.Cursor != "" && got.Status != chat.StatusSuperseded {
		s.cursor = got.Cursor
	}
	return fmt.Sprintln(got.Status, got.Situation.Reason, lined(got.Messages), got.HasMore, got.Seated,
		got.Situation.Others,
		got.Situation.SeatWanted, got.Situation.NameWanted,
		got.Situation.Begun, got.Situation.Owes, got.Situation.OwesAgreement, got.Situation.Owed, got.Situation.Quiet,
		got.Situation.Listening, got.Situation.Missed)
}

// lined describes messages.
func lined(ms []chat.Message) string {
	var b strings.Builder
	for _, m := range ms {
		fmt.Fprintf(&b, "\n\t%+v", m)
	}
	return b.String()
}

var messageID = regexp.MustCompile(`\bm[0-9a-hjkmnp-tv-z]{6}\b`)

// hear notes an answer, with the ids numbered in the order in which Dora got them.
func (s *stage) hear(parts ...any) {
	s.heard = append(s.heard, messageID.ReplaceAllStringFunc(fmt.Sprintln(parts...), func(id string) string {
		if id == "message" {
			return id
		}
		if s.known[id] == 0 {
			s.known[id] = len(s.known) + 1
		}
		return fmt.Sprintf("#%d", s.known[id])
	}))
}
