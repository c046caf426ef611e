package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/observe/audit"
	"github.com/parley-chat/parley/internal/store/table"
)

// Partition holds the item of each key, whose sort key is the key's id. The item expires with the key, and a revoked
// key has no item.
const Partition = "KEYS"

// UsedPartition holds, under the id of a key or an account, the last day of its use. The partition is separate, so that
// a server that records uses need not be able to write keys: see template.yaml.
const UsedPartition = "USED"

// version is the version of the items. It grows when an older program would misread the items.
const version = 1

// Entry is what is stored of a key without the hash of the secret.
type Entry struct {
	ID      string    `json:"id"`
	Label   string    `json:"label"` // the owner that other agents see beside the agents of the key
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero means never
	Used    string    `json:"used,omitempty"`   // the last day in UTC, as 2006-01-02; empty means never
}

// item is the data of a key's item.
type item struct {
	V         int    `json:"v"`
	Hash      string `json:"hash"` // ident.HashSecret of the secret
	Label     string `json:"label"`
	CreatedMs int64  `json:"created"`
}

// use is the data of the item of a key's last use.
type use struct {
	V   int    `json:"v"`
	Day string `json:"day"` // in UTC, as 2006-01-02
}

// Keys are the keys in a table. A program that can write the table can make and revoke keys; no server needs to run.
// The methods may be called concurrently, and while servers use the table: the servers notice within a minute.
type Keys struct {
	table table.Table
	clock clockwork.Clock
	log   *slog.Logger
}

// NewKeys returns the keys in t. log gets a line for each key that is made or revoked.
func NewKeys(t table.Table, clock clockwork.Clock, log *slog.Logger) *Keys {
	return &Keys{table: t, clock: clock, log: log}
}

// Add makes a key that is valid for a lifetime from now on; 0 means until the key is revoked. Only the returned key has
// the secret. If the error is table.ErrUnavailable, the table may hold a key that nobody has.
func (k *Keys) Add(ctx context.Context, label string, lifetime time.Duration) (ident.Key, error) {
	name, err := ident.Nickname("label", label)
	if err != nil {
		return ident.Key{}, err
	}
	secret, err := k.secret(ctx)
	if err != nil {
		return ident.Key{}, err
	}
	key, now := ident.NewKey().Marked(secret), k.clock.Now()
	data := item{V: version, Hash: ident.HashSecret(key.Secret), Label: name.Shown, CreatedMs: now.UnixMilli()}
	put := table.Item{Key: keyOf(key.ID), Data: encode(data)}
	if lifetime > 0 {
		put.Expires = now.Add(lifetime)
	}
	err = k.table.Write(ctx, table.Put(put, table.IfAbsent))
	var taken *table.ConflictError
	if errors.As(err, &taken) && taken.Conflicts[0].Item != nil && bytes.Equal(taken.Conflicts[0].Item.Data, put.Data) {
		err = nil // the reply to the first attempt was lost
	}
	if err != nil {
		return ident.Key{},
			fmt.Errorf("storing the key, which nobody has (if it is listed, revoke it): %w", err)
	}
	logAction(ctx, k.log, "key_created", key.ID)
	return key, nil
}

// List is [List] of the table.
func (k *Keys) List(ctx context.Context) ([]Entry, error) { return List(ctx, k.table) }

