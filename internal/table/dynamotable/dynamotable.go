// Package dynamotable keeps a table.Table in DynamoDB.
//
// An item has the attributes pk and sk (strings, its key), data (a string, so
// that a person reads it in the console) and, unless it lives for ever, expires
// (a number: Unix seconds, which the table's TTL sweeps by, days later or never;
// nothing here waits for that).
//
// # What it costs
//
// DynamoDB counts the bytes of an item's attribute names and values, and a write
// costs one unit for each KiB begun of the larger of the item written and the
// item that was there; twice that in a Write of several ops. Beside its key and
// Data an item weighs 8 bytes, or 21 when it expires. So one unit holds Data and
// key of 1,016 bytes, or 1,003: an event under "ROOM#abcdefg" and "LOG#" with 16
// digits has 971 bytes for its Data. A strong read costs one unit for each 4 KiB
// begun, an eventual one half of it. A failed condition is charged as a write.
//
// # Retries
//
// They live here and nowhere above or below: the SDK's own are switched off.
// Throttling, conflicts between transactions, faults of the service and broken
// connections are tried again, with full jitter, until the caller's deadline is
// too near (or 15 seconds have passed, where it has none); then the call ends as
// table.ErrUnavailable. A Write sends one token and one time with all attempts.
//
// A reply that was lost leaves open whether the attempt took effect. For a Write
// of several ops the token settles it: DynamoDB performs it once. A single op
// has no token, and what its next attempt finds decides:
//
//   - A put IfAbsent that meets an item is a conflict with that item, which may
//     be the very item of the lost attempt: callers tell by its content.
//   - A put or delete IfPresent that meets none is table.ErrUnavailable, for the
//     lost attempt may be what removed it, or what another then removed.
//   - Otherwise it takes effect (again): between two attempts others may have
//     seen, changed or removed what the first one wrote.
package dynamotable

import (
	"context"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/table"
)

// Table is a table.Table. It may be used by many goroutines at once.
type Table struct {
	client  *dynamodb.Client
	name    string
	clock   clockwork.Clock
	observe func(context.Context, Call)
	limits  limits
}

var _ table.Table = (*Table)(nil)

// Options of a Table; the zero value is good.
type Options struct {
	// Clock says which items have expired; nil: the system's. Waits between
	// attempts are real time, as a context's deadline is.
	Clock clockwork.Clock
	// Observe, unless nil, is told of each call of DynamoDB when it has ended,
	// well or not, on the goroutine that made it.
	Observe func(context.Context, Call)
}

// Call is one operation of DynamoDB, with its repeats.
type Call struct {
	Operation  string  // as DynamoDB names it: GetItem, Query, Scan, PutItem, DeleteItem or TransactWriteItems
	ReadUnits  float64 // as the last attempt's answer tells; failed ones tell nothing
	WriteUnits float64 // likewise
	Attempts   int     // requests sent
	Items      int     // read, expired ones included, or written
}

// New returns the table of that name. The client's way to retry is not used. It
// does not call DynamoDB; Ready does.
func New(client *dynamodb.Client, name string, opts Options) *Table {
	if opts.Clock == nil {
		opts.Clock = clockwork.NewRealClock()
	}
	return &Table{
		client:  dynamodb.New(client.Options(), oneAttempt, quietWhenLocal),
		name:    name,
		clock:   opts.Clock,
		observe: opts.Observe,
		limits:  limits{attempt: 5 * time.Second, total: 15 * time.Second},
	}
}

// Ready reports whether the table answers, by an eventual read of an item that
// is never there: half a unit. The error names the table and what to do.
func (t *Table) Ready(ctx context.Context) error {
	_, err := t.getItem(ctx, table.Key{Partition: "READY", Sort: "-"}, table.Eventual)
	return err
}

func oneAttempt(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
}

// quietWhenLocal spares the log a warning for each refusal of a local engine,
// whose errors bear no checksum. The service itself is always behind https.
func quietWhenLocal(o *dynamodb.Options) {
	if endpoint, err := url.Parse(aws.ToString(o.BaseEndpoint)); err == nil && endpoint.Scheme == "http" {
		o.DisableValidateResponseChecksum = true
	}
}

// capacity asks for the units a call consumed only where somebody listens.
func (t *Table) capacity() types.ReturnConsumedCapacity {
	if t.observe == nil {
		return types.ReturnConsumedCapacityNone
	}
	return types.ReturnConsumedCapacityTotal
}

func units(c *types.ConsumedCapacity) float64 {
	if c == nil {
		return 0
	}
	return aws.ToFloat64(c.CapacityUnits)
}

// transactionUnits: a repeat that DynamoDB knows by its token is charged as a
// read, and only the service tells the two apart.
func transactionUnits(all []types.ConsumedCapacity) (read, write float64) {
	for _, c := range all {
		read += aws.ToFloat64(c.ReadCapacityUnits)
		write += aws.ToFloat64(c.CapacityUnits) - aws.ToFloat64(c.ReadCapacityUnits)
	}
	return read, write
}
