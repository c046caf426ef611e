package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/observe/audit"
	"github.com/parley-chat/parley/internal/store/table"
)

// AccountsPartition holds the item of each account under its id. BarredPartition holds an item of each account that the
// operator has revoked. A server that strangers reach need not be able to write BarredPartition: see template.yaml.
const (
	AccountsPartition = "ACCOUNTS"
	BarredPartition   = "BARRED"
)

// accountLife is how long an account is valid after the provider has confirmed its person.
const accountLife = 30 * 24 * time.Hour

// accountItem is the data of an account's item.
type accountItem struct {
	V int `json:"v"`
	account.Person
	MadeMs      int64 `json:"made"`
	ConfirmedMs int64 `json:"confirmed"`
}

// barred is the data of the item of an account that was revoked.
type barred struct {
	V     int    `json:"v"`
	Label string `json:"label"`
	AtMs  int64  `json:"at"`
}

// Account is what is stored of an account. A barred account may have ended, too: then only ID, Label and Barred are
// set.
type Account struct {
	ID        string         `json:"id"`
	Label     string         `json:"label"`
	Made      time.Time      `json:"made,omitzero"`
	Confirmed time.Time      `json:"confirmed,omitzero"` // the last time
	Expires   time.Time      `json:"expires,omitzero"`
	Used      string         `json:"used,omitempty"`  // see Entry
	Barred    time.Time      `json:"barred,omitzero"` // zero: not barred
	Person    account.Person `json:"-"`
}

// Confirm records that a provider has confirmed a person, and returns the id of the person's account, which is valid
// for 30 days from now. The error is account.ErrNotAllowed or account.ErrBarred for a person who may not use the
// server.
func (g *Gate) Confirm(ctx context.Context, p account.Person) (id string, err error) {
	id = p.ID()
	if g.o.Account == nil || !g.o.Account(p) {
		return "", account.ErrNotAllowed
	}
	there, err := isBarred(ctx, g.o.Table, id)
	if err != nil {
		return "", err
	}
	if there {
		return "", account.ErrBarred
	}
	now := g.o.Clock.Now()
	data := accountItem{V: version, Person: p, MadeMs: now.UnixMilli(), ConfirmedMs: now.UnixMilli()}
	it, err := g.o.Table.Get(ctx, accountOf(id), table.Strong)
	switch {
	case err == nil:
		was, err := decodeAccount(it)
		if err != nil {
			return "", err
		}
		data.MadeMs = was.Made.UnixMilli()
	case !errors.Is(err, table.ErrNotFound):
		return "", err
	}
	put := table.Item{Key: accountOf(id), Expires: now.Add(accountLife), Data: encode(data)}
	if err := g.o.Table.Write(ctx, table.Put(put, table.Always)); err != nil {
		return "", fmt.Errorf("storing an account: %w", err)
	}
	logAction(ctx, g.o.Logger, "account_confirmed", id)
	return id, nil
}

