package chat_test

import (
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/core/chat"
)

// Who writes @Bob expects Bob to read it.
func TestSend_nameOfAnAgentThatHasLeft_isSaid(t *testing.T) {
	onEachTable(t, func(t *testing.T, services ...*world) {
		w, there := services[0], services[len(services)-1]
		p := w.company()
		w.update(chat.UpdateRequest{Token: p.ann.Token, Capacity: 9})
		w.join("plans", "Bob Smith")
		w.join("plans", "Zoë")
		w.leave(p.bob.Token)
		w.leave(w.join("plans", "Eve").Token)
		for range 3 {
			w.say(p.cid.Token, "some words that come after that, whatever they are")
		}
		n := 0
		for text, want := range map[string][]string{
			"@Bob, what do you think?":                 {"Bob"},
			"(\uff20bob) and @EVE!":                    {"Bob", "Eve"},
			"and you, @Bob-":                           {"Bob"},
			"@Bob Smith, what do you think?":           nil,
			"@Bobby and @Bob_x and @Eve1":              nil,
			"@Cid and @Zoë, who are here":              nil,
			"Bob is gone":                              nil,
			"mail to ann@bob.example, or to x@Eve":     nil,
			"`@Bob` and ```\n@Eve\n``` are code":       nil,
			"`code`, and @Bob beside it, ``` @Eve":     {"Bob"},
			"it's 5 o`clock, @Bob":                     {"Bob"},
			"@Override and @media, @ all, and @nobody": nil,
			"what Bob wrote to @all here":              nil,
		} {
			for _, w := range []*world{w, there, there.elsewhere()} {
				got := w.sends(chat.SendRequest{Token: p.ann.Token, Text: text, To: []string{"Cid"},
					Key: fmt.Sprint(n)})
				n++
				same(t, text, got.Left, want)
			}
		}
		w.join("plans", "bob")
		same(t, "once another has the name", w.say(p.ann.Token, "@Bob, are you there?").Left, nil)
	})
}

// A newcomer does not learn who was there before it.
func TestSend_nameOfAnAgentThatLeftUnseen_isNotSaid(t *testing.T) {
	w := newWorld(t)
	p := w.company()
	w.leave(p.bob.Token)
	w.update(chat.UpdateRequest{Token: p.ann.Token, Password: "rain"})
	dan := w.enter(chat.JoinRequest{Room: "plans:rain", AgentName: "Dan"})
	for who, want := range map[string][]string{p.ann.Token: {"Bob"}, dan.Token: nil} {
		same(t, who, w.say(who, "and what does @Bob say to that?").Left, want)
	}
}
