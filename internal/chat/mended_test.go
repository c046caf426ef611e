package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

func TestGhost_whoBecameAdminWithoutEverCalling_isReplaced(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	w.join("plans", "Bob") // and the answer is lost
	w.clock.Advance(10 * time.Minute)
	w.leave(ann.Token) // Bob is admin now
	w.clock.Advance(10 * time.Minute)
	if _, err := w.tryJoin("plans", "Bob"); err != nil {
		t.Error(err)
	}
}

func TestAway_endsWithAWordThroughAnotherProcess(t *testing.T) {
	w := newWorld(t)
	w = w.elsewhere()
	p := w.pair()
	there := w.elsewhere()
	there.look(p.bob.Token, "")
	if _, err := w.Wait(t.Context(), chat.WaitRequest{Token: p.bob.Token, BackIn: time.Hour}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	there.say(p.bob.Token, "back again")
	for _, w := range []*world{w, there} {
		if got := w.info(p.ann.Token).Room.Agents[1]; got.State != chat.Silent {
			t.Errorf("back again Bob is %+v", got)
		}
	}
}

func TestReturn_twice_givesAgainWhatNoCursorHasAcknowledged(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.say(p.ann.Token, "first")
	w.look(p.bob.Token, "") // and the answer is lost
	w.say(p.ann.Token, "second")
	for range 2 { // and again
		got := w.enter(chat.JoinRequest{Token: p.bob.Token})
		same(t, "messages", texts(got.Messages), []string{"first", "second"})
	}
}

func TestDone_saidToOneOnly_endsNothingForWhoDidNotSeeIt(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for _, c := range [][2]chat.Seated{{p.ann, p.bob}, {p.bob, p.ann}} {
		if _, err := w.send(chat.SendRequest{Token: c[0].Token, Text: "that is all", Kind: room.Done, To: []string{c[1].Name}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.look(p.cid.Token, p.cid.Cursor); got.Status != chat.StatusQuiet {
		t.Errorf("Cid is told %+v", got)
	}
}
