package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/room"
)

// ask sends a request.
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

// requests lists the open requests that room_info shows the owner of a token, as "Ann
// asks 5" or "Ann asks [Bob] 5".
func (w *world) requests(token string) []string {
	w.t.Helper()
	var out []string
	for _, r := range w.info(token).Requests {
		to := ""
		if len(r.To) > 0 {
			to = fmt.Sprintf(" %s", r.To)
		}
		out = append(out, fmt.Sprintf("%s asks%s %d", r.From, to, r.Seq))
	}
	return out
}

func TestRequests_areOpenUntilAnotherAgentReplies(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		first, second := w.ask(p.ann.Token, "who brings the cake?"), w.ask(p.bob.Token, "and when?")
		w.reply(p.ann.Token, "anybody?", first) // the sender's own reply does not count
		w.say(p.cid.Token, "no answer")         // a message without reply_to does not count
		want := []string{fmt.Sprintf("Ann asks %d", first), fmt.Sprintf("Bob asks %d", second)}
		for _, s := range []chat.Seated{p.ann, p.bob, p.cid} {
			same(t, s.Name+" gets", there.requests(s.Token), want)
		}
		w.reply(p.cid.Token, "I do", first)
		same(t, "then", there.requests(p.bob.Token), want[1:])
	})
}

func TestRequests_private_areShownToThoseWhoSeeThem(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	seq := w.ask(p.ann.Token, "blue?", "Bob")
	want := []string{fmt.Sprintf("Ann asks [Bob] %d", seq)}
	same(t, "Ann gets", w.requests(p.ann.Token), want)
	same(t, "Bob gets", w.requests(p.bob.Token), want)
	same(t, "Cid gets", w.requests(p.cid.Token), nil)
}

// The list of open requests must not reveal that there was a reply.
func TestRequests_answeredPrivately_stayOpenForOthers(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	seq := w.ask(p.ann.Token, "blue?")
	w.reply(p.bob.Token, "yes", seq, "Ann")
	same(t, "Ann gets", w.requests(p.ann.Token), nil)
	same(t, "Bob gets", w.requests(p.bob.Token), nil)
	same(t, "Cid gets", w.requests(p.cid.Token), []string{fmt.Sprintf("Ann asks %d", seq)})
}

func TestRequests_senderOrAddresseesLeft_areNotOpen(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.bob.Token, "who brings the cake?")
	w.ask(p.ann.Token, "blue?", "Bob")
	both := w.ask(p.ann.Token, "red?", "Bob", "Cid")
	w.leave(p.bob.Token)
	w.join("plans", "Bob") // another
	same(t, "Ann gets", w.requests(p.ann.Token), []string{fmt.Sprintf("Ann asks [Cid] %d", both)})
}

func TestRequests_fromBeforeTheJoin_areNotShown(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.ask(p.ann.Token, "who brings the cake?")
	w.leave(p.bob.Token)
	dora := w.join("plans", "Dora")
	same(t, "Dora gets", w.requests(dora.Token), nil)
}

func TestRequests_many_areLimitedToTheLastTen(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	var want []string
	for i := range 25 {
		seq := w.ask(p.ann.Token, fmt.Sprintf("question %d", i))
		if want = append(want, fmt.Sprintf("Ann asks %d", seq)); i%2 == 0 {
			w.tell(p.bob.Token, fmt.Sprintf("an aside, %d", i), "Ann")
		}
	}
	same(t, "Cid gets", w.requests(p.cid.Token), want[15:])
}

func TestRequests_olderThanTwoPages_areNotShown(t *testing.T) {
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
