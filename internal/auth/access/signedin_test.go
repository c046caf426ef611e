package access_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

const (
	client    = "https://claude.example/client.json"
	redirect  = "https://claude.example/callback"
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636, appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// signIns are the sign-ins of a world for an address, as another process has them.
func (w *world) signIns(at string) *signin.SignIns {
	return signin.New(signin.Options{Table: w.table, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
		Resource: at, Key: w.process().KeyEnds,
		Begin: func(ctx context.Context, _ string) (context.Context, error) { return ctx, nil }})
}

// signIn lets the holder of a key sign in at a server with an address.
func (w *world) signIn(key ident.Key, at string) signin.Pair {
	w.t.Helper()
	return w.signInBy(w.signIns(at), key.ID, at)
}

// signInBy lets the holder of a key or an account sign in.
func (w *world) signInBy(all *signin.SignIns, id, at string) signin.Pair {
	w.t.Helper()
	grant := signin.Grant{Client: client, Resource: at}
	code, err := all.Allow(w.t.Context(), id, grant, redirect, challenge)
	if err != nil {
		w.t.Fatal(err)
	}
	pair, err := all.Exchange(w.t.Context(), signin.Exchange{Code: code, Client: client, Redirect: redirect,
		Verifier: verifier})
	if err != nil {
		w.t.Fatal(err)
	}
	return pair
}

func (w *world) refresh(pair signin.Pair) signin.Pair {
	w.t.Helper()
	r := signin.Refresh{Token: pair.Refresh.String(), Client: client}
	pair, err := w.signIns(resource).Refresh(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return pair
}

// bears fails the test unless a token is admitted as the holder of a key, or is refused with a code.
func (p *process) bears(token ident.SignInSecret, owner string, code fault.Code) {
	p.t.Helper()
	asker, err := p.Bearer(p.t.Context(), token.String(), "192.0.2.1")
	want := ident.Principal{ID: "key:" + token.Key, Owner: owner, SignIn: token.ID}
	if fault.CodeOf(err) != code || code == "" && asker != want {
		p.t.Errorf("%+v, %v; want %+v, %q", asker, err, want, code)
	}
}

// A program gets another token for an expired token, and has to ask its person once the sign-in has ended.
func TestSignIn_tokenThatHasExpired_isToldFromASignInThatHasEnded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 0)
		first := w.signIn(key, resource)
		second := w.refresh(first)
		reason := func(token ident.SignInSecret) string {
			t.Helper()
			_, err := w.process().Bearer(t.Context(), token.String(), "192.0.2.1")
			var refused *fault.Error
			if !errors.As(err, &refused) || refused.Code != fault.KeyInvalid {
				t.Fatalf("%v, want it refused", err)
			}
			return refused.Reason
		}
		w.pass(7 * 24 * time.Hour)
		if got := reason(second.Access); got != fault.ReasonExpired {
			t.Errorf("after seven days: %q", got)
		}
		if got := reason(first.Access); got != "" {
			t.Errorf("an earlier token: %q", got)
		}
		w.revoke("Ann")
		if got := reason(second.Access); got != "" {
			t.Errorf("after its key was revoked: %q", got)
		}
	})
}

// The holder may have no key: where people sign in with an account, nobody has a key.
func TestToken_ofAnAgentWhoseSignInHasEnded_isToldToConnectAgain(t *testing.T) {
	for name, end := range map[string]func(w *world, pair signin.Pair){
		"the sign-in is revoked": func(w *world, pair signin.Pair) {
			if err := w.signIns(resource).Revoke(w.t.Context(), pair.Refresh.String()); err != nil {
				w.t.Fatal(err)
			}
		},
		"its key is revoked": func(w *world, _ signin.Pair) { w.revoke("Ann") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			key := w.add("Ann", 0)
			pair, p := w.signIn(key, resource), w.process()
			token := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}
			p.set(func() {
				p.seats[token.String()] = room.Agent{Principal: "key:" + key.ID, SignIn: pair.Access.ID}
			})
			if _, err := p.Bearer(t.Context(), token.String(), "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			end(w, pair)
			w.pass(time.Minute)
			_, err := p.Bearer(t.Context(), token.String(), "192.0.2.1")
			if fault.CodeOf(err) != fault.KeyInvalid || !strings.Contains(err.Error(), "Press Connect again") ||
				strings.Contains(err.Error(), "needs a key") {
				t.Errorf("it hears %v", err)
			}
		})
	}
}

func TestSignIn_costsAReadBesideThatOfItsKey(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		key := w.add("Ann", 0)
		pair := w.signIn(key, resource)
		p := w.process()
		p.wantCost("the first use of a key and a day", 3, 1, func() { p.bears(pair.Access, "Ann", "") })
		p.wantCost("uses soon after", 0, 0, func() {
			for range 100 {
				p.bears(pair.Access, "Ann", "")
			}
		})
		w.pass(30 * time.Second)
		p.wantCost("a use 30 s later", 2, 0, func() { p.bears(pair.Access, "Ann", "") })
	})
}

