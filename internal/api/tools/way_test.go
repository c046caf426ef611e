package tools_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// lost is a room of Ann's in which Bob loses his seat.
type lost struct {
	t        *testing.T
	clock    *clockwork.FakeClock
	rooms    *chat.Service
	tools    map[string]mcp.Tool
	ann, bob context.Context
	room     string // its id
	token    string // Bob's
	first    string // what he read as he joined
	back     string // and as he returned
	annToken string
	password string // of the room, if Bob has it
	locked   bool   // the room has a password
	uses     int    // how many invites the room has had
	seats    int    // left of the invite
}

// comers are the kinds of callers. Each has Bob join Ann's room, and returns his first result.
var comers = map[string]comer{
	"by a key":                       {id: bobsKey},
	"by a key and a password":        {id: bobsKey, password: "sesame", knows: true},
	"by a key and an invite":         {id: bobsKey, byInvite: true},
	"by a key and an invite, locked": {id: bobsKey, password: "sesame", byInvite: true},
	"by name on this machine":        {id: ident.Local},
	"by name without keys":           {},
	"by name and password, no keys":  {password: "sesame", knows: true},
	"by an invite":                   {guest: true},
	"by an invite to a locked room":  {guest: true, password: "sesame"},
	"by an invite with seats left":   {guest: true, seats: 9},
}

var bobsKey = ident.KeyPrincipal("bob")

type comer struct {
	id       string // of the principal
	guest    bool   // by the address of an invite
	password string // of the room
	knows    bool   // the password
	byInvite bool   // in place of the room
	seats    int    // left of the invite
}

// Each sentence after the end of a seat names the way that this caller has, and the way is open. A guest reads of it
// before.
func TestNext_wayBack_isOneThatTheCallerHas(t *testing.T) {
	for who, c := range comers {
		for how, loses := range map[string]func(*lost) []string{
			"left":                (*lost).leaves,
			"left as the last":    (*lost).leavesLast,
			"kicked":              func(l *lost) []string { return l.whileWaiting(func() { l.manage("kick") }) },
			"banned":              func(l *lost) []string { return l.whileWaiting(func() { l.manage("ban") }) },
			"lapsed, its name":    func(l *lost) []string { return l.lapses("Bob") },
			"lapsed, a full room": func(l *lost) []string { return l.lapses("Cid") },
			"closed":              func(l *lost) []string { return l.whileWaiting(l.closes) },
			"begun again":         (*lost).beginsAgain,
		} {
			t.Run(who+", "+how, func(t *testing.T) {
				if how == "begun again" && c.password != "" {
					t.Skip("no such room begins again")
				}
				l := newLost(t, c)
				for _, said := range loses(l) {
					l.follows(said)
				}
			})
		}
	}
}

