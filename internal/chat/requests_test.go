package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/room"
)

// ask says something that wants an answer.
func (w *world) ask(token, text string, to ...string) int64 {
	w.t.Helper()
	got, err := w.send(chat.SendRequest{Token: token, Text: text, To: to, Kind: room.Request})
	if err != nil {
		w.t.Fatal(err)
	}
	return got.Seq
}

func (w *world) reply(token, text string, to int64, only ...string) {
	w.t.Helper()
	if _, err := w.send(chat.SendRequest{Token: token, Text: text, ReplyTo: to, To: only}); err != nil {
		w.t.Fatal(err)
	}
}

// requests is what room_info tells the owner of a token to be open, as "Ann asks 5"
// or "Ann asks [Bob] 5".
func (w *world) requests(token string) []string {
	w.t.Helper()
	var out []string
	for _, r := range w.info(token).Requests {
		whom := ""
		if len(r.To) > 0 {
			whom = fmt.Sprintf(" %s", r.To)
		}
		out = append(out, fmt.Sprintf("%s asks%s %d", r.From, whom, r.Seq))
	}
	return out
}

func TestRequests_untilSomebodyElseAnswers_areOpen(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		first, second := w.ask(p.ann.Token, "who brings the cake?"), w.ask(p.bob.Token, "and when?")
		w.reply(p.ann.Token, "anybody?", first)           // one's own word answers nothing
		w.say(p.cid.Token, "a word that answers nothing") // nor does what answers nothing
		want := []string{fmt.Sprintf("Ann asks %d", first), fmt.Sprintf("Bob asks %d", second)}
		for _, s := range []chat.Seated{p.ann, p.bob, p.cid} {
			same(t, s.Name+" is told", there.requests(s.Token), want)
		}
		w.reply(p.cid.Token, "I do", first)
		same(t, "then", there.requests(p.bob.Token), want[1:])
	})
}

func TestRequests_private_areToldToThoseWhoSeeThem(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	seq := w.ask(p.ann.Token, "blue?", "Bob")
	want := []string{fmt.Sprintf("Ann asks [Bob] %d", seq)}
	same(t, "Ann is told", w.requests(p.ann.Token), want)
	same(t, "Bob is told", w.requests(p.bob.Token), want)
	same(t, "Cid is told", w.requests(p.cid.Token), nil)
}

// TestRequests_answeredOutOfSight_areOpenForTheOthers: that there was an answer must
// not show in what is open.
func TestRequests_answeredOutOfSight_areOpenForTheOthers(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	seq := w.ask(p.ann.Token, "blue?")
	w.reply(p.bob.Token, "yes", seq, "Ann")
	same(t, "Ann is told", w.requests(p.ann.Token), nil)
	same(t, "Bob is told", w.requests(p.bob.Token), nil)
	same(t, "Cid is told", w.requests(p.cid.Token), []string{fmt.Sprintf("Ann asks %d", seq)})
}

func TestRequests_ofWhomHasLeftOrToWhomHasLeft_areNotOpen(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.bob.Token, "who brings the cake?")
	w.ask(p.ann.Token, "blue?", "Bob")
	both := w.ask(p.ann.Token, "red?", "Bob", "Cid")
	w.leave(p.bob.Token)
	w.join("plans", "Bob") // another
	same(t, "Ann is told", w.requests(p.ann.Token), []string{fmt.Sprintf("Ann asks [Cid] %d", both)})
}

func TestRequests_ofBeforeOnesTime_areNotTold(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.ann.Token, "who brings the cake?")
	w.leave(p.bob.Token)
	dora := w.join("plans", "Dora")
	same(t, "Dora is told", w.requests(dora.Token), nil)
}

func TestRequests_many_areTheLastTen(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	var want []string
	for i := range 25 {
		seq := w.ask(p.ann.Token, fmt.Sprintf("question %d", i))
		if want = append(want, fmt.Sprintf("Ann asks %d", seq)); i%2 == 0 {
			w.tell(p.bob.Token, fmt.Sprintf("an aside, %d", i), "Ann")
		}
	}
	same(t, "Cid is told", w.requests(p.cid.Token), want[15:])
}

func TestRequests_longAgo_areNotTold(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	old := w.ask(p.ann.Token, "who brings the cake?")
	for i := range 150 {
		w.say(p.bob.Token, fmt.Sprintf("line %d", i))
	}
	same(t, "within two pages", w.requests(p.cid.Token), []string{fmt.Sprintf("Ann asks %d", old)})
	for i := range 200 {
		w.say(p.bob.Token, fmt.Sprintf("further line %d", i))
	}
	same(t, "later", w.requests(p.cid.Token), nil)
}

func TestKind_isShownAndUnknownOnesAreRefused(t *testing.T) {
	w := newWorld(t)
	p := w.pair()
	for i, c := range []struct{ given, shown room.Kind }{
		{"", ""}, {room.Plain, ""}, {room.Request, room.Request}, {room.Status, room.Status}, {room.Done, room.Done},
	} {
		if _, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: fmt.Sprintf("text %d", i), Kind: c.given}); err != nil {
			t.Fatal(err)
		}
		if m := w.look(p.bob.Token, "").Messages[0]; m.Kind != c.shown {
			t.Errorf("of the kind %q: %+v", c.given, m)
		}
	}
	err := w.changesNothing(p.ann.Token, func() error {
		_, err := w.send(chat.SendRequest{Token: p.ann.Token, Text: "hello", Kind: "shout"})
		return err
	})
	says(t, err, fault.InvalidArgument, "kind must be")
}

func TestEarlier_countsWhatHistoryHolds(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	for i := range 25 {
		w.say(p.ann.Token, fmt.Sprintf("line %d", i)) // numbers 4 to 28
	}
	dora := w.join("plans", "Dora")
	if dora.Earlier != 8 || dora.Messages[0].Seq != 9 { // three joins and five lines
		t.Errorf("%d earlier than number %d", dora.Earlier, dora.Messages[0].Seq)
	}
	if got := w.info(dora.Token).Earlier; got != 29 {
		t.Errorf("room_info tells of %d", got)
	}
}
