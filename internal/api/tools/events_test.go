package tools

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

func TestEvents_areThereWhereSomebodyCanBeCalled(t *testing.T) {
	for what, c := range map[string]struct {
		box  *outbox.Dispatcher
		want bool
	}{
		"no box":            {nil, false},
		"no public address": {outbox.New(outbox.Options{}), false},
		"a public address":  {outbox.New(outbox.Options{Public: "https://parley.example"}), true},
		"a local server":    {outbox.New(outbox.Options{Local: true}), true},
	} {
		if got := New(nil, nil, Options{Outbox: c.box}).Events() != nil; got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestEvents_wrongArgument_isCorrectedAsThatOfASubscription(t *testing.T) {
	rooms := chat.New(sqlitetest.Open(t, nil), chat.Options{})
	t.Cleanup(rooms.Stop)
	events := New(rooms, nil, Options{Outbox: outbox.New(outbox.Options{Rooms: rooms, Local: true})}).Events()
	asked := mcp.Subscribe{Name: outbox.EventName, Arguments: json.RawMessage(`{"agent_token":"t","room":"tea"}`)}
	_, subscribed := events.Subscribe(t.Context(), asked)
	for _, err := range []error{subscribed, events.Unsubscribe(t.Context(), asked)} {
		var refused *mcp.EventError
		if !errors.As(err, &refused) || refused.Kind != mcp.InvalidParams || refused.Message !=
			"The arguments of room.message are wrong: room is not an argument. It takes agent_token (required), "+
				"for_me. Send the request again with these. Nothing was changed." {
			t.Errorf("%v", err)
		}
	}
}

func TestSeated_chatGPT_learnsOfSubscriptionsIfItMayHaveOne(t *testing.T) {
	client := mcp.WithClient(context.Background(), mcp.Client{Agent: "openai-mcp/1.0.0"})
	seat := seatedWith(0, nil)
	for what, c := range map[string]struct {
		calls bool
		asker ident.Principal
		want  bool
	}{
		"with a key":                            {true, ident.Principal{ID: ident.KeyPrincipal("k")}, true},
		"with a key, where nobody is called":    {false, ident.Principal{ID: ident.KeyPrincipal("k")}, false},
		"by an invite":                          {true, ident.Principal{Room: "r", Invite: 1}, false},
		"on the machine of the server":          {true, ident.Principal{ID: ident.Local}, false},
		"that cannot be told from other agents": {true, ident.Principal{}, false},
	} {
		told := usual().clients
		told.calls = c.calls
		next := told.advisor(ident.WithPrincipal(client, c.asker)).seated(seat)
		if strings.Contains(next, beCalled) != c.want {
			t.Errorf("%s: %s", what, next)
		}
	}
}
