package chat_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
	"github.com/parley-chat/parley/internal/table"
)

func TestReturn_token_givesTheOwnSeatBack(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	got := w.elsewhere().enter(chat.JoinRequest{Token: " " + strings.ToUpper(p.bob.Token) + "\n"})
	if got.Status != chat.StatusReturned || got.Name != "Bob" || got.Token != p.bob.Token {
		t.Fatalf("Bob got %+v", got)
	}
	same(t, "seats", seats(got.Room), []string{"Ann (admin)", "Bob (member)"})
	if !got.Room.Agents[1].You {
		t.Error("Bob does not know himself again")
	}
}

func TestReturn_messages_areAllAfterTheAcknowledgedCursorOwnIncluded(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "first")
	seen := w.look(p.bob.Token, p.bob.Cursor)
	w.look(p.bob.Token, seen.Cursor) // naming it says that it arrived
	w.say(p.bob.Token, "second")
	w.say(p.ann.Token, "third")
	for range 2 { // returning acknowledges nothing
		got := w.enter(chat.JoinRequest{Token: p.bob.Token})
		same(t, "messages", lines(got.Messages), []string{"Bob: second", "Ann: third"})
		if got.HasMore || got.Earlier != 3 {
			t.Fatalf("more %v, %d earlier; want two joins and a message earlier", got.HasMore, got.Earlier)
		}
		if next := w.look(p.bob.Token, got.Cursor); next.Status != chat.StatusQuiet {
			t.Fatalf("after it came %+v", next)
		}
		w = w.elsewhere() // nor does another process know better
	}
}

func TestReturn_muchIsNew_comesInPartsThatMissNothing(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	var want []string
	for i := range 30 {
		text := fmt.Sprintf("message number %d of many", i)
		w.say(p.ann.Token, text)
		want = append(want, text)
	}
	got := w.enter(chat.JoinRequest{Token: p.bob.Token})
	if len(got.Messages) != 20 || !got.HasMore {
		t.Fatalf("%d messages, more %v", len(got.Messages), got.HasMore)
	}
	rest := w.look(p.bob.Token, got.Cursor)
	same(t, "all", append(texts(got.Messages), texts(rest.Messages)...), want)
}

func TestReturn_whatWasHandedOutBefore_isMarkedRepeated(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "maybe lost")
	w.look(p.bob.Token, "") // without a cursor: handed out, not acknowledged
	w.say(p.ann.Token, "new")
	got := w.enter(chat.JoinRequest{Token: p.bob.Token})
	same(t, "messages", texts(got.Messages), []string{"maybe lost", "new"})
	if !got.Messages[0].Repeated || got.Messages[1].Repeated {
		t.Errorf("repeated: %v, %v", got.Messages[0].Repeated, got.Messages[1].Repeated)
	}
}

func TestReturn_roomOrNameThatDoNotBelongToTheToken_areRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for what, c := range map[string]struct {
		req  chat.JoinRequest
		code fault.Code
	}{
		"own room and name": {chat.JoinRequest{Room: "PLANS", AgentName: "bob"}, ""},
		"another room":      {chat.JoinRequest{Room: "plots"}, fault.InvalidArgument},
		"no room's name":    {chat.JoinRequest{Room: "###"}, fault.InvalidArgument},
		"another name":      {chat.JoinRequest{AgentName: "Bobby"}, fault.InvalidArgument},
		"no agent's name":   {chat.JoinRequest{AgentName: "system"}, fault.InvalidArgument},
		"two passwords":     {chat.JoinRequest{Room: "plans:a", Password: "b"}, fault.InvalidArgument},
	} {
		c.req.Token = p.bob.Token
		_, err := w.JoinRoom(t.Context(), c.req)
		if got := fault.CodeOf(err); got != c.code {
			t.Errorf("%s: got %q (%v), want %q", what, got, err, c.code)
		}
	}
}

func TestReturn_isASignOfLife(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.look(p.bob.Token, "")
	w.clock.Advance(14 * time.Minute)
	w.enter(chat.JoinRequest{Token: p.bob.Token})
	w.clock.Advance(2 * time.Minute)
	_, err := w.tryJoin("plans", "Cid")
	waitsFor(t, err, fault.RoomFull, 13*time.Minute)
}

