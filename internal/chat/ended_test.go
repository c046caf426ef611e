package chat_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

func (w *world) sayAs(token string, kind room.Kind, text string) chat.Sent {
	w.t.Helper()
	got, err := w.Send(w.t.Context(), chat.SendRequest{Token: token, Text: text, Kind: kind})
	if err != nil {
		w.t.Fatalf("send: %v", err)
	}
	return got
}

func TestEnded_theOtherIsDone_isTold(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.sayAs(p.ann.Token, room.Done, "that is all")
	got := w.look(p.bob.Token, p.bob.Cursor)
	wantStatus(t, "Bob", got, chat.StatusEnded)
	same(t, "Bob reads", lines(got.Messages), []string{"Ann: that is all"})
	wantStatus(t, "Bob, once more", w.look(p.bob.Token, got.Cursor), chat.StatusEnded)
	wantStatus(t, "Ann", w.look(p.ann.Token, p.ann.Cursor), chat.StatusQuiet)
}

func TestEnded_oneOfTwoOthersIsDone_isNotTold(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	w.sayAs(all[0].Token, room.Done, "that is all")
	wantStatus(t, "Cid", w.look(all[2].Token, all[2].Cursor), chat.StatusMessages)
	w.leave(all[1].Token)
	wantStatus(t, "Cid, when Bob has left", w.look(all[2].Token, all[2].Cursor), chat.StatusEnded)
}

func TestEnded_theOtherSpeaksOn_isTakenBack(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.sayAs(p.ann.Token, room.Done, "that is all")
	w.sayAs(p.ann.Token, room.Status, "only to say where it lies")
	wantStatus(t, "after a status", w.look(p.bob.Token, p.bob.Cursor), chat.StatusEnded)
	w.sayAs(p.ann.Token, "", "one thing more")
	got := w.look(p.bob.Token, p.bob.Cursor)
	wantStatus(t, "after a word", got, chat.StatusMessages)
	wantStatus(t, "later", w.look(p.bob.Token, got.Cursor), chat.StatusQuiet)
}

func TestEnded_knownToAProcessThatComesLater(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	cursor := p.bob.Cursor
	w.sayAs(p.ann.Token, room.Done, "that is all")
	for range 40 { // more than a load reads
		cursor = w.look(p.bob.Token, cursor).Cursor
		w.clock.Advance(time.Minute)
		w.say(p.bob.Token, "are you there? "+w.clock.Now().String())
	}
	wantStatus(t, "Bob", w.elsewhere().look(p.bob.Token, cursor), chat.StatusEnded)
}

func TestEnded_nobodyHasComeYet_isQuiet(t *testing.T) {
	w := newWorld(t)
	ann := w.join("plans", "Ann")
	wantStatus(t, "Ann", w.look(ann.Token, ann.Cursor), chat.StatusQuiet)
}

func TestEnded_allOthersLeft_isTold(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.leave(p.bob.Token)
	got := w.look(p.ann.Token, p.ann.Cursor)
	wantStatus(t, "Ann", got, chat.StatusEnded)
	w.join("plans", "Cid")
	wantStatus(t, "when another comes", w.look(p.ann.Token, got.Cursor), chat.StatusMessages)
}

func TestEnded_aWaitGoesOnUntilItsTimeIsUp(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	w.sayAs(p.ann.Token, room.Done, "that is all")
	p.bob.Cursor = w.look(p.bob.Token, p.bob.Cursor).Cursor
	waits := w.hold(1, p.bob)
	w.clock.Advance(time.Minute)
	wantStatus(t, "Bob", take(t, waits[0]), chat.StatusEnded)
}

// TestEnded_saidOnceMoreToOne_staysSo: who was done for all is not back for a last
// word that says the same.
func TestEnded_saidOnceMoreToOne_staysSo(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.sayAs(p.ann.Token, room.Done, "that is all from me")
	w.sayAs(p.bob.Token, room.Done, "and from me")
	if _, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "goodbye, Bob", To: []string{"Bob"}, Kind: room.Done}); err != nil {
		t.Fatal(err)
	}
	got := w.look(p.cid.Token, w.look(p.cid.Token, "").Cursor)
	wantStatus(t, "Cid", got, chat.StatusEnded)
}

func TestEnded_whoMayNotSpeak_isNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	all := w.crowd("plans", "Ann", "Bob", "Cid")
	if _, err := w.ManageAgent(t.Context(), chat.ManageRequest{Token: all[0].Token, AgentName: "Cid", Action: room.Mute}); err != nil {
		t.Fatal(err)
	}
	all[1].Cursor = w.look(all[1].Token, all[1].Cursor).Cursor
	w.sayAs(all[0].Token, room.Done, "that is all")
	wantStatus(t, "Bob", w.look(all[1].Token, all[1].Cursor), chat.StatusEnded)
}

func TestEnded_inAChannel_isForThoseWhoListen(t *testing.T) {
	w := newWorld(t)
	ann := w.create(chat.CreateRequest{Room: "news", AgentName: "Ann", Type: room.Channel})
	bob := w.join("news", "Bob")
	ann.Cursor = w.look(ann.Token, ann.Cursor).Cursor
	wantStatus(t, "Ann, whom nobody can answer", w.look(ann.Token, ann.Cursor), chat.StatusQuiet)
	w.sayAs(ann.Token, room.Done, "that is all")
	wantStatus(t, "Bob", w.look(bob.Token, bob.Cursor), chat.StatusEnded)
}
