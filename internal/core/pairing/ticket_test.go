package pairing_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
)

func TestTicket_invalidArguments_areRefused(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	seat := w.join("plans", "Ann")
	eleven := strings.Fields("a b c d e f g h i j k")
	mistyped := ticket[:len(ticket)-1] + string("ab"[strings.Count("a", ticket[len(ticket)-1:])])
	for what, req := range map[string]pairing.Request{
		"no name":            {},
		"a reserved name":    {AgentName: "System"},
		"a negative wait":    {AgentName: "Ann", Wait: -1},
		"too long a wait":    {AgentName: "Ann", Wait: core.MaxQueueWait + 1},
		"too many interests": {AgentName: "Ann", Interests: eleven},
		"too long an interest": {AgentName: "Ann",
			Interests: []string{strings.Repeat("é", core.MaxInterest+1)}},
		"an interest with control characters": {AgentName: "Ann", Interests: []string{"a\x07b"}},
		"an interest that is not UTF-8":       {AgentName: "Ann", Interests: []string{"\xff"}},
		"an agent token as interest":          {AgentName: "Ann", Interests: []string{seat.Token}},
		"a queue name with a slash":           {AgentName: "Ann", Queue: "a/b"},
		"a reserved name of a queue":          {AgentName: "Ann", Queue: "Your User"},
		"a mistyped ticket":                   {Ticket: mistyped},
		"a truncated ticket":                  {Ticket: ticket[:10]},
		"a ticket without its queue":          {Ticket: ticket[strings.Index(ticket, "-"):]},
		"an agent token as ticket":            {Ticket: seat.Token},
		"a ticket of another name":            {Ticket: ticket, AgentName: "Bob"},
		"a ticket of another queue":           {Ticket: ticket, Queue: "elsewhere"},
		"leaving without a ticket":            {AgentName: "Ann", Leave: true},
	} {
		if _, err := w.pairing.EnterQueue(t.Context(), req); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := w.comesBack(ticket); got.Position != 1 {
		t.Errorf("one of the refused calls changed something: %+v", got)
	}
}

func TestTicket_typedInCapitalsWithBlanks_isAccepted(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	if got := w.comesBack("  " + strings.ToUpper(ticket) + "\n"); got.Ticket != ticket {
		t.Errorf("got %+v", got)
	}
}

func TestTicket_inAMessage_isRefused(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	bob := w.join("plans", "Bob")
	_, err := w.Send(t.Context(), chat.SendRequest{Token: bob.Token, Text: "my ticket is " + ticket + ", use it"})
	wants(t, err, fault.InvalidArgument)
}

func TestTicket_asAgentToken_isRefused(t *testing.T) {
	w := newWorld(t)
	_, err := w.Wait(t.Context(), chat.WaitRequest{Token: w.ticket("Ann")})
	wants(t, err, fault.TokenInvalid)
	if !strings.Contains(err.Error(), "enter_queue") {
		t.Errorf("the error does not name enter_queue: %q", err)
	}
}

func TestTicket_secret_isNotStored(t *testing.T) {
	w := newWorld(t)
	ticket := w.ticket("Ann")
	check := func(token string) {
		t.Helper()
		for _, partition := range []string{"QUEUE#lobby", "ROOM#" + token[:7]} {
			for _, item := range w.partition(partition) {
				if secret := ticket[len(ticket)-18 : len(ticket)-2]; strings.Contains(fmt.Sprintf("%s %s", item.Key,
					item.Data), secret) {
					t.Errorf("%s holds the secret: %s", item.Key, item.Data)
				}
			}
		}
	}
	check("nothing")
	w.queue(pairing.Request{AgentName: "Bob"})
	ann := w.comesBack(ticket)
	if !strings.Contains(ann.Token, ticket[len(ticket)-18:len(ticket)-2]) {
		t.Fatal("the secret of the seat is not that of the ticket")
	}
	check(ann.Token)
}
