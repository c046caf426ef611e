package access

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/singleflight"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
)

// SecretsPartition holds the secrets by which keys of a table are marked: see ident.Key.Marked. The first key makes the
// first secret. CopySecrets brings the secrets of other tables.
const SecretsPartition = "SECRETS"

// firstSecret is the place of the first secret of a table.
var firstSecret = table.Key{Partition: SecretsPartition, Sort: "-"}

// secretItem is the data of the item of a secret.
type secretItem struct {
	V      int    `json:"v"`
	Secret string `json:"secret"`
}

// secretsOf returns the secrets of a table.
func secretsOf(ctx context.Context, reader table.Reader) (list []string, err error) {
	for it, err := range table.All(ctx, reader, table.Range{Partition: SecretsPartition, Consistency: table.Strong}) {
		var data secretItem
		if err == nil {
			err = read(it, &data, &data.V)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the secrets by which keys are marked: %w", err)
		}
		list = append(list, data.Secret)
	}
	return list, nil
}

// secret returns a secret of the table, and makes one for a table without a secret. Two programs that do so at the same
// moment use the same secret: a server that has read one secret reads no other for half a minute, and would refuse a
// key with the mark of the other.
func (k *Keys) secret(ctx context.Context) (string, error) {
	list, err := secretsOf(ctx, k.table)
	if err != nil {
		return "", err
	}
	if len(list) > 0 {
		return list[0], nil
	}
	secret := rand.Text()
	err = k.table.Write(ctx, table.Put(itemOfSecret(firstSecret, secret), table.IfAbsent))
	var there *table.ConflictError
	if errors.As(err, &there) { // another program was first, or the reply to an attempt was lost
		return k.secret(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("storing the secret by which keys are marked: %w", err)
	}
	return secret, nil
}

// CopySecrets copies the secrets of a table to another, beside the first secret of the other. A repeated copy adds
// nothing.
func CopySecrets(ctx context.Context, from table.Reader, to table.Table) error {
	list, err := secretsOf(ctx, from)
	if err != nil {
		return err
	}
	for _, secret := range list {
		at := table.Key{Partition: SecretsPartition, Sort: ident.HashSecret(secret)[:16]}
		if err := to.Write(ctx, table.Put(itemOfSecret(at, secret), table.Always)); err != nil {
			return fmt.Errorf("storing a copied secret by which keys are marked: %w", err)
		}
	}
	return nil
}

func itemOfSecret(at table.Key, secret string) table.Item {
	return table.Item{Key: at, Data: encode(secretItem{V: version, Secret: secret})}
}

// marks are the secrets of a table as a process knows them. A process reads the secrets with the first key, so no start
// waits for the read. The methods may be called concurrently.
type marks struct {
	table table.Table
	clock clockwork.Clock
	reads singleflight.Group

	mu   sync.Mutex
	list []string
	read time.Time // when the read began
}

// check reports whether key has the mark of a secret of the table. For a key without such a mark, check reads the
// secrets again, once in believed: the table may have its first secret, or a copy of another table's secret, since
// the last read.
func (m *marks) check(ctx context.Context, key ident.Key) (marked bool, err error) {
	list, fresh := m.cached()
	if !slices.ContainsFunc(list, key.IsMarked) && !fresh {
		list, err = m.readAll(ctx)
	}
	return slices.ContainsFunc(list, key.IsMarked), err
}

// cached returns the secrets as of the last read, and whether the read is fresh. A read without a secret is never
// fresh: a server that has just refused a key of another table admits the first key of its own at once.
func (m *marks) cached() (list []string, fresh bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.list, len(m.list) > 0 && m.clock.Now().Sub(m.read) < believed
}

// readAll reads the secrets. Calls at the same time share a read.
func (m *marks) readAll(ctx context.Context) ([]string, error) {
	done := m.reads.DoChan("", func() (any, error) {
		if list, fresh := m.cached(); fresh { // by a read that has just ended
			return list, nil
		}
		began := m.clock.Now()
		list, err := secretsOf(context.WithoutCancel(ctx), m.table)
		if err != nil {
			return nil, err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.list, m.read = list, began
		return list, nil
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-done:
		list, _ := result.Val.([]string)
		return list, result.Err
	}
}
