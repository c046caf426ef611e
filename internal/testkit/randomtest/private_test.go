package randomtest_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

func TestExplore_privateWords_changeNothingForOthers(t *testing.T) {
	exploreAll(t, 1, quickSeeds/2, comparePrivate)
}

// comparePrivate plays the script of a seed twice, once without the private words of Ann
// and Bob, and compares what Cid and Dan are told. Ann and Bob never wait, so that nobody
// is given a turn, whose time private words may move.
func comparePrivate(t *testing.T, seed uint64) {
	with, without := stage(t, seed, true), stage(t, seed, false)
	for _, who := range []string{"Cid", "Dan"} {
		if !slices.Equal(with[who], without[who]) {
			n := 1 + common(with[who], without[who])
			t.Errorf("PARLEY_SEED=%d: %s is told, with private words and without:\n%s\n\n%s", seed, who,
				upTo(with[who], n), upTo(without[who], n))
			return
		}
	}
}

// common returns how many lines two lists begin with in common.
func common(a, b []string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func upTo(lines []string, n int) string { return strings.Join(lines[:min(n, len(lines))], "\n") }

// play is a script being played: what each agent does at which time does not depend on
// what it is told, but for the ids and cursors that it passes.
type play struct {
	t       *testing.T
	rng     *rand.Rand
	s       *chat.Service
	private bool
	seats   map[string]chat.Seated
	cursors map[string]string
	said    []scriptLine         // in the order of the script; private ones, too
	told    map[string][]string  // by agent
	busy    map[string]time.Time // a wait is open until then
	results chan func()
}

// scriptLine is a message of the script.
type scriptLine struct {
	id     string // "" if it was not sent
	from   string
	to     []string
	kind   room.Kind
	hidden bool
}

// stage plays the script of a seed and returns what Cid and Dan are told.
func stage(t *testing.T, seed uint64, private bool) map[string][]string {
	p := &play{
		t: t, rng: rand.New(rand.NewPCG(seed, 2)), private: private, seats: map[string]chat.Seated{},
		cursors: map[string]string{}, told: map[string][]string{},
		busy: map[string]time.Time{}, results: make(chan func(), 64),
		s: chat.New(sqlitetest.Open(t, nil), chat.Options{SingleProcess: true, MinBatch: 1,
			Logger: slog.New(slog.DiscardHandler)}),
	}
	for _, name := range cast() {
		got, err := p.s.JoinRoom(t.Context(), chat.JoinRequest{Room: "plans", AgentName: name, Capacity: 4})
		if err != nil {
			t.Fatal(err)
		}
		p.seats[name], p.cursors[name] = got, got.Cursor
	}
	for range 40 {
		p.step()
		p.pass(time.Duration(1+p.rng.IntN(80)) * 100 * time.Millisecond)
	}
	p.s.Stop()
	synctest.Wait()
	return p.told
}

func cast() []string { return []string{"Ann", "Bob", "Cid", "Dan"} }

// pass lets time pass, and takes in what returns.
func (p *play) pass(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case take := <-p.results:
			synctest.Wait()
			take()
		case <-timer.C:
			synctest.Wait()
			for len(p.results) > 0 {
				(<-p.results)()
			}
			return
		}
	}
}

// step lets one agent act.
func (p *play) step() {
	who := cast()[p.rng.IntN(4)]
	private := who < "Cid" && p.rng.IntN(2) == 0
	what, reply, kind, some := p.rng.IntN(10), p.rng.IntN(1+len(p.said)), p.rng.IntN(8), p.rng.Perm(4)
	wait := time.Duration(5+p.rng.IntN(60)) * time.Second
	switch {
	case private:
		p.whisper(who, reply, kind)
	case who >= "Cid" && p.busy[who].After(time.Now()):
	case who >= "Cid" && what < 5:
		p.wait(who, wait)
	case what == 9:
		p.info(who)
	default:
		p.speak(who, reply, kind, some)
	}
}

// whisper lets Ann and Bob talk in private, which only one of the two runs has.
func (p *play) whisper(who string, reply, kind int) {
	other := map[string]string{"Ann": "Bob", "Bob": "Ann"}[who]
	l := scriptLine{from: who, to: []string{other}, hidden: true}
	defer func() {
		p.said = append(p.said, l)
		p.look(who)
	}()
	req := chat.SendRequest{Token: p.seats[who].Token, Text: fmt.Sprintf("private %d", len(p.said)), To: l.to}
	if p.rng.IntN(2) == 0 && reply < len(p.said) {
		req.ReplyTo = p.said[reply].id
	}
	req.Kind = []room.Kind{room.Plain, room.Plain, room.Request, room.Request, room.Status, room.Proposal, room.Done,
		room.Agree}[kind]
	if req.Kind == room.Agree {
		i := slices.IndexFunc(p.said, func(x scriptLine) bool {
			return x.hidden && x.kind == room.Proposal && x.from == other
		})
		if i < 0 {
			return
		}
		req.ReplyTo, req.To = p.said[i].id, nil
	}
	l.kind = req.Kind
	if !p.private || req.Kind == room.Agree && req.ReplyTo == "" {
		return
	}
	got, err := p.s.Send(p.t.Context(), req)
	if err == nil {
		l.id = got.ID
	}
}

