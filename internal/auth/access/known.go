package access

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/singleflight"

	"github.com/parley-chat/parley/internal/auth"
	"github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
)

const (
	// believed is how long a process believes what it has read of a key. A right key costs one read in this time, and
	// every server refuses a revoked key within a minute. A process also believes a key so long while the table does
	// not answer; later calls are unavailable, because a table that is down makes no key invalid.
	believed = 30 * time.Second
)

// known is a key or an account as the table had it. No secret has the hash of an account, "".
type known struct {
	Entry           // Used is the day of the last use that this process recorded, or tried to record since the read
	recorded string // the day on which this process last recorded a use
	hash     string
	read     time.Time // when the read began
}

// register is what a process knows of the keys and accounts in its table. Keys that are not in the table take no
// memory. The methods may be called concurrently.
type register struct {
	table table.Table
	clock clockwork.Clock
	log   *slog.Logger
	// account reports whether a person may use the server; nil: nobody may with an account.
	account func(account.Person) bool
	reads   singleflight.Group

	mu sync.Mutex
	of map[string]known
}

// cached returns the key with an id as of the last read, and whether the read is fresh. cached never reads.
func (r *register) cached(id string) (k known, there, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, there = r.of[id]
	now := r.clock.Now()
	return k, there, there && k.validAt(now) && now.Sub(k.read) < believed
}

func (k known) validAt(now time.Time) bool { return k.Expires.IsZero() || now.Before(k.Expires) }

// find returns the key with an id; ok is false if there is no such key. It reads the key unless the last read is fresh.
func (r *register) find(ctx context.Context, id string) (k known, ok bool, err error) {
	if k, _, fresh := r.cached(id); fresh {
		return k, true, nil
	}
	return r.read(ctx, id)
}

// read is find that always reads. Calls for the same key at the same time share a read.
func (r *register) read(ctx context.Context, id string) (k known, ok bool, err error) {
	type answer struct {
		k  known
		ok bool
	}
	done := r.reads.DoChan(id, func() (any, error) {
		if k, _, fresh := r.cached(id); fresh { // by a read that has just ended
			return answer{k, true}, nil
		}
		k, ok, err := r.get(context.WithoutCancel(ctx), id)
		return answer{k, ok}, err
	})
	select {
	case <-ctx.Done():
		return known{}, false, ctx.Err()
	case result := <-done:
		a, _ := result.Val.(answer)
		return a.k, a.ok, result.Err
	}
}

// get reads the key or the account with an id, and remembers or forgets it.
func (r *register) get(ctx context.Context, id string) (k known, ok bool, err error) {
	if ident.IsAccount(id) {
		return r.getAccount(ctx, id)
	}
	began := r.clock.Now()
	it, err := r.table.Get(ctx, keyOf(id), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		r.forget(ctx, id)
		return known{}, false, nil
	}
	if err != nil {
		return known{}, false, err
	}
	e, data, err := decode(it)
	if err != nil {
		return known{}, false, err
	}
	k = known{Entry: e, hash: data.Hash, read: began}
	r.remember(k)
	return k, true, nil
}

func (r *register) remember(k known) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, there := r.of[k.ID]
	if !there {
		makeRoom(r.of)
	}
	k.recorded, k.Used = before.recorded, before.recorded
	r.of[k.ID] = k
}

// makeRoom forgets any keys until there is room for one more.
func makeRoom[K comparable, V any](of map[K]V) {
	for k := range of {
		if len(of) < auth.MaxKnownKeys {
			return
		}
		delete(of, k)
	}
}

// forget drops a key that is not in the table.
func (r *register) forget(ctx context.Context, id string) {
	r.mu.Lock()
	_, there := r.of[id]
	delete(r.of, id)
	r.mu.Unlock()
	if there {
		action := "key_ended" // revoked, or expired
		if ident.IsAccount(id) {
			action = "account_ended"
		}
		logAction(ctx, r.log, action, id)
	}
}

// recordUse records in the table that a key is used today, once for all processes. The use is a separate item, so
// recordUse brings back no key that was revoked meanwhile. A use that could not be recorded ends no call.
func (r *register) recordUse(ctx context.Context, k known) {
	today := r.clock.Now().UTC().Format(time.DateOnly)
	if !r.recordFirst(k.ID, today) {
		return
	}
	day, err := r.lastUse(ctx, k.ID)
	if err == nil && day < today {
		err = r.table.Write(ctx, table.Put(table.Item{Key: usedOf(k.ID), Expires: k.Expires,
			Data: encode(use{V: version, Day: today})}, table.Always))
		if err == nil {
			logAction(ctx, r.log, "key_used", k.ID)
		}
	}
	if err != nil {
		r.log.WarnContext(ctx, "could not note that a key is in use", "error", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, there := r.of[k.ID]; there {
		k.recorded = today
		r.of[k.ID] = k
	}
}

// lastUse returns the last day that the table has for a key; "" for none.
func (r *register) lastUse(ctx context.Context, id string) (string, error) {
	it, err := r.table.Get(ctx, usedOf(id), table.Eventual)
	if errors.Is(err, table.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return dayOf(it)
}

// recordFirst remembers the first use of a key today, and reports whether this use is the first, as far as this process
// knows.
func (r *register) recordFirst(id, today string) (first bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, there := r.of[id]
	if !there || k.Used >= today {
		return false
	}
	k.Used = today
	r.of[id] = k
	return true
}
