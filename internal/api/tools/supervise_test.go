package tools_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/tabletest"
)

// claimOf returns the claim of the link in the result of a join.
func claimOf(seat reply) string {
	_, claim, _ := strings.Cut(seat.Watch, "#")
	return claim
}

// userOf returns the token that a program of the agent's user would make, always the same.
func userOf(seat reply) string { return deviceOf(seat, "7") }

// deviceOf returns the token that a device of the agent's user would make. Each digit is another device.
func deviceOf(seat reply, digit string) string {
	claim, _ := ident.ParseLinkCode(claimOf(seat))
	return ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: strings.Repeat(digit, ident.SecretChars),
		Person: true}.String()
}

func TestSupervise_bothGenerations_callItUnlisted(t *testing.T) {
	w := newWorld(t)
	for _, generation := range []string{legacy, modern} {
		p := w.connect(generation)
		ann := p.call("create_room", args{"agent_name": "Ann"})
		user := userOf(ann)
		got := p.call("supervise", args{"agent_token": user, "claim": claimOf(ann), "paused": "true"})
		if want := []string{"paused", "approve", "drafts", "next"}; strings.Join(keysOf(t, got.text),
			" ") != strings.Join(want, " ") || !strings.Contains(got.text, `"paused":true`) {
			t.Errorf("%s: %s", generation, got.text)
		}
		if r := p.call("send_message", args{"agent_token": ann.Token, "text": "hello"}); r.Sent ||
			r.Status != "paused" {
			t.Errorf("%s: the pause had no effect: %s", generation, r.text)
		}
	}
}

// A refusal names no secret, changes nothing, and says what to do.
func TestSupervise_refused_namesNoSecret(t *testing.T) {
	w := newWorld(t)
	p := w.connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	bob := p.call("create_room", args{"agent_name": "Bob"})
	user, claim := userOf(ann), claimOf(ann)
	for what, c := range map[string]struct {
		args args
		code string
	}{
		"no token":              {args{"claim": claim}, "invalid_argument"},
		"an unknown argument":   {args{"agent_token": user, "claim": claim, "secret": "x"}, "invalid_argument"},
		"an agent's token":      {args{"agent_token": ann.Token, "claim": claim}, "not_allowed"},
		"another seat's claim":  {args{"agent_token": user, "claim": claimOf(bob)}, "invalid_argument"},
		"a mistyped claim":      {args{"agent_token": user, "claim": claim[1:]}, "token_invalid"},
		"the link as a whole":   {args{"agent_token": user, "claim": ann.Watch}, "token_invalid"},
		"a token of no device":  {args{"agent_token": user, "paused": true}, "token_invalid"},
		"a decision about none": {args{"agent_token": user, "claim": claim, "decision": "send"}, "invalid_argument"},
		"a decision that is no": {args{"agent_token": user, "claim": claim, "draft": "m000000", "decision": "maybe"},
			"invalid_argument"},
		"a webhook and a pause": {args{"agent_token": user, "add_hook": "https://example.com/", "paused": true},
			"invalid_argument"},
		"a webhook, where nobody is called": {args{"agent_token": user, "add_hook": "https://example.com/"},
			"not_allowed"},
		"an agent and a webhook": {args{"agent_token": user, "add_hook": "https://example.com/",
			"add_agent": "https://example.com/"}, "invalid_argument"},
		"an agent, where nobody is called": {args{"agent_token": user, "add_agent": "https://example.com/"},
			"not_allowed"},
		"the name of none": {args{"agent_token": user, "agent_name": "Bot"}, "invalid_argument"},
		"some that are none": {args{"agent_token": user, "claim": claim, "approve_some": "private, secrets"},
			"invalid_argument"},
		"some, and all": {args{"agent_token": user, "claim": claim, "approve": true, "approve_some": "files"},
			"invalid_argument"},
		"none, and none": {args{"agent_token": user, "claim": claim, "approve": false, "approve_some": []string{}},
			"invalid_argument"},
		"some, and a webhook": {args{"agent_token": user, "add_hook": "https://example.com/", "approve_some": "files"},
			"invalid_argument"},
		"some, and a link": {args{"agent_token": user, "claim": claim, "approve_some": []string{}, "new_link": true},
			"invalid_argument"},
		"two things at once": {args{"agent_token": user, "claim": claim, "new_link": true, "paused": true},
			"invalid_argument"},
	} {
		r := p.try("supervise", c.args)
		if r.Code != c.code {
			t.Errorf("%s: %s, want %s", what, r.text, c.code)
		}
		for _, secret := range []string{user, claim, ann.Token} {
			if strings.Contains(r.text, secret) {
				t.Errorf("%s: a secret is repeated: %s", what, r.text)
			}
		}
	}
	if r := p.call("supervise", args{"agent_token": user, "claim": claim}); !strings.Contains(r.text,
		`"paused":false`) {
		t.Errorf("the link was spent by a refusal, or more: %s", r.text)
	}
	if log := w.log.String(); strings.Contains(log, claim) || strings.Contains(log, user) {
		t.Error("a secret is in the log")
	}
}

