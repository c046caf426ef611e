// Package table is the narrow store that Parley stands on: three calls, and the
// promises that every driver keeps. The contract suite in tabletest proves them
// for each driver, the real DynamoDB engine included.
package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Table is a set of items in partitions, ordered by sort key within each.
//
// All methods may be called from many goroutines at once. An item past its
// expiry is absent, for reads and for conditions alike, whether or not it has
// been swept. Items that a caller gets or gives are not shared with the table
// afterwards: neither side may change Data once it was handed over.
//
// Errors: ErrNotFound from Get, *ConflictError from Write, ErrInvalid for a
// call that breaks a limit of this page, ErrUnavailable when the store did not
// answer in time, or the context's own error. A Write that returned one of the
// last two may have happened, or may yet happen.
//
// Reads beside a Write of several ops are only read-committed, strong ones too:
// a reader may see one op of a Write before another. Within one partition a
// strong Query sees every item whose Write had returned before it began.
type Table interface {
	// Get returns the item at k, or ErrNotFound.
	Get(ctx context.Context, k Key, c Consistency) (Item, error)

	// Query returns the items of one partition whose sort key has r.Prefix, in
	// order (or in reverse), after r.After, until r.Limit live items are found
	// or the partition ends. A partition without items gives an empty page.
	Query(ctx context.Context, r Range) (Page, error)

	// Write applies all ops or none. A failed condition is a *ConflictError
	// that lists every op that failed, in order, each with the item that was
	// in the way. The same key twice in one Write is ErrInvalid.
	Write(ctx context.Context, ops ...Op) error
}

// Limits of a call, the same for every driver, so that what works on one
// machine works on DynamoDB too.
const (
	MaxOps       = 100             // ops in one Write
	MaxItemBytes = 390 << 10       // Data and keys of one item; DynamoDB's own limit is 400 KiB with attribute names
	MaxTxBytes   = 3_900_000       // Data and keys of one Write; DynamoDB's own limit is 4 MB
	MaxKeyBytes  = 1024            // one part of a key; DynamoDB's own limits are 2048 and 1024
	MaxLimit     = 1000            // Range.Limit
	TimeStep     = 1 * time.Second // the grain of an expiry
)

var (
	// ErrNotFound says that no live item is at the key.
	ErrNotFound = errors.New("table: no such item")
	// ErrUnavailable says that the store did not answer in time. A Write that
	// returns it may have happened.
	ErrUnavailable = errors.New("table: the store did not answer")
	// ErrInvalid says that the call breaks the contract: a mistake of the caller.
	ErrInvalid = errors.New("table: invalid call")
)

// Key names an item. Both parts are non-empty UTF-8 without NUL; items are
// ordered by the bytes of Sort.
type Key struct {
	Partition string
	Sort      string
}

// String is for messages and logs, which are not to hold what somebody chose, such as
// the name of a room. It shows the words that begin the parts of the key and a
// number in its second place; of all else the first 8 digits of the SHA-256.
func (k Key) String() string {
	kind, of, divided := strings.Cut(k.Partition, "#")
	if !divided {
		return kind + "/" + veiled(k.Sort)
	}
	kind += "#" + veiled(of) + "/"
	what, which, divided := strings.Cut(k.Sort, "#")
	if !divided {
		return kind + what
	}
	number, rest, more := strings.Cut(which, "#")
	switch {
	case strings.Trim(number, "0123456789") != "":
		return kind + what + "#" + veiled(which)
	case more:
		return kind + what + "#" + number + "#" + veiled(rest)
	}
	return kind + what + "#" + number
}

