package chat_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// audited is a world whose log is kept.
type audited struct {
	*world
	log *secretscan.Buffer
}

func newAudited(t *testing.T) *audited {
	a := &audited{newWorld(t), secretscan.NewBuffer(t)}
	a.Service = chat.New(a.table, chat.Options{Clock: a.clock, SingleProcess: true, MinBatch: 1,
		Logger: slog.New(slog.NewJSONHandler(a.log, nil))})
	return a
}

// lines returns what was logged, as "action principal" with the seats and how, and fails
// unless all lines are about one room.
func (a *audited) lines() (out []string) {
	a.t.Helper()
	rooms := map[string]bool{}
	for _, text := range strings.Split(strings.TrimSpace(a.log.String()), "\n") {
		var l struct {
			Level, Msg, Action, Principal, Room, How string
			Seat, Of                                 int
		}
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			a.t.Fatalf("%s: %v", text, err)
		}
		rooms[l.Room] = true
		if l.Msg != "audit" || l.Level != "INFO" || len(l.Room) != 8 || len(rooms) != 1 {
			a.t.Errorf("a line is %s", text)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s by %s, seat %d of %d %s", l.Action, l.Principal, l.Seat,
			l.Of, l.How)))
	}
	return out
}

func TestAudit_seatsAndDecisions_areOneLineEachWithoutNamesAndSecrets(t *testing.T) {
	a := newAudited(t)
	key := keyed(t, "k1")
	ann, err := a.CreateRoom(key, chat.CreateRequest{Room: "gallery:sesame", AgentName: "Annette", Capacity: 4})
	if err != nil {
		t.Fatal(err)
	}
	visit := guest(t, ann.Invite)
	bob, err := a.arrives(visit, "Robert")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.JoinRoom(visit, chat.JoinRequest{Token: bob.Token}); err != nil { // no seat is taken
		t.Fatal(err)
	}
	person := device(t, bob.Watch, "phone")
	// a repeated claim opens nothing
	for _, req := range []chat.SuperviseRequest{{Claim: bob.Watch}, {Claim: bob.Watch}, {Approve: yes()},
		{Paused: yes()}, {Approve: no(), Paused: no()}, {NewLink: true}} {
		req.Token = person
		if _, err := a.Service.Supervise(a.bearer(bob), req); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.opens(bob.Watch, "another"); err == nil {
		t.Error("a used link was opened")
	}
	said := a.say(bob.Token, "confidential words")
	a.clock.Advance(minute)
	a.refusal(visit, "", "Robert", fault.NameTaken)
	if _, err := a.ManageAgent(key,
		chat.ManageRequest{Token: ann.Token, Agents: []string{"Robert"}, Action: room.Kick}); err != nil {
		t.Fatal(err)
	}
	a.clock.Advance(minute)
	bob, err = a.arrives(visit, "Robert")
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range []chat.UpdateRequest{
		{Description: "a description", Password: "another one"}, {NewInvite: true}, {Redact: said.ID},
	} {
		req.Token = ann.Token
		if _, err := a.UpdateRoom(key, req); err != nil {
			t.Fatal(err)
		}
	}
	at, err := a.HookSeat(key, ann.Token)
	if err != nil {
		t.Fatal(err)
	}
	hook := roomlog.HookItem{ID: "5e7c", Room: at.Room, Seat: at.Seat, URL: "https://hush.example",
		Secret: "whsec_hush", UntilMs: a.clock.Now().Add(minute).UnixMilli()}
	for range 2 { // the second is a refresh
		if _, err := a.BeginHook(key, ann.Token, hook); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []chat.ManageRequest{
		{Action: room.Mute, Agents: []string{"Robert"}}, {Action: room.Mute, Agents: []string{"Robert"}}, // once
		{Action: room.Kick, Agents: []string{"Robert"}, Note: "the reason"}, {Action: room.BanName,
			Agents: []string{"Mallory"}},
	} {
		m.Token = ann.Token
		if _, err := a.ManageAgent(key, m); err != nil {
			t.Fatal(err)
		}
	}
	a.clock.Advance(2 * minute)
	if _, err := a.JoinRoom(key, chat.JoinRequest{Room: "gallery:another one", AgentName: "Annette"}); err != nil {
		t.Fatal(err)
	}
	same(t, "lines", a.lines(), []string{
		"seat_taken by key:k1, seat 1 of 0 created",
		"seat_taken by invite:1, seat 2 of 0 joined",
		"link_opened by token, seat 2 of 0",
		"supervision_set by token, seat 2 of 0",
		"supervision_set by token, seat 2 of 0",
		"supervision_set by token, seat 2 of 0",
		"agent_kick by key:k1, seat 1 of 2",
		"seat_taken by invite:1, seat 3 of 0 joined",
		"room_changed by key:k1, seat 1 of 0",
		"invite_renewed by key:k1, seat 1 of 0",
		"text_removed by key:k1, seat 1 of 0",
		"subscribed by key:k1, seat 1 of 0",
		"agent_mute by key:k1, seat 1 of 3",
		"agent_kick by key:k1, seat 1 of 3",
		"agent_ban by key:k1, seat 1 of 0",
		"seat_taken by key:k1, seat 1 of 0 returned",
	})
	for _, secret := range []string{
		"Annette", "annette", "Robert", "robert", "Mallory", "gallery", "sesame", "another", "confidential",
		"description", "reason", "hush",
		ann.Token, bob.Token, ann.Watch, bob.Watch, person, ann.Token[:ident.RoomChars], ann.Invite.Code, "key of",
	} {
		if strings.Contains(a.log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, a.log.String())
		}
	}
}