// List returns all keys in reader, in the order of their ids. A last use that List cannot read is left out: a program
// that may write uses, and no keys, must not hide keys from the operator.
func List(ctx context.Context, reader table.Reader) (list []Entry, err error) {
	for item, err := range table.All(ctx, reader, table.Range{Partition: Partition, Consistency: table.Strong}) {
		if err != nil {
			return nil, fmt.Errorf("reading the keys: %w", err)
		}
		e, _, err := decode(item)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	days, err := daysOfUse(ctx, reader)
	if err != nil {
		return nil, err
	}
	for i, e := range list {
		list[i].Used = days[e.ID]
	}
	return list, nil
}

// daysOfUse returns the day on which each key and account was last used, by its id.
func daysOfUse(ctx context.Context, reader table.Reader) (map[string]string, error) {
	days := map[string]string{}
	for item, err := range table.All(ctx, reader, table.Range{Partition: UsedPartition, Consistency: table.Strong}) {
		if err != nil {
			return nil, fmt.Errorf("reading the uses of keys: %w", err)
		}
		if day, err := dayOf(item); err == nil {
			days[item.Key.Sort] = day
		}
	}
	return days, nil
}

// Any reports whether there is a key.
func (k *Keys) Any(ctx context.Context) (bool, error) {
	page, err := k.table.Query(ctx, table.Range{Partition: Partition, Limit: 1, Consistency: table.Strong})
	if err != nil {
		return false, fmt.Errorf("looking for keys: %w", err)
	}
	return len(page.Items) > 0, nil
}

// Revoke deletes and returns the key with the id, else the only key with the label. Every server refuses the key within
// a minute.
func (k *Keys) Revoke(ctx context.Context, idOrLabel string) (Entry, error) {
	list, err := k.List(ctx)
	if err != nil {
		return Entry{}, err
	}
	e, err := choose(list, idOrLabel)
	if err != nil {
		return Entry{}, err
	}
	if err := k.table.Write(ctx, table.Delete(keyOf(e.ID), table.Always),
		table.Delete(usedOf(e.ID), table.Always)); err != nil {
		return Entry{}, fmt.Errorf("deleting the key %s: %w", e.ID, err)
	}
	logAction(ctx, k.log, "key_revoked", e.ID)
	return e, nil
}

// Renew gives the key with the id, else the only key with the label, a new secret, and returns the key. The holder
// keeps seats and sign-ins. Every server refuses the old secret within a minute.
func (k *Keys) Renew(ctx context.Context, idOrLabel string) (ident.Key, error) {
	list, err := k.List(ctx)
	if err != nil {
		return ident.Key{}, err
	}
	e, err := choose(list, idOrLabel)
	if err != nil {
		return ident.Key{}, err
	}
	secret, err := k.secret(ctx)
	if err != nil {
		return ident.Key{}, err
	}
	key := ident.NewKey()
	key.ID = e.ID
	key = key.Marked(secret)
	data := item{V: version, Hash: ident.HashSecret(key.Secret), Label: e.Label, CreatedMs: e.Created.UnixMilli()}
	err = k.table.Write(ctx, table.Put(table.Item{Key: keyOf(e.ID), Expires: e.Expires, Data: encode(data)},
		table.IfPresent))
	var gone *table.ConflictError
	if errors.As(err, &gone) {
		return ident.Key{}, fault.Refuse(fault.InvalidArgument, "The key %s was revoked meanwhile.", e.ID)
	}
	if err != nil {
		return ident.Key{}, fmt.Errorf("storing the new secret of the key %s (repeat the command): %w", e.ID, err)
	}
	logAction(ctx, k.log, "key_renewed", e.ID)
	return key, nil
}

// choose returns the entry that a person means.
func choose(list []Entry, idOrLabel string) (Entry, error) {
	if key, ok := ident.ParseKey(idOrLabel); ok { // better than not revoking a key that leaked
		idOrLabel = key.ID
	}
	var found []Entry
	for _, e := range list {
		if e.ID == idOrLabel {
			return e, nil
		}
		if strings.EqualFold(e.Label, idOrLabel) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		return Entry{}, fault.Refuse(fault.InvalidArgument,
			"There is no key with this label or id. Nothing was changed.")
	case 1:
		return found[0], nil
	}
	ids := make([]string, len(found))
	for i, e := range found {
		ids[i] = e.ID
	}
	return Entry{}, fault.Refuse(fault.InvalidArgument,
		"%d keys have this label. Nothing was changed: name one by its id, %s.", len(found), strings.Join(ids, " or "))
}

// keyOf returns the key of the item of the key with an id.
func keyOf(id string) table.Key { return table.Key{Partition: Partition, Sort: id} }

// usedOf returns the key of the item of the last use of the key with an id.
func usedOf(id string) table.Key { return table.Key{Partition: UsedPartition, Sort: id} }

// encode returns the data of an item or a use. Both are strings and numbers only, so encode cannot fail.
func encode(data any) []byte {
	text, _ := json.Marshal(data)
	return text
}

// decode reads the item of a key. It fails for an item of a newer version.
func decode(it table.Item) (e Entry, data item, err error) {
	if err := read(it, &data, &data.V); err != nil {
		return Entry{}, item{}, err
	}
	return Entry{ID: it.Key.Sort, Label: data.Label, Created: time.UnixMilli(data.CreatedMs).UTC(),
		Expires: it.Expires}, data, nil
}

// dayOf reads the item of a key's last use. It fails for an item of a newer version.
func dayOf(it table.Item) (string, error) {
	var data use
	err := read(it, &data, &data.V)
	return data.Day, err
}

// logAction logs for the audit what was done to the key with an id.
func logAction(ctx context.Context, log *slog.Logger, action, id string) {
	audit.Log(ident.WithPrincipal(ctx, ident.Principal{ID: ident.KeyPrincipal(id)}), log, action)
}
