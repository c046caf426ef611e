package transfer_test

import (
	"log/slog"
	"maps"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/server/transfer"
)

// keys are the keys of a site.
func (s site) keys() *access.Keys {
	return access.NewKeys(s.table, clockwork.NewRealClock(), slog.New(slog.DiscardHandler))
}

// use has a server at a site admit a key, and record the use.
func (s site) use(t *testing.T, key ident.Key) {
	t.Helper()
	gate := access.New(access.Options{Table: s.table, Clock: clockwork.NewRealClock(),
		Logger: slog.New(slog.DiscardHandler)})
	if _, err := gate.Key(t.Context(), key.String()); err != nil {
		t.Fatal(err)
	}
}

// revokedAccount has a server at a site admit a person by an account, and then revokes the account.
func (s site) revokedAccount(t *testing.T) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	gate := access.New(access.Options{Table: s.table, Clock: clockwork.NewRealClock(), Logger: log,
		Account: func(account.Person) bool { return true }})
	id, err := gate.Confirm(t.Context(), account.Person{Issuer: "https://id.example", Subject: "1"})
	if err == nil {
		_, err = access.NewAccounts(s.table, clockwork.NewRealClock(), log).Revoke(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Keys and accounts are copied with expiry and last use, also from more than one source.
func TestCopy_keys_areThereAtTheDestination(t *testing.T) {
	for name, route := range routes() {
		t.Run(name, func(t *testing.T) {
			at := route[0](t)
			var ann ident.Key
			for label, lifetime := range map[string]time.Duration{"Ann": 0, "Bob": 48 * time.Hour} {
				key, err := at.keys().Add(t.Context(), label, lifetime)
				if err != nil {
					t.Fatal(err)
				}
				at.use(t, key)
				if label == "Ann" {
					ann = key
				}
			}
			at.revokedAccount(t)
			want := at.partition(access.Partition)
			accounts, barred := at.partition(access.AccountsPartition), at.partition(access.BarredPartition)
			for _, next := range route[1:] {
				to := next(t)
				own, err := to.keys().Add(t.Context(), "own", 0)
				if err != nil {
					t.Fatal(err)
				}
				if got := to.copyFrom(at.table); got.Keys != 2 || got.Items != 0 {
					t.Errorf("%+v, want 2 keys", got)
				}
				to.use(t, ann) // although the destination has a secret of its own
				if got := to.copyFrom(at.table); got.Keys != 0 {
					t.Errorf("once more: %+v", got)
				}
				if _, err := to.keys().Revoke(t.Context(), own.ID); err != nil {
					t.Error(err)
				}
				at = to
			}
			got := at.partition(access.Partition)
			for k, item := range want {
				if got[k] != item {
					t.Errorf("%s is %s, want %s", k, got[k], item)
				}
			}
			if len(got) != len(want) {
				t.Errorf("there are %d keys, want %d", len(got), len(want))
			}
			if got := at.partition(access.AccountsPartition); len(got) != 1 || !maps.Equal(got, accounts) {
				t.Errorf("the accounts are %v, want %v", got, accounts)
			}
			if got := at.partition(access.BarredPartition); len(got) != 1 || !maps.Equal(got, barred) {
				t.Errorf("those that were revoked are %v, want %v", got, barred)
			}
			list, err := at.keys().List(t.Context())
			for _, e := range list {
				if e.Used == "" {
					t.Errorf("%s has lost its last use", e.Label)
				}
			}
			if len(list) != len(want) || err != nil {
				t.Errorf("the list is %+v, %v", list, err)
			}
		})
	}
}

func TestCopy_oneRoom_copiesNoKey(t *testing.T) {
	from, to := inFile(t), inFile(t)
	if _, err := from.keys().Add(t.Context(), "Ann", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := from.JoinRoom(t.Context(), chat.JoinRequest{Room: "tea", AgentName: "Ann"}); err != nil {
		t.Fatal(err)
	}
	summary, err := transfer.Copy(t.Context(), from.table, to.table, none, "tea")
	if some, _ := to.keys().Any(t.Context()); some || err != nil || summary.Copied != 1 || summary.Keys != 0 {
		t.Errorf("%+v, %v; there are keys: %v", summary, err, some)
	}
}
