package password

import (
	"context"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

func TestPassword_wrongMissingOrUnwanted_isRefused(t *testing.T) {
	clock := clockwork.NewFakeClock()
	p := New(storeOn(sqlitetest.Open(t, clock), clock), free)
	hash, err := p.Hash(t.Context(), "open sesame")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hash, password string
		code           fault.Code
	}{
		{hash, "open sesame", ""}, {hash, "", fault.WrongPassword}, {hash, "open", fault.WrongPassword},
		{"", "", ""}, {"", "open sesame", fault.WrongPassword}, {"malformed", "open sesame", fault.Internal},
	} {
		h := &room.Head{State: room.State{ID: "room", Settings: room.Settings{Password: c.hash}}}
		if err := p.Check(t.Context(), h, c.password); fault.CodeOf(err) != c.code {
			t.Errorf("%q: %v, want %q", c.password, err, c.code)
		}
	}
	if none, err := p.Hash(t.Context(), ""); none != "" || err != nil {
		t.Errorf("the hash of no password is %q, %v", none, err)
	}
}

func TestPassword_whileTwoAreHashed_aThirdWaitsAndCanBeCanceled(t *testing.T) {
	v := newVault(t)
	p := v.process()
	var leave func()
	for range core.MaxHashes {
		var err error
		leave, err = p.hashing.enter(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 1)
	go func() {
		_, err := p.Hash(ctx, "open sesame")
		got <- err
	}()
	cancel()
	if err := <-got; err != context.Canceled {
		t.Fatalf("got %v", err)
	}
	late, end := context.WithTimeout(t.Context(), 0)
	defer end()
	if _, err := p.Hash(late, "open sesame"); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("who waited too long: %v", err)
	}
	if err := p.Check(late, v.room, "right"); fault.CodeOf(err) != fault.Unavailable {
		t.Errorf("who waited too long for a check: %v", err)
	}
	leave()
	if _, err := p.Hash(t.Context(), "open sesame"); err != nil {
		t.Fatal(err)
	}
}

func TestSplit_colonOfALinkATitleOrATime_givesNoPassword(t *testing.T) {
	for given, want := range map[string]string{"api:v2": "v2", "a:b:c": "b:c", "tea:with milk": "with milk",
		"room:1234": "1234", "room 2:123": "123", "room:12:30": "12:30", "v2:77": "77", "tea:a/b": "a/b",
		"team1:42secret": "42secret", "v2:12-monkeys": "12-monkeys", "v2:12-34": "12-34", "v2:30": "30",
		"12:3": "3", "12:345": "345", "12:30pmx": "30pmx", "29:30": "30", "12:60": "60",
		"123:45": "45", "12:am": "am"} {
		name, got, err := Split(given, "")
		if err != nil || got != want || name+":"+got != given {
			t.Errorf("%q is %q with %q, %v", given, name, got, err)
		}
	}
	for _, given := range []string{"https://parley.example/mcp", "http://127.0.0.1:8080", "localhost:8080/mcp",
		"PR: fix login", "PR:\tfix", "PR:\u00a0fix", "notes:", "12:30", "9:05", "00:00", "23:59", " 12:30 ", "9:30 AM",
		"standup 9:05", "room 12:30", "9:30pm", "14:00-15:00", "12:30:45", "2026-11-28T12:30",
		"2026-11-28T12:30:00Z", "12:30Z", "12:30h",
		`Add the MCP server http://127.0.0.1:8080/mcp and call join_room with room "den".`} {
		if name, got, err := Split(given, ""); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q is %q with %q, %v", given, name, got, err)
		}
	}
}
