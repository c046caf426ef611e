package chat_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
)

// turnTo makes n the next seat in turn of a token's room, and returns a new process.
func (w *world) turnTo(token string, n int) *world {
	w.t.Helper()
	var x room.Snapshot
	meta := w.item(token, "META")
	if err := roomlog.Decode(meta, &x); err != nil {
		w.t.Fatal(err)
	}
	x.NextSeat, meta.Data = n, nil
	meta.Data = roomlog.Encode(x)
	w.store(meta)
	return onTable(w.t, w.clock, w.table, chat.Options{SingleProcess: true, MinBatch: 1})
}

func (w *world) seatOf(s chat.Seated) int {
	w.t.Helper()
	token, err := ident.ParseToken(s.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	return token.Seat
}

func TestJoin_allNumbersWereGiven_goesOn(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w = w.turnTo(ann.Token, ident.MaxSeat)
	for _, want := range []int{ident.MaxSeat, 2, 3} {
		bob := w.join("plans", "Bob")
		if got := w.seatOf(bob); got != want {
			t.Errorf("the next seat is %d, want %d", got, want)
		}
		w.say(bob.Token, "hello")
		w.leave(bob.Token)
	}
	w.say(ann.Token, "I have been here all the time")
	if _, err := roomlog.Verify(t.Context(), w.table, ann.Token[:ident.RoomChars]); err != nil {
		t.Error(err)
	}
}

// Bob is kicked, and Eve gets the number of his seat at once.
func TestSeatNumber_givenAgain_carriesNothingOver(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 4, Public: true})
	bob, cid := w.join("plans", "Bob"), w.join("plans", "Cid")
	w.sends(chat.SendRequest{Token: bob.Token, Text: "hello all", Key: "1", Activity: "reading what Ann wrote"})
	w.sends(chat.SendRequest{Token: ann.Token, Text: "psst, Bob", To: []string{"Bob"}})
	w.sends(chat.SendRequest{Token: ann.Token, Text: "who of you two?", To: []string{"Bob", "Cid"},
		Ask: []string{"Cid"}, Kind: room.Request})
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: bob.Token}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: ann.Token, AgentName: "Bob",
		Action: room.Kick}); err != nil {
		t.Fatal(err)
	}
	w = w.turnTo(ann.Token, ident.MaxSeat+w.seatOf(bob))
	eve := w.join("plans", "Eve")
	if w.seatOf(eve) != w.seatOf(bob) {
		t.Fatalf("Eve has seat %d", w.seatOf(eve))
	}
	history, err := w.History(t.Context(), chat.HistoryRequest{Token: eve.Token, Limit: 100})
	if err != nil || strings.Join(texts(history.Messages), "; ") != "hello all" {
		t.Errorf("she reads %q, %v", texts(history.Messages), err)
	}
	info, err := w.RoomInfo(t.Context(), chat.InfoRequest{Token: eve.Token})
	if err != nil || len(info.Requests) > 0 || info.Earlier != 1 {
		t.Errorf("she sees %+v and %d messages, %v", info.Requests, info.Earlier, err)
	}
	for _, a := range info.Room.Agents {
		if a.Activity != "" {
			t.Errorf("%s is %q", a.Name, a.Activity)
		}
	}
	if waited, err := w.Wait(t.Context(), chat.WaitRequest{Token: eve.Token,
		Cursor: ident.Cursor{}.String(w.token(eve))}); err != nil || waited.Status == chat.StatusRemoved {
		t.Errorf("she waits from the beginning: %+v, %v", waited, err)
	}
	if got := w.sends(chat.SendRequest{Token: eve.Token, Text: "hello from Eve", Key: "1"}); got.Duplicate {
		t.Error("her key stands for Bob's message")
	}
	w.refused("Bob, while Eve is there", bob.Token, fault.TokenInvalid, "")
	w.leave(eve.Token)
	w.refused("Bob", bob.Token, fault.Removed, "admin has taken your seat")
	w.refused("Eve", eve.Token, fault.Removed, "You have left")
	w.say(cid.Token, "they are gone")
}

// Another process, in which Bob has called, loads the room when Eve has his number. It has
// not followed the log.
func TestSeatNumber_givenAgain_processThatLoadsTheRoomForgetsTheFormerOwner(t *testing.T) {
	w := newWorld(t)
	here, there := w.elsewhere(), w.elsewhere()
	p := here.company()
	doing := "reading what Ann wrote"
	there.sends(chat.SendRequest{Token: p.bob.Token, Text: "a moment", Activity: doing})
	for i := range 510 {
		here.sends(chat.SendRequest{Token: p.ann.Token, Text: "hello", Key: strconv.Itoa(i)})
	}
	here.leave(p.bob.Token)
	eve := here.turnTo(p.ann.Token, ident.MaxSeat+w.seatOf(p.bob)).join("plans", "Eve")
	if w.seatOf(eve) != w.seatOf(p.bob) {
		t.Fatalf("Eve has seat %d", w.seatOf(eve))
	}
	got, err := there.Wait(t.Context(), chat.WaitRequest{Token: eve.Token, Activity: doing})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "news", texts(got.Messages), nil)
	for _, a := range w.elsewhere().info(p.ann.Token).Room.Agents {
		if a.Name == "Eve" && a.Activity != doing {
			t.Errorf("Eve is %q", a.Activity)
		}
	}
}

// Bob leaves, and Eve gets the number of his seat, between the lookup of the name and the
// write.
func TestSeatNumber_givenAgainDuringASend_isNoAddressee(t *testing.T) {
	for _, req := range []chat.SendRequest{{Text: "psst", To: []string{"Bob"}}, {Text: "Bob?", Ask: []string{"Bob"}}} {
		w := newWorld(t)
		w = w.elsewhere()
		p := w.company()
		middle := &interrupted{}
		late := w.onTop(middle)
		late.info(p.ann.Token)
		middle.beforeWrite = func() {
			w.leave(p.bob.Token)
			after := w.turnTo(p.ann.Token, ident.MaxSeat+w.seatOf(p.bob))
			if eve := after.join("plans", "Eve"); w.seatOf(eve) != w.seatOf(p.bob) {
				t.Errorf("Eve has seat %d", w.seatOf(eve))
			}
		}
		req.Token = p.ann.Token
		_, err := late.send(req)
		wants(t, err, fault.InvalidArgument)
		if all := texts(w.all(p.ann.Token)); len(all) != 0 {
			t.Errorf("said %q", all)
		}
	}
}

func (w *world) token(s chat.Seated) ident.Token {
	token, _ := ident.ParseToken(s.Token)
	return token
}

// refused fails unless a token is refused with a code, and with words that say why.
func (w *world) refused(who, token string, code fault.Code, why string) {
	w.t.Helper()
	_, err := w.RoomInfo(w.t.Context(), chat.InfoRequest{Token: token})
	if fault.CodeOf(err) != code || !strings.Contains(err.Error(), why) {
		w.t.Errorf("%s is told %v, want %s: %q", who, err, code, why)
	}
}
