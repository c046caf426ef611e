package outbox_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
)

// The owner of the address may be somebody else than who adds it.
func TestAddAgent_again_keepsThePause(t *testing.T) {
	e := newEndpoint(newWorld(t))
	e.of.fails(http.StatusServiceUnavailable)
	e.asks("one")
	for _, want := range []time.Duration{time.Minute, 5 * time.Minute} {
		_, again := e.deliver()
		e.of.fails(0)
		e.add()
		e.of.fails(http.StatusServiceUnavailable)
		if calls, same := e.deliver(); again != want || calls != 0 || same != again {
			t.Errorf("added again in a pause of %v it is called %d times, and again in %v", again, calls, same)
		}
		e.pass(again)
	}
}

// A card that names another host would have that called, which was never asked.
func TestAddAgent_cardThatNamesAnotherHost_callsNobody(t *testing.T) {
	e, other := newEndpoint(newWorld(t)), newReceiver(t)
	card := httptest.NewServer(a2asrv.NewStaticAgentCardHandler(&a2a.AgentCard{Name: "Mole",
		SupportedInterfaces: []*a2a.AgentInterface{a2a.NewAgentInterface(other.url, a2a.TransportProtocolJSONRPC)}}))
	t.Cleanup(card.Close)
	_, err := e.dispatcher.AddAgent(e.ctx(), e.person, card.URL, "")
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != fault.InvalidArgument || refused.Reason != fault.ReasonElsewhere ||
		!strings.Contains(err.Error(), "give the address at which the agent takes calls") {
		t.Errorf("%v", err)
	}
	e.say(chat.SendRequest{Token: e.ann.Token, Text: "@Mole are you there?"})
	e.deliver()
	if len(other.calls()) > 0 {
		t.Errorf("the other host was called with %+v", other.calls())
	}
}

func TestAddAgent_refused_changesNothing(t *testing.T) {
	w := newWorld(t)
	e := newEndpoint(w)
	stranger := ident.WithPrincipal(t.Context(), ident.Principal{})
	for what, c := range map[string]struct {
		ctx               context.Context
		token, card, name string
		code              fault.Code
	}{
		"an agent's token":     {w.ctx(), e.ann.Token, e.of.url, "Bee", fault.NotAllowed},
		"no card":              {w.ctx(), e.person, e.of.url + "/rpc", "Bee", fault.InvalidArgument},
		"no address":           {w.ctx(), e.person, "tea", "Bee", fault.InvalidArgument},
		"no name":              {w.ctx(), e.person, e.of.url, "@", fault.InvalidArgument},
		"a name that is taken": {w.ctx(), e.person, e.of.url, "Ann", fault.NameTaken},
		"a caller from afar":   {stranger, e.person, e.of.url, "Bee", fault.NotAllowed},
	} {
		_, err := w.dispatcher.AddAgent(c.ctx, c.token, c.card, c.name)
		if fault.CodeOf(err) != c.code || !strings.Contains(err.Error(), "Nothing was changed") && what != "no name" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if got := w.items(e.room); len(got) != 2 {
		t.Errorf("stored are %q", got)
	}
}