func TestSignIn_tokenThatAnotherProcessRenewed_isAdmittedAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := w.process()
		first := w.signIn(w.add("Ann", 0), resource)
		p.bears(first.Access, "Ann", "")
		second := w.refresh(first)
		p.bears(second.Access, "Ann", "")
		p.bears(first.Access, "Ann", "")
		w.pass(2 * time.Minute)
		p.bears(first.Access, "", fault.KeyInvalid)
		p.bears(second.Access, "Ann", "")
		w.pass(7 * 24 * time.Hour)
		p.bears(second.Access, "", fault.KeyInvalid)
	})
}

func TestSignIn_tokenThatIsWrong_isRefusedAndLookedUpOnceAMinute(t *testing.T) {
	w := newWorld(t)
	key := w.add("Ann", 0)
	pair, elsewhere := w.signIn(key, resource), w.signIn(key, "https://other.example/mcp")
	p := w.process()
	p.bears(pair.Access, "Ann", "")
	p.bears(pair.Refresh, "", fault.KeyInvalid)
	w.pass(10 * time.Second)
	for what, token := range map[string]ident.SignInSecret{
		"a guess":                 ident.NewSignInSecret(ident.AccessToken, key.ID, pair.Access.ID),
		"that of another key":     ident.NewSignInSecret(ident.AccessToken, ident.NewKey().ID, pair.Access.ID),
		"that of no sign-in":      ident.NewSignInSecret(ident.AccessToken, key.ID, ident.NewSignInID()),
		"that of another address": elsewhere.Access,
	} {
		p.wantCost(what, 1, 0, func() {
			for range 50 {
				p.bears(token, "", fault.KeyInvalid)
			}
		})
	}
	p.bears(pair.Access, "Ann", "")
	off := access.New(access.Options{Table: w.table, Clock: w.clock, Logger: slog.New(slog.DiscardHandler)})
	if _, err := off.Bearer(t.Context(), pair.Access.String(), "192.0.2.1"); fault.CodeOf(err) != fault.KeyInvalid {
		t.Errorf("where nobody signs in: %v", err)
	}
}

func TestSignIn_thatIsGone_endsItsTokensSeatsAndWaitsWithinAMinute(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for name, end := range map[string]func(key ident.Key, of signin.Pair){
			"revoked key": func(key ident.Key, _ signin.Pair) { w.revoke(key.ID) },
			"ended": func(key ident.Key, of signin.Pair) {
				if err := w.signIns(resource).End(t.Context(), key.ID, of.Access.ID); err != nil {
					t.Fatal(err)
				}
			},
		} {
			key := w.add(name, 0)
			pair, p := w.signIn(key, resource), w.process()
			seat := ident.Token{Room: ident.NewRoomID(), Seat: 1, Secret: ident.NewSecret()}
			p.seats[seat.String()] = room.Agent{Principal: "key:" + key.ID, SignIn: pair.Access.ID}
			asker, err := p.Bearer(t.Context(), pair.Access.String(), "192.0.2.1")
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{pair.Access.String(), seat.String()} {
				if got, err := p.Bearer(t.Context(), text, "192.0.2.1"); err != nil || got.SignIn != pair.Access.ID {
					t.Errorf("%s: %+v, %v", name, got, err)
				}
			}
			wait, stop := p.Watch(t.Context(), asker)
			end(key, pair)
			if took := w.until(wait, 2*time.Minute); took > time.Minute {
				t.Errorf("%s: the wait ended after %v", name, took)
			}
			stop()
			want := map[string]error{"revoked key": access.ErrRevoked, "ended": access.ErrSignedOut}[name]
			if !errors.Is(context.Cause(wait), want) {
				t.Errorf("%s: the wait ended for %v", name, context.Cause(wait))
			}
			w.pass(30 * time.Second)
			p.bears(pair.Access, "", fault.KeyInvalid)
			if _, err := p.Bearer(t.Context(), seat.String(), "192.0.2.1"); fault.CodeOf(err) != fault.KeyInvalid {
				t.Errorf("%s: its seat: %v", name, err)
			}
			if ok, err := p.Admits(t.Context(), asker.ID, asker.SignIn); ok || err != nil {
				t.Errorf("%s: its subscriptions go on: %v, %v", name, ok, err)
			}
			if name == "ended" {
				p.admits(key, name) // another way in
			}
		}
	})
}

func TestSignIn_tableThatDoesNotAnswer_signsNobodyOut(t *testing.T) {
	w := newWorld(t)
	p := w.process()
	known, unknown := w.signIn(w.add("Ann", 0), resource), w.signIn(w.add("Bob", 0), resource)
	p.bears(known.Access, "Ann", "")
	p.set(func() { p.down = true })
	p.bears(known.Access, "Ann", "")
	p.bears(unknown.Access, "", fault.Unavailable)
	w.pass(30 * time.Second)
	p.bears(known.Access, "", fault.Unavailable)
	p.set(func() { p.down = false })
	p.bears(known.Access, "Ann", "")
	p.bears(unknown.Access, "Bob", "")
}