func veiled(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// Item is what a table holds under a key.
type Item struct {
	Key Key
	// Expires is when the item ceases to exist, cut to whole seconds; the zero
	// time means never. From that second on the item is absent.
	Expires time.Time
	// Data is opaque to the table: UTF-8 text, never empty, which a reader
	// gets back byte for byte.
	Data []byte
}

// Live reports whether the item exists at the time now.
func (i Item) Live(now time.Time) bool {
	return i.Expires.IsZero() || i.Expires.Unix() > now.Unix()
}

// Consistency says how fresh a read must be.
type Consistency int

const (
	// Eventual may miss what was written a moment ago. It costs half.
	Eventual Consistency = iota
	// Strong sees every Write that had returned before the read began.
	Strong
)

// Condition is what must hold of the item at an op's key for the Write to happen.
type Condition int

const (
	// Always asks for nothing.
	Always Condition = iota
	// IfAbsent asks that no live item is there.
	IfAbsent
	// IfPresent asks that a live item is there.
	IfPresent
)

// Op is one change of a Write: a put of Item, or a delete of what is at its key.
type Op struct {
	Item   Item // of a delete, only the key
	Delete bool
	If     Condition
}

// Put is the op that stores item.
func Put(item Item, c Condition) Op { return Op{Item: item, If: c} }

// Delete is the op that removes what is at k. Without a condition it succeeds
// where nothing is there, too.
func Delete(k Key, c Condition) Op { return Op{Item: Item{Key: k}, Delete: true, If: c} }

// Range says which items of one partition a Query returns.
type Range struct {
	Partition   string
	Prefix      string // of the sort key; empty: the whole partition
	After       string // the sort key to begin behind, in the direction of travel; begins with Prefix, need not exist; empty: from the edge
	Reverse     bool   // from the greatest sort key down
	Limit       int    // live items at most, 1 to MaxLimit
	Consistency Consistency
}

// Page is what a Query found. More says that the range may hold further items
// behind the last of these; it is false only when there are none.
type Page struct {
	Items []Item
	More  bool
}

// Conflict is an op whose condition failed.
type Conflict struct {
	Op   int   // its index in the Write
	Key  Key   // its key
	Item *Item // the live item in the way; nil where IfPresent found none
}

// ConflictError says that nothing was written, and what was in the way.
type ConflictError struct {
	Conflicts []Conflict // in the order of the ops, at least one
}

func (e *ConflictError) Error() string {
	keys := make([]string, len(e.Conflicts))
	for i, c := range e.Conflicts {
		keys[i] = c.Key.String()
	}
	return "table: condition failed at " + strings.Join(keys, ", ")
}

// Check returns an error that wraps ErrInvalid if the ops break a limit of this
// page. Every driver calls it first.
func Check(ops []Op) error {
	if len(ops) == 0 || len(ops) > MaxOps {
		return fmt.Errorf("%w: %d ops, 1 to %d are allowed", ErrInvalid, len(ops), MaxOps)
	}
	seen := make(map[Key]bool, len(ops))
	total := 0
	for _, op := range ops {
		k := op.Item.Key
		if err := CheckKey(k); err != nil {
			return err
		}
		if seen[k] {
			return fmt.Errorf("%w: %s twice in one write", ErrInvalid, k)
		}
		seen[k] = true
		size := len(k.Partition) + len(k.Sort) + len(op.Item.Data)
		if !op.Delete && (len(op.Item.Data) == 0 || size > MaxItemBytes) {
			return fmt.Errorf("%w: %s has %d bytes, 1 to %d are allowed", ErrInvalid, k, size, MaxItemBytes)
		}
		if !op.Delete && !utf8.Valid(op.Item.Data) {
			return fmt.Errorf("%w: the data of %s is not UTF-8", ErrInvalid, k)
		}
		total += size
	}
	if total > MaxTxBytes {
		return fmt.Errorf("%w: a write of %d bytes, at most %d are allowed", ErrInvalid, total, MaxTxBytes)
	}
	return nil
}

// CheckKey returns an error that wraps ErrInvalid unless both parts of k have
// 1 to MaxKeyBytes bytes of UTF-8 without NUL.
func CheckKey(k Key) error {
	if k.Partition == "" || k.Sort == "" {
		return fmt.Errorf("%w: both parts of the key %q need 1 to %d bytes", ErrInvalid, k.String(), MaxKeyBytes)
	}
	return checkParts(k.Partition, k.Sort)
}

// CheckRange returns an error that wraps ErrInvalid if r breaks a limit of this page.
func CheckRange(r Range) error {
	if r.Partition == "" || r.Limit < 1 || r.Limit > MaxLimit {
		return fmt.Errorf("%w: a query needs a partition and a limit from 1 to %d, has one of %d bytes and %d", ErrInvalid, MaxLimit, len(r.Partition), r.Limit)
	}
	if r.After != "" && !strings.HasPrefix(r.After, r.Prefix) {
		return fmt.Errorf("%w: a query of %s begins outside its prefix", ErrInvalid, Key{r.Partition, r.After})
	}
	return checkParts(r.Partition, r.Prefix, r.After)
}

// checkParts refuses what is no part of a key. NUL divides the parts in
// bolttable; other bytes than UTF-8 would be replaced on the way to DynamoDB.
func checkParts(parts ...string) error {
	for _, p := range parts {
		if len(p) > MaxKeyBytes || !utf8.ValidString(p) || strings.IndexByte(p, 0) >= 0 {
			return fmt.Errorf("%w: a part of a key is at most %d bytes of UTF-8 without NUL, and not such %d", ErrInvalid, MaxKeyBytes, len(p))
		}
	}
	return nil
}