// look lets an agent read what there is, in both runs, so that they agree on how far it
// has read.
func (p *play) look(who string) {
	got, err := p.s.Wait(p.t.Context(), chat.WaitRequest{Token: p.seats[who].Token, Cursor: p.cursors[who]})
	if err != nil {
		p.t.Fatal(err)
	}
	p.cursors[who] = got.Cursor
}

// speak says something to all or, of Cid and Dan, to some.
func (p *play) speak(who string, reply, kind int, some []int) {
	l := scriptLine{from: who, kind: []room.Kind{room.Plain, room.Plain, room.Request, room.Request, room.Status,
		room.Proposal, room.Done, room.Agree}[kind]}
	defer func() { p.said = append(p.said, l) }()
	req := chat.SendRequest{Token: p.seats[who].Token, Kind: l.kind, Text: fmt.Sprintf("public %d", len(p.said))}
	if who >= "Cid" {
		req.Cursor = p.cursors[who]
	}
	if reply < len(p.said) && !p.said[reply].hidden {
		req.ReplyTo = p.said[reply].id
	}
	// the one depends on what is open in private, the other lets others have the turn
	if l.kind == room.Agree && req.ReplyTo == "" || l.kind == room.Done && who == "Bob" {
		l.kind, req.Kind = room.Plain, room.Plain
	}
	for _, i := range some[:some[0]] {
		if l.kind == room.Request && cast()[i] != who {
			req.Ask = append(req.Ask, cast()[i])
		}
	}
	got, err := p.s.Send(p.t.Context(), req)
	if err == nil && got.Sent {
		l.id = got.ID
	}
	if who >= "Cid" {
		p.tell(who, fmt.Sprintf("send %s: sent %v, error %v", req.Text, got.Sent, err != nil), got.Waited, err == nil)
	}
}

func (p *play) wait(who string, d time.Duration) {
	p.busy[who] = time.Now().Add(d)
	req := chat.WaitRequest{Token: p.seats[who].Token, Cursor: p.cursors[who], Wait: d}
	go func() {
		got, err := p.s.Wait(context.WithoutCancel(p.t.Context()), req)
		p.results <- func() {
			delete(p.busy, who)
			p.tell(who, fmt.Sprintf("wait, error %v", err != nil), got, err == nil)
		}
	}()
}

// info notes the open requests and agreements that an agent is shown.
func (p *play) info(who string) {
	got, err := p.s.RoomInfo(p.t.Context(), chat.InfoRequest{Token: p.seats[who].Token})
	if err != nil {
		p.t.Fatal(err)
	}
	if who < "Cid" {
		return
	}
	s := fmt.Sprintf("%s info: %d earlier", who, got.Earlier)
	for _, r := range got.Requests {
		s += fmt.Sprintf(" [%s %s by %v]", r.From, r.Text, r.OwedBy)
	}
	for _, a := range got.Agreements {
		s += fmt.Sprintf(" (%s %s)", a.By, a.Text)
	}
	for _, a := range got.Room.Agents {
		s += fmt.Sprintf(" %s unread %s", a.Name, number(a.Unread))
	}
	p.told[who] = append(p.told[who], s)
}

func number(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

// tell notes what an agent was told, without ids, cursors and what depends on presence.
func (p *play) tell(who, what string, got chat.Waited, ok bool) {
	if !ok {
		p.told[who] = append(p.told[who], what)
		return
	}
	p.cursors[who] = got.Cursor
	s := fmt.Sprintf("%s %s: %s more %v others %d owes %v %v owed %d begun %v quiet %s", who, what, got.Status,
		got.HasMore, got.Situation.Others, got.Situation.Owes != "", got.Situation.OwesAgreement, got.Situation.Owed,
		got.Situation.Begun,
		got.Situation.Quiet.Truncate(time.Second))
	for _, m := range got.Messages {
		s += fmt.Sprintf(" [%s %s %s to %v ask %v reply %v agreed %v]", m.From, m.Text, m.Kind, m.To, m.Ask,
			m.ReplyTo != "", m.Agreed != "")
	}
	p.told[who] = append(p.told[who], s)
}