func isBarred(ctx context.Context, reader table.Reader, id string) (bool, error) {
	_, err := reader.Get(ctx, barredOf(id), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// getAccount is get for the id of an account. An account that no rule allows any more counts as absent.
func (r *register) getAccount(ctx context.Context, id string) (k known, ok bool, err error) {
	began := r.clock.Now()
	it, err := r.table.Get(ctx, accountOf(id), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		r.forget(ctx, id)
		return known{}, false, nil
	}
	if err != nil {
		return known{}, false, err
	}
	a, err := decodeAccount(it)
	if err != nil {
		return known{}, false, err
	}
	gone, err := isBarred(ctx, r.table, id)
	if err != nil {
		return known{}, false, err
	}
	if gone || r.account == nil || !r.account(a.Person) {
		r.forget(ctx, id)
		return known{}, false, nil
	}
	k = known{Entry: Entry{ID: id, Label: a.Label, Created: a.Made, Expires: a.Expires}, read: began}
	r.remember(k)
	return k, true, nil
}

// Accounts are the accounts in a table, as Keys are its keys.
type Accounts struct {
	table table.Table
	clock clockwork.Clock
	log   *slog.Logger
}

// NewAccounts returns the accounts in t. log gets a line for each account that is revoked or restored.
func NewAccounts(t table.Table, clock clockwork.Clock, log *slog.Logger) *Accounts {
	return &Accounts{t, clock, log}
}

// ListAccounts returns all accounts in reader, in the order of their labels.
func ListAccounts(ctx context.Context, reader table.Reader) ([]Account, error) {
	of := map[string]Account{}
	for it, err := range table.All(ctx, reader, table.Range{Partition: AccountsPartition, Consistency: table.Strong}) {
		if err != nil {
			return nil, fmt.Errorf("reading the accounts: %w", err)
		}
		a, err := decodeAccount(it)
		if err != nil {
			return nil, err
		}
		of[a.ID] = a
	}
	for it, err := range table.All(ctx, reader, table.Range{Partition: BarredPartition, Consistency: table.Strong}) {
		if err != nil {
			return nil, fmt.Errorf("reading the accounts that were revoked: %w", err)
		}
		var data barred
		if err := read(it, &data, &data.V); err != nil {
			return nil, err
		}
		a := of[it.Key.Sort]
		a.ID, a.Label, a.Barred = it.Key.Sort, data.Label, time.UnixMilli(data.AtMs).UTC()
		of[a.ID] = a
	}
	days, err := daysOfUse(ctx, reader)
	if err != nil {
		return nil, err
	}
	var list []Account
	for id, a := range of {
		a.Used = days[id]
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b Account) int { return strings.Compare(a.Label+a.ID, b.Label+b.ID) })
	return list, nil
}

// Revoke bars the account with a label or an id until Restore. Every server refuses the account within a minute.
func (a *Accounts) Revoke(ctx context.Context, labelOrID string) (Account, error) {
	return a.change(ctx, labelOrID, "account_revoked", func(is Account) table.Op {
		return table.Put(table.Item{Key: barredOf(is.ID),
			Data: encode(barred{V: version, Label: is.Label, AtMs: a.clock.Now().UnixMilli()})}, table.Always)
	})
}

// Restore ends what Revoke began. Within a minute, a person who has signed in within 30 days is admitted again.
func (a *Accounts) Restore(ctx context.Context, labelOrID string) (Account, error) {
	return a.change(ctx, labelOrID, "account_restored", func(is Account) table.Op {
		return table.Delete(barredOf(is.ID), table.Always)
	})
}

func (a *Accounts) change(ctx context.Context, labelOrID, action string, op func(Account) table.Op) (Account, error) {
	list, err := ListAccounts(ctx, a.table)
	if err != nil {
		return Account{}, err
	}
	var found []Account
	for _, one := range list {
		if one.ID == labelOrID || strings.EqualFold(one.Label, labelOrID) {
			found = append(found, one)
		}
	}
	switch len(found) {
	case 0:
		return Account{}, fault.Refuse(fault.InvalidArgument,
			"There is no account with this address or id. Nothing was changed.")
	case 1:
	default:
		return Account{}, fault.Refuse(fault.InvalidArgument,
			"%d accounts have this address. Nothing was changed: name one by its id.", len(found))
	}
	if err := a.table.Write(ctx, op(found[0])); err != nil {
		return Account{}, fmt.Errorf("changing the account %s: %w", found[0].ID, err)
	}
	audit.Log(ident.WithPrincipal(ctx, ident.Principal{ID: ident.KeyPrincipal(found[0].ID)}), a.log, action)
	return found[0], nil
}

func accountOf(id string) table.Key { return table.Key{Partition: AccountsPartition, Sort: id} }

func barredOf(id string) table.Key { return table.Key{Partition: BarredPartition, Sort: id} }

// decodeAccount reads the item of an account. It fails for an item of a newer version.
func decodeAccount(it table.Item) (Account, error) {
	var data accountItem
	if err := read(it, &data, &data.V); err != nil {
		return Account{}, err
	}
	return Account{ID: it.Key.Sort, Label: data.Label, Made: time.UnixMilli(data.MadeMs).UTC(),
		Confirmed: time.UnixMilli(data.ConfirmedMs).UTC(), Expires: it.Expires, Person: data.Person}, nil
}

// read reads the data of an item, whose version is v then.
func read(it table.Item, data any, v *int) error {
	err := json.Unmarshal(it.Data, data)
	if err == nil && *v != version {
		err = fmt.Errorf("it has version %d; this program reads %d", *v, version)
	}
	if err != nil {
		return fmt.Errorf("access: item %s: %w", it.Key, err)
	}
	return nil
}