// A newcomer reads how long a full room keeps its seat without a call. One that called reads none.
func TestNext_join_saysHowLongTheSeatIsSafe(t *testing.T) {
	for who, c := range comers {
		l := newLost(t, c)
		said, safe := "within 5 minutes.", 5*time.Minute
		if c.guest {
			said, safe = "within 90 seconds.", 90*time.Second
		}
		if !strings.Contains(l.first, said) || strings.Contains(l.back, "within ") {
			t.Errorf("%s: %s, and then: %s", who, l.first, l.back)
		}
		l = newLost(t, c, "unused")
		l.clock.Advance(safe - time.Second)
		if _, err := l.cid("Cid"); err == nil {
			t.Errorf("%s: not safe", who)
		}
		l.clock.Advance(2 * time.Second) // items expire at whole seconds
		if _, err := l.cid("Cid"); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
}

// newLost has Bob join and, without more, return.
func newLost(t *testing.T, c comer, unused ...string) *lost {
	t.Helper()
	l := &lost{t: t, clock: clockwork.NewFakeClock(), tools: map[string]mcp.Tool{}, locked: c.password != "", uses: 1,
		seats: c.seats}
	l.rooms = chat.New(sqlitetest.Open(t, l.clock), chat.Options{Clock: l.clock, SingleProcess: true, MinBatch: 1,
		Logger: slog.New(slog.DiscardHandler)})
	t.Cleanup(l.rooms.Stop)
	for _, tool := range tools.New(l.rooms, pairing.New(l.rooms, pairing.Options{}), tools.Options{Keys: true,
		Address: func(context.Context) string { return "https://parley.example/mcp" }}).Tools() {
		l.tools[tool.Name] = tool
	}
	if c.knows {
		l.password = c.password
	}
	l.ann = ident.WithPrincipal(t.Context(), ident.Principal{ID: ident.KeyPrincipal("ann")})
	ann := l.sitsAnn(c.password)
	by := ident.Principal{ID: c.id}
	if c.seats > 0 { // the invite has them, and the room has not
		l.must(l.ann, "update_room", args{"agent_token": l.annToken, "capacity": 2 + c.seats, "new_invite": true})
		l.must(l.ann, "update_room", args{"agent_token": l.annToken, "capacity": 2})
		l.uses++
	}
	if c.guest {
		by = ident.Principal{Room: l.room, Invite: l.uses}
	}
	l.bob = ident.WithPrincipal(t.Context(), by)
	joins := args{"room": "plans", "agent_name": "Bob", "password": l.password}
	if c.byInvite {
		joins = args{"room": ann.Invite, "agent_name": "Bob"}
	}
	bob := l.must(l.bob, "join_room", joins)
	l.token = bob.Token
	l.first = bob.Next
	if unused != nil {
		return l
	}
	l.back = l.must(l.bob, "join_room", args{"agent_token": l.token}).Next
	for what, said := range map[string]string{"as he joins": l.first, "as he returns": l.back} {
		if l.needs() == "" && strings.Contains(said, "brings you back") ||
			l.needs() != "" && !strings.Contains(said, "Once you leave, only "+l.needs()+" brings you back.") {
			t.Errorf("%s Bob reads %q", what, said)
		}
	}
	return l
}

// sitsAnn has Ann join her room, which she makes if need be.
func (l *lost) sitsAnn(password string) reply {
	l.t.Helper()
	got := l.must(l.ann, "join_room", args{"room": "plans", "agent_name": "Ann", "password": password, "capacity": 2})
	token, err := ident.ParseToken(got.Token)
	if err != nil {
		l.t.Fatal(err)
	}
	if token.Room != l.room {
		l.room, l.uses = token.Room, 1
	}
	l.annToken = got.Token
	return got
}

// try calls a tool. The error is a refusal.
func (l *lost) try(ctx context.Context, tool string, a args) (r reply, err error) {
	for name, value := range a {
		if value == "" {
			delete(a, name)
		}
	}
	text, err := json.Marshal(a)
	if err != nil {
		l.t.Fatal(err)
	}
	got, err := l.tools[tool].Call(ctx, text, &mcp.Record{})
	if err == nil {
		err = json.Unmarshal(results.JSON(got), &r)
	}
	return r, err
}

func (l *lost) must(ctx context.Context, tool string, a args) reply {
	l.t.Helper()
	r, err := l.try(ctx, tool, a)
	if err != nil {
		l.t.Fatalf("%s %v: %v", tool, a, err)
	}
	return r
}

// refusals returns what Bob reads without his seat, at his own address and where his token alone is shown.
func (l *lost) refusals() (said []string) {
	for range 2 { // the answer to a first leave may be lost
		said = append(said, l.must(l.bob, "leave_room", args{"agent_token": l.token}).Next)
	}
	if _, err := l.try(l.bob, "send_message", args{"agent_token": l.token, "text": "Is anybody there?"}); err != nil {
		said = append(said, err.Error())
	}
	token, err := ident.ParseToken(l.token)
	if err != nil {
		l.t.Fatal(err)
	}
	if _, _, err := l.rooms.SeatOf(l.t.Context(), token); err != nil {
		said = append(said, err.Error())
	}
	return said
}

// leaves has Bob leave: the first leave is held back.
func (l *lost) leaves() []string {
	l.must(l.ann, "send_message", args{"agent_token": l.annToken, "text": "May I?", "ask": "Bob"})
	held := l.must(l.bob, "leave_room", args{"agent_token": l.token})
	if held.Status != "unread" || !strings.Contains(held.Next, l.needs()) {
		l.t.Errorf("%s: %s", held.Status, held.Next)
	}
	return append([]string{l.must(l.bob, "leave_room", args{"agent_token": l.token}).Next}, l.refusals()...)
}

// needs returns what Bob needs to come back, as he reads before he leaves.
func (l *lost) needs() string {
	switch guest := ident.PrincipalOf(l.bob).IsGuest(); {
	case guest && l.seats > 0:
		return "another seat of your invite"
	case guest:
		return "a new invite"
	case l.locked && l.password == "":
		return "the room's password or an invite"
	}
	return ""
}

func (l *lost) leavesLast() []string {
	l.must(l.ann, "leave_room", args{"agent_token": l.annToken})
	said := l.must(l.bob, "join_room", args{"agent_token": l.token}).Next
	if !l.locked && strings.Contains(said, "another seat of your invite") {
		l.t.Errorf("the invite ends with the room, and Bob reads %q", said)
	}
	return append([]string{l.must(l.bob, "leave_room", args{"agent_token": l.token}).Next}, l.refusals()...)
}

func (l *lost) manage(action string) {
	told := l.must(l.ann, "manage_agent", args{"agent_token": l.annToken, "agent_name": "Bob", "action": action}).Next
	needsNew := l.needs() != "" && (l.seats == 0 || action == "ban")
	if action == "kick" && strings.Contains(told, "needs a new one to come back") != needsNew ||
		action == "ban" && strings.Contains(told, "Under another name it can come back") == needsNew {
		l.t.Errorf("Ann reads %q", told)
	}
}

func (l *lost) closes() {
	l.must(l.ann, "update_room", args{"agent_token": l.annToken, "closed": true})
}

// whileWaiting returns what Bob, who waits, reads once happens has ended his seat.
func (l *lost) whileWaiting(happens func()) []string {
	cursor := l.must(l.bob, "join_room", args{"agent_token": l.token}).Cursor
	answer := make(chan reply, 1)
	go func() {
		r, err := l.try(l.bob, "wait_for_message", args{"agent_token": l.token, "cursor": cursor, "wait_seconds": 50})
		if err != nil {
			l.t.Error(err)
		}
		answer <- r
	}()
	for waits := false; !waits; {
		for _, agent := range l.must(l.ann, "room_info", args{"agent_token": l.annToken}).Room.Agents {
			waits = waits || agent.Name == "Bob" && agent.State == "waiting"
		}
	}
	happens()
	return append([]string{(<-answer).Next}, l.refusals()...)
}

// lapses has Bob lose his seat to somebody who joins under a name.
func (l *lost) lapses(name string) []string {
	l.must(l.bob, "send_message", args{"agent_token": l.token, "text": "I am back soon"})
	l.clock.Advance(room.Lease + time.Second)
	l.must(l.ann, "send_message", args{"agent_token": l.annToken, "text": "I am here"})
	if _, err := l.cid(name); err != nil {
		l.t.Fatal(err)
	}
	return l.refusals()
}

// cid has a newcomer with a key ask for a seat.
func (l *lost) cid(name string) (reply, error) {
	password := map[bool]string{true: "sesame"}[l.locked]
	return l.try(ident.WithPrincipal(l.t.Context(), ident.Principal{ID: ident.KeyPrincipal("cid")}), "join_room",
		args{"room": "plans", "agent_name": name, "password": password})
}

// beginsAgain has a newcomer find all silent for long.
func (l *lost) beginsAgain() []string {
	cursor := l.must(l.bob, "join_room", args{"agent_token": l.token}).Cursor
	l.clock.Advance(room.AdminLease + time.Hour)
	l.ann = ident.WithPrincipal(l.t.Context(), ident.Principal{ID: ident.KeyPrincipal("cid")}) // who does it
	l.sitsAnn("")
	looks := args{"agent_token": l.token, "cursor": cursor, "wait_seconds": 0}
	return append([]string{l.must(l.bob, "wait_for_message", looks).Next}, l.refusals()...)
}

var byName = regexp.MustCompile(`(once a seat is free, )?call join_room with room and (agent_name|an agent_name ` +
	`that is free there)(, and with the room's password or an invite)?[.,]`)

// follows does what a sentence says about a way back.
func (l *lost) follows(said string) {
	l.t.Helper()
	way := byName.FindStringSubmatch(said)
	switch {
	case strings.Contains(said, "you need a new invite"):
		if l.needs() == "" || way != nil {
			l.t.Errorf("Bob needs none: %s", said)
		}
		l.renewed()
	case strings.Contains(said, "join by your invite again"):
		if strings.Contains(said, "once a seat is free") {
			l.addsSeat()
		}
		back := l.must(l.bob, "join_room", args{"agent_name": "Robert"})
		l.must(l.bob, "leave_room", args{"agent_token": back.Token})
	case way == nil && strings.Contains(said, "join_room"):
		l.t.Errorf("which way is this? %s", said)
	case way == nil:
	case ident.PrincipalOf(l.bob).IsGuest():
		l.t.Errorf("a guest is sent there: %s", said)
	default:
		l.named(said, way)
	}
}

// renewed has Bob join by a new invite.
func (l *lost) renewed() {
	l.t.Helper()
	if _, err := l.try(l.ann, "room_info", args{"agent_token": l.annToken}); err != nil { // she opens it again
		l.sitsAnn(map[bool]string{true: "sesame"}[l.locked])
	}
	info := l.must(l.ann, "room_info", args{"agent_token": l.annToken}).Room
	a := args{"agent_token": l.annToken, "new_invite": true}
	if len(info.Agents) == info.Capacity {
		a["capacity"] = info.Capacity + 1
	}
	l.must(l.ann, "update_room", a)
	l.uses++
	guest := ident.WithPrincipal(l.t.Context(), ident.Principal{Room: l.room, Invite: l.uses})
	back := l.must(guest, "join_room", args{"agent_name": fmt.Sprint("Bob", l.uses)})
	l.must(guest, "leave_room", args{"agent_token": back.Token})
}

// addsSeat has Ann free a seat of a full room.
func (l *lost) addsSeat() {
	l.t.Helper()
	seats := len(l.must(l.ann, "room_info", args{"agent_token": l.annToken}).Room.Agents)
	l.must(l.ann, "update_room", args{"agent_token": l.annToken, "capacity": seats + 1})
}

// named has Bob join by the name of the room.
func (l *lost) named(said string, way []string) {
	l.t.Helper()
	a := args{"room": "plans", "agent_name": "Bob", "password": l.password}
	if l.locked && way[3] == "" {
		l.t.Errorf("no word of the password: %s", said)
	}
	if l.locked && l.password == "" {
		l.renewed()
		return
	}
	if strings.HasPrefix(way[2], "an ") {
		a["agent_name"] = "Robert"
	}
	if way[1] != "" {
		l.addsSeat()
	}
	back := l.must(l.bob, "join_room", a)
	l.must(l.bob, "leave_room", args{"agent_token": back.Token})
}