func TestToken_ofNobody_isInvalidInEveryCall(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	mistyped := "0" + p.bob.Token[1:]
	if p.bob.Token[0] == '0' {
		mistyped = "1" + p.bob.Token[1:]
	}
	for what, token := range map[string]string{
		"blank": "  ", "short": p.bob.Token[:27], "mistyped": mistyped, "a sentence": "my token, please",
	} {
		for call, err := range everyCall(w, token) {
			if fault.CodeOf(err) != fault.TokenInvalid {
				t.Errorf("%s, token %s: %v", call, what, err)
			}
		}
	}
}

// calls are the calls that take a token, each with the token given.
func calls(w *world, token string) map[string]func() error {
	ctx := w.t.Context()
	return map[string]func() error{
		"join": func() error { _, err := w.JoinRoom(ctx, chat.JoinRequest{Token: token}); return err },
		"send": func() error { _, err := w.Send(ctx, chat.SendRequest{Token: token, Text: "hello"}); return err },
		"wait": func() error { _, err := w.Wait(ctx, chat.WaitRequest{Token: token}); return err },
		"history": func() error {
			_, err := w.History(ctx, chat.HistoryRequest{Token: token})
			return err
		},
		"info": func() error { _, err := w.RoomInfo(ctx, chat.InfoRequest{Token: token}); return err },
		"update": func() error {
			_, err := w.UpdateRoom(ctx, chat.UpdateRequest{Token: token, Description: "mine"})
			return err
		},
		"manage": func() error {
			_, err := w.ManageAgent(ctx, chat.ManageRequest{Token: token, AgentName: "Eve", Action: room.BanName})
			return err
		},
		"leave": func() error { _, err := w.LeaveRoom(ctx, token); return err },
	}
}

// everyCall makes each call that takes a token, and returns how it ended.
func everyCall(w *world, token string) map[string]error {
	errs := map[string]error{}
	for name, call := range calls(w, token) {
		if name != "leave" {
			errs[name] = call()
		}
	}
	errs["leave"] = calls(w, token)["leave"]()
	return errs
}

func TestToken_ofASeatThatWasGivenUp_saysSoInEveryCall(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.bob.Token)
	for _, w := range []*world{w, w.elsewhere()} {
		for call, err := range everyCall(w, p.bob.Token) {
			if call == "leave" && err == nil {
				continue
			}
			if fault.CodeOf(err) != fault.Removed || !strings.Contains(err.Error(), "You have left") {
				t.Errorf("%s: %v", call, err)
			}
		}
	}
}

func TestToken_ofAnotherRoom_opensNothingHere(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	other := w.join("plots", "Bob")
	if w.say(other.Token, "in the other room"); other.Token[:7] == p.ann.Token[:7] {
		t.Fatal("two rooms with one id")
	}
	if got := w.look(p.ann.Token, p.ann.Cursor); got.Status != chat.StatusQuiet {
		t.Fatalf("Ann heard %+v", got)
	}
}

func TestLeave_givesSeatAndNameBack_twiceIsNoError(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.bob.Token)
	for _, w := range []*world{w, w.elsewhere()} {
		if got, err := w.LeaveRoom(t.Context(), p.bob.Token); err != nil || got != chat.StatusAlreadyLeft {
			t.Fatalf("again: %q, %v", got, err)
		}
	}
	same(t, "Ann hears", lines(w.look(p.ann.Token, p.ann.Cursor).Messages), []string{"left Bob (left)"})
	presence := table.Range{Partition: "ROOM#" + p.ann.Token[:7], Prefix: "SEEN#", Limit: 10}
	if page, err := w.table.Query(t.Context(), presence); err != nil || len(page.Items) != 1 {
		t.Fatalf("%d agents are noted as present, %v", len(page.Items), err)
	}
	if got := w.join("plans", "Bob"); got.Token == p.bob.Token {
		t.Fatal("the new Bob has the old one's token")
	}
}
