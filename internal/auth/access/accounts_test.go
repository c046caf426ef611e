package access_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/auth/signin"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

const issuer = "https://id.example"

var annAtAcme = account.Person{Issuer: issuer, Subject: "1", Label: "ann@acme.example", Domain: "acme.example",
	Address: "ann@acme.example"}

// company is a process that lets people with accounts in.
func (w *world) company(allow ...string) *process {
	w.t.Helper()
	p := w.process()
	rules, err := account.ParseRules(issuer, allow)
	if err != nil {
		w.t.Fatal(err)
	}
	p.rules = rules
	return p
}

// confirms has a process confirm a person, and returns the tokens of a sign-in of the person.
func (w *world) confirms(p *process, who account.Person) signin.Pair {
	w.t.Helper()
	id, err := p.Confirm(w.t.Context(), who)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.signInBy(p.signIns(w), id, resource)
}

// signIns are the sign-ins of the process.
func (p *process) signIns(w *world) *signin.SignIns {
	return signin.New(signin.Options{Table: w.table, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
		Resource: resource, Key: p.KeyEnds,
		Begin: func(ctx context.Context, _ string) (context.Context, error) { return ctx, nil }})
}

func (w *world) accounts() *access.Accounts {
	return access.NewAccounts(w.table, w.clock, slog.New(slog.NewTextHandler(w.log, nil)))
}

func TestAccount_isGoodFor30DaysAfterTheProviderConfirmedIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := w.company("acme.example")
		first := w.confirms(p, annAtAcme)
		p.bears(first.Access, annAtAcme.Label, "")
		w.pass(20 * 24 * time.Hour)
		again, err := p.Confirm(t.Context(), annAtAcme)
		if err != nil || again != annAtAcme.ID() {
			t.Fatal(again, err)
		}
		second := w.signInBy(p.signIns(w), again, resource)
		w.pass(4 * 24 * time.Hour)
		w.pass(2 * 24 * time.Hour)
		next, err := p.signIns(w).Refresh(t.Context(), signin.Refresh{Token: second.Refresh.String(), Client: client})
		if err != nil {
			t.Fatal(err)
		}
		w.pass(6 * 24 * time.Hour) // 32 days after the first time, 12 after the second
		p.bears(next.Access, annAtAcme.Label, "")
		w.pass(18*24*time.Hour + time.Second)
		p.bears(next.Access, "", fault.KeyInvalid)
		_, err = p.signIns(w).Refresh(t.Context(), signin.Refresh{Token: next.Refresh.String(), Client: client})
		if !errors.Is(err, signin.ErrGrant) {
			t.Errorf("a refresh after 30 days: %v", err)
		}
	})
}

// The process still remembers the account with its earlier end, since another program of the person is busy.
func TestAccount_confirmedAgainWhileInUse_isGoodFor30DaysFromThen(t *testing.T) {
	w := newWorld(t)
	p := w.company("acme.example")
	first := w.confirms(p, annAtAcme)
	w.pass(6 * 24 * time.Hour)
	p.bears(first.Access, annAtAcme.Label, "")
	second := w.confirms(p, annAtAcme)
	w.pass(25 * 24 * time.Hour) // 31 days after the first time
	_, err := p.signIns(w).Refresh(t.Context(), signin.Refresh{Token: second.Refresh.String(), Client: client})
	if err != nil {
		t.Errorf("a refresh: %v", err)
	}
}

func TestAccount_revoked_isOutEverywhereWithinAMinuteUntilItIsRestored(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p, other := w.company("acme.example"), w.company("acme.example")
		pair := w.confirms(p, annAtAcme)
		for _, one := range []*process{p, other} {
			one.bears(pair.Access, annAtAcme.Label, "")
		}
		if _, err := w.accounts().Revoke(t.Context(), "Ann@acme.example"); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		for _, one := range []*process{p, other} {
			one.bears(pair.Access, "", fault.KeyInvalid)
		}
		if _, err := p.Confirm(t.Context(), annAtAcme); !errors.Is(err, account.ErrBarred) {
			t.Errorf("signing in: %v", err)
		}
		w.pass(60 * 24 * time.Hour) // nothing else of the account is left
		list, err := access.ListAccounts(t.Context(), w.table)
		if err != nil || len(list) != 1 || list[0].Label != annAtAcme.Label || list[0].Barred.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err := w.accounts().Restore(t.Context(), annAtAcme.ID()); err != nil {
			t.Fatal(err)
		}
		p.bears(w.confirms(p, annAtAcme).Access, annAtAcme.Label, "")
	})
}

// A person who is no longer allowed is out within 30 seconds of the start of a server with the new rules.
func TestAccount_thatNoRuleAllows_isOut(t *testing.T) {
	w := newWorld(t)
	p := w.company("acme.example")
	eve := annAtAcme
	eve.Subject, eve.Domain = "2", "evil.example"
	if _, err := p.Confirm(t.Context(), eve); !errors.Is(err, account.ErrNotAllowed) {
		t.Errorf("%v", err)
	}
	pair := w.confirms(p, annAtAcme)
	w.company("other.example").bears(pair.Access, "", fault.KeyInvalid)
	w.company("bob@acme.example", "ann@acme.example").bears(pair.Access, annAtAcme.Label, "")
	w.process().bears(pair.Access, "", fault.KeyInvalid)
	_, err := w.company("other.example").signIns(w).Refresh(t.Context(),
		signin.Refresh{Token: pair.Refresh.String(), Client: client})
	if !errors.Is(err, signin.ErrGrant) {
		t.Errorf("a refresh: %v", err)
	}
}

// An account is no key, and a table that is down makes no account invalid.
func TestAccount_isAnotherPersonThanAKey(t *testing.T) {
	w := newWorld(t)
	p := w.company("acme.example")
	pair := w.confirms(p, annAtAcme)
	if !ident.IsAccount(pair.Access.Key) || pair.Access.Key != annAtAcme.ID() {
		t.Fatalf("%+v", pair.Access)
	}
	key := ident.NewKey()
	key.ID = annAtAcme.ID()[:len(key.ID)]
	p.refuses(key.String(), fault.KeyInvalid)
	p.bears(pair.Access, annAtAcme.Label, "")
	p.set(func() { p.down = true })
	w.pass(31 * time.Second)
	p.bears(pair.Access, "", fault.Unavailable)
	p.set(func() { p.down = false })
	p.bears(pair.Access, annAtAcme.Label, "")
}

// A call that waits ends within a minute.
func TestAccount_revoked_endsItsWaits(t *testing.T) {
	w := newWorld(t)
	p := w.company("acme.example")
	pair := w.confirms(p, annAtAcme)
	asker, err := p.Bearer(t.Context(), pair.Access.String(), "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := p.Watch(t.Context(), asker)
	defer stop()
	if _, err := w.accounts().Revoke(t.Context(), annAtAcme.Label); err != nil {
		t.Fatal(err)
	}
	if took := w.until(ctx, 2*time.Minute); took > time.Minute || !errors.Is(context.Cause(ctx), access.ErrSignedOut) {
		t.Errorf("the wait ended after %v for %v", took, context.Cause(ctx))
	}
}
