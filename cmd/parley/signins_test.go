package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
)

// signInTo stores a sign-in of a program by a key in a file.
func signInTo(t *testing.T, path string, key ident.Key, program string) {
	t.Helper()
	tab, err := sqlite.OpenBeside(path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	s := signin.New(signin.Options{Table: tab, Clock: clockwork.NewRealClock(), Logger: slog.New(slog.DiscardHandler),
		Begin: func(ctx context.Context, _ string) (context.Context, error) { return ctx, nil },
		Key:   func(context.Context, string) (time.Time, bool, error) { return time.Time{}, true, nil }})
	const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	code, err := s.Allow(t.Context(), key.ID, signin.Grant{Client: "c", Name: program}, "r", challenge)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exchange(t.Context(), signin.Exchange{Code: code, Client: "c", Redirect: "r",
		Verifier: verifier}); err != nil {
		t.Fatal(err)
	}
}

func TestSignIns_areListedWithTheirKeysAndEnded(t *testing.T) {
	path := emptyFile(t)
	_, out, _ := command(t, "keys", "add", "Ann", "--data", path)
	key, _ := ident.ParseKey(out)
	signInTo(t, path, key, "Claude")
	signInTo(t, path, key, "Tester\x1b[2J")
	const day = `\d{4}-\d\d-\d\d`
	code, out, _ := command(t, "sign-ins", "--data", path)
	if code != 0 || !regexp.MustCompile(`(?m)^\w{12} +Claude +Ann +`+day+` +`+day+` +`+day+`$`).MatchString(out) ||
		strings.Contains(out, "\x1b") {
		t.Errorf("code %d, %q", code, out)
	}
	if _, out, _ := command(t, "keys", "list", "--data", path); !strings.HasSuffix(out, " 2\n") {
		t.Errorf("the list of keys is %q", out)
	}
	list := func() (ids []string) {
		_, out, _ := command(t, "sign-ins", "list", "--json", "--data", path)
		var got struct {
			SignIns []struct{ ID, Program, Key, Label string } `json:"sign_ins"`
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil {
			t.Fatal(err, out)
		}
		for _, s := range got.SignIns {
			if s.Key != key.ID || s.Label != "Ann" {
				t.Errorf("%+v", s)
			}
			ids = append(ids, s.ID)
		}
		return ids
	}
	ids := list()
	code, out, says := command(t, "sign-ins", "revoke", ids[0], "--log-level", "info", "--data", path)
	if code != 0 || !strings.Contains(out+says, "Ended the sign-in of ") ||
		!strings.Contains(says, "action=sign_in_ended") || !strings.Contains(says, "reason=by_operator") {
		t.Errorf("code %d, %q, %q", code, out, says)
	}
	if left := list(); len(left) != 1 || left[0] != ids[1] {
		t.Errorf("left are %q of %q", left, ids)
	}
	if _, out, says := command(t, "keys", "revoke", "Ann", "--data", path); !strings.Contains(out+says,
		"and the programs that signed in with it. ") {
		t.Errorf("the key is revoked with %q, %q", out, says)
	}
	_, out, _ = command(t, "sign-ins", "--data", path)
	if !strings.HasSuffix(out, "  ended with its key or account\n") {
		t.Errorf("without the key the list is %q", out)
	}
	command(t, "sign-ins", "revoke", ids[1], "--data", path)
	if _, out, _ := command(t, "sign-ins", "--data", path); out != "No program is signed in.\n" {
		t.Errorf("after all have ended the list is %q", out)
	}
}
