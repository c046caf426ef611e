// Package dynamotable stores a table.Table in DynamoDB.
//
// An item has the attributes pk and sk (strings, its key) and data (a string, readable in the console). An expiring
// item also has expires (a number, Unix seconds), the table's TTL attribute. DynamoDB may delete expired items days
// late or never; nothing here depends on the deletion.
//
// # Cost
//
// The size of an item is the number of bytes in its attribute names and values.
// A write costs one unit per started KiB of the larger of the new and the
// previous item, and twice that in a Write of several ops. Besides its key and
// Data an item takes 8 bytes, or at most 21 if it expires (DynamoDB does not
// store a number's trailing zeros). So one unit covers 1,016 bytes of key and
// Data, or 1,003: an event under "ROOM#abcdefg" and "LOG#" with 16 digits has
// room for 971 bytes of Data. A strong read costs one unit per started 4 KiB, an
// eventual read half of that. A failed condition costs as much as a write.
// Source: "DynamoDB item sizes and formats" in the developer guide.
//
// # Retries
//
// The SDK's retries are switched off, because a retry loop must know which replies were lost. The loop of this package
// retries throttling, transaction conflicts, server errors and broken connections, with full jitter, for at most 15
// seconds, or until the caller's deadline is too close. Then the call fails with table.ErrUnavailable. All attempts of
// a Write send the same token and the same time.
//
// An attempt on a new connection gets 5 seconds, which cover the handshake of a process with little CPU. An attempt on
// a used connection gets 1.5 seconds: the connection may have died while the process was frozen.
//
// When a reply is lost, the attempt may or may not have taken effect. DynamoDB performs a Write of several ops once, by
// the Write's token. A single op has no token, so the outcome of the next attempt decides:
//
//   - A put IfAbsent that finds an item is a conflict with that item. The lost attempt may have written the item:
//     callers compare the item's content.
//   - A put or delete IfPresent that finds no item is table.ErrUnavailable. The lost attempt may have removed the item,
//     or somebody else may have removed the item of the lost attempt.
//   - Otherwise the op takes effect, perhaps for the second time. Between two attempts others may have read, changed or
//     removed the item of the first attempt.
package dynamotable

import (
	"context"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/store/table"
)

// Table is a table.Table in DynamoDB. It is safe for concurrent use.
type Table struct {
	client  *dynamodb.Client
	name    string
	clock   clockwork.Clock
	observe func(context.Context, Call)
	retried func(operation string, err error) // if not nil, hears of each attempt that is to be repeated
	limits  limits

	closeIdle func() // closes the idle connections; nil: the client is not the SDK's
}

var _ table.Table = (*Table)(nil)

// Options configures a Table. The zero value is valid.
type Options struct {
	// Clock decides which items have expired. Nil means the system clock. Pauses between attempts use real time, as
	// context deadlines do.
	Clock clockwork.Clock
	// Observe, if not nil, is called after each DynamoDB operation, successful or not, on the operation's goroutine.
	Observe func(context.Context, Call)
}

// Call describes one DynamoDB operation, retries included.
type Call struct {
	Operation  string  // DynamoDB's name: GetItem, Query, Scan, PutItem, DeleteItem or TransactWriteItems
	ReadUnits  float64 // from the last attempt; failed attempts report none
	WriteUnits float64 // from the last attempt; failed attempts report none
	Attempts   int     // requests sent
	Items      int     // items read, expired items included, or written
}

// New returns the table with the given name. New ignores the client's retryer, opens separate connections, and does not
// call DynamoDB; Ready does.
func New(client *dynamodb.Client, name string, opts Options) *Table {
	if opts.Clock == nil {
		opts.Clock = clockwork.NewRealClock()
	}
	t := &Table{
		name:    name,
		clock:   opts.Clock,
		observe: opts.Observe,
		limits:  limits{fresh: 5 * time.Second, reused: 1500 * time.Millisecond, total: 15 * time.Second},
	}
	t.client = dynamodb.New(client.Options(), oneAttempt, quietWhenLocal, t.ownConnections)
	return t
}

// Ready returns nil if the table answers. Ready reads an item that never exists, for half a unit. The error names the
// table and says what to do.
func (t *Table) Ready(ctx context.Context) error {
	_, err := t.getItem(ctx, table.Key{Partition: "READY", Sort: "-"}, table.Eventual)
	return err
}

func oneAttempt(o *dynamodb.Options) {
	o.Retryer = aws.NopRetryer{}
}

// quietWhenLocal switches off checksum validation for local engines: local engines send error responses without a
// checksum, and the SDK logs a warning for each. The AWS service is always behind https.
func quietWhenLocal(o *dynamodb.Options) {
	if endpoint, err := url.Parse(aws.ToString(o.BaseEndpoint)); err == nil && endpoint.Scheme == "http" {
		o.DisableValidateResponseChecksum = true
	}
}

// capacity requests the consumed units only if an observer is set.
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

// transactionUnits returns the units of a transaction. DynamoDB charges a repeat with a known token as a read. DynamoDB
// Local does not report the two separately.
func transactionUnits(all []types.ConsumedCapacity) (read, write float64) {
	for _, c := range all {
		read += aws.ToFloat64(c.ReadCapacityUnits)
		write += aws.ToFloat64(c.CapacityUnits) - aws.ToFloat64(c.ReadCapacityUnits)
	}
	return read, write
}