// The agent learns from its send that this message waits, and not which other messages would.
func TestSupervise_approveSome_isWhatTheAnswerShows(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	p.call("join_room", args{"room": ann.Room.Name, "agent_name": "Bob"})
	user := userOf(ann)
	p.call("supervise", args{"agent_token": user, "claim": claimOf(ann)})
	for i, c := range []struct {
		given          args
		shows, private string // of this answer, and of a private message of the agent: "" if it is sent
	}{
		{args{"approve_some": []string{"files", "private"}}, `"approve":false,"approve_some":["private","files"]`,
			"pending"},
		{args{}, `"approve":false,"approve_some":["private","files"]`, "pending"},
		{args{"paused": true}, `"paused":true,"approve":false,"approve_some":["private","files"]`, "paused"},
		{args{"paused": false, "approve_some": "Agreements"}, `"approve":false,"approve_some":["agreements"]`, ""},
		{args{"approve": true}, `"paused":false,"approve":true,"untrusted"`, "pending"},
		{args{"approve_some": []string{"private", "files", "agreements"}},
			`"approve":false,"approve_some":["private","files","agreements"]`, "pending"},
		{args{"approve_some": []string{}}, `"approve":false,"untrusted"`, ""},
		{args{"approve_some": []string{"private"}}, `"approve":false,"approve_some":["private"]`, "pending"},
		{args{"approve": false}, `"approve":false,"untrusted"`, ""},
	} {
		c.given["agent_token"] = user
		if r := p.call("supervise", c.given); !strings.Contains(r.text, c.shows) {
			t.Errorf("%v: %s", c.given, r.text)
		}
		r := p.call("send_message", args{"agent_token": ann.Token, "text": fmt.Sprintf("psst %d", i), "to": "Bob"})
		if c.private != "" && r.Status != c.private || r.Sent != (c.private == "") {
			t.Errorf("%v: %s", c.given, r.text)
		}
		info := p.call("room_info", args{"agent_token": ann.Token})
		for _, word := range []string{"approv", "agreements", "private", "files"} {
			if strings.Contains(r.text, word) || strings.Contains(info.text, word) {
				t.Errorf("%v: the agent reads %q in %s or %s", c.given, word, r.text, info.text)
			}
		}
	}
}

// next says that a decision whose reply was lost can be repeated.
func TestSupervise_replyOfADecisionLost_isRepeatedSafely(t *testing.T) {
	var lose atomic.Bool
	tab := &tabletest.Hooks{Table: newOutage(t).Table, After: func(_ context.Context, c *tabletest.Call) {
		if c.Method == tabletest.Write && c.Err == nil && lose.CompareAndSwap(true, false) {
			c.Err = fmt.Errorf("%w: the reply was lost", table.ErrUnavailable)
		}
	}}
	p := serve(t, tab, chat.Options{}).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	user := userOf(ann)
	p.call("supervise", args{"agent_token": user, "claim": claimOf(ann)})
	p.call("supervise", args{"agent_token": user, "approve": true})
	draft := p.call("send_message", args{"agent_token": ann.Token, "text": "The price is 900."})
	lose.Store(true)
	r := p.try("supervise", args{"agent_token": user, "draft": draft.ID, "decision": "send"})
	if r.Code != "unavailable" || !strings.Contains(r.Next, "Repeating the call is safe") {
		t.Fatal(r.text)
	}
	if r := p.call("supervise", args{"agent_token": user}); len(r.Drafts) != 0 {
		t.Errorf("the draft waits still: %s", r.text)
	}
	if r := p.call("supervise", args{"agent_token": user, "draft": draft.ID,
		"decision": "send"}); !strings.Contains(r.text, `"duplicate":true`) {
		t.Errorf("the same decision again: %s", r.text)
	}
	if r := p.try("supervise", args{"agent_token": user, "draft": draft.ID,
		"decision": "refuse"}); r.Code != "invalid_argument" {
		t.Errorf("it is decided twice: %s", r.text)
	}
	said := 0
	for _, m := range p.call("message_history", args{"agent_token": ann.Token}).Messages {
		if m.Type == "message" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("it was said %d times", said)
	}
}

// Only the result of a call that asked for a link has the link for a further device.
func TestSupervise_afterANewLink_nextIsAboutDrafts(t *testing.T) {
	p := newWorld(t).connect(modern)
	ann := p.call("create_room", args{"agent_name": "Ann"})
	user := userOf(ann)
	p.call("supervise", args{"agent_token": user, "claim": claimOf(ann)})
	p.call("supervise", args{"agent_token": user, "approve": true})
	p.call("send_message", args{"agent_token": ann.Token, "text": "The price is 900."})
	if r := p.call("supervise", args{"agent_token": user, "new_link": true}); r.Watch == "" ||
		!strings.Contains(r.Next, "Open watch") {
		t.Fatal(r.text)
	}
	if r := p.call("supervise", args{"agent_token": user}); r.Watch != "" ||
		!strings.Contains(r.Next, "Decide about each of drafts") {
		t.Error(r.text)
	}
}
