// Package table defines the store below Parley: an interface of three methods and its contract. The suite in tabletest
// tests the contract for every driver, including against DynamoDB Local.
package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"
)

// Table is a set of items grouped into partitions and ordered by sort key within
// each partition.
//
// All methods are safe for concurrent use. An expired item is absent, for reads and for conditions alike, even before
// its deletion. Without this rule, a claim for 25 s still fails an IfAbsent days later on DynamoDB, which deletes late.
// Items are not shared with the table: after the call the caller and the table may each change their Data without an
// effect on the other.
//
// Errors: ErrNotFound from Get, *ConflictError from Write, ErrInvalid for a call that breaks a limit, ErrUnavailable if
// the store did not answer in time, or the context's error. After a Write that returned ErrUnavailable or the context's
// error, the ops may have been applied, or may be applied later.
//
// Reads concurrent with a Write of several ops are only read-committed, even
// strong ones: a reader may see one op of the Write before another. A strong Query
// sees every item of its partition whose Write returned before the Query began.
type Table interface {
	Reader

	// Write applies all ops or none. If a condition fails, Write returns a *ConflictError that lists every failed op,
	// in order, with the item in the way. Using a key twice in one Write is ErrInvalid.
	Write(ctx context.Context, ops ...Op) error
}

// Reader is the reading half of a Table.
type Reader interface {
	// Get returns the item at k, or ErrNotFound.
	Get(ctx context.Context, k Key, c Consistency) (Item, error)

	// Query returns the items of one partition whose sort key begins with r.Prefix and follows r.After, in order or in
	// reverse. Query stops after r.Limit live items, or r.Bytes. An empty partition gives an empty page.
	Query(ctx context.Context, r Range) (Page, error)
}

// Limits of a call. The limits are the same for every driver, so whatever works on a file works on DynamoDB too.
const (
	MaxOps       = 100             // ops in one Write
	MaxItemBytes = 390 << 10       // Data and key of one item; DynamoDB allows 400 KiB, attribute names included
	MaxTxBytes   = 3_900_000       // Data and keys of one Write; DynamoDB allows 4 MB
	MaxKeyBytes  = 1024            // each part of a key; DynamoDB allows 2048 and 1024
	MaxLimit     = 1000            // Range.Limit
	TimeStep     = 1 * time.Second // resolution of an expiry
)

var (
	// ErrNotFound means that the key has no live item.
	ErrNotFound = errors.New("table: no such item")
	// ErrUnavailable means that the store did not answer in time. A Write that
	// returns it may have been applied.
	ErrUnavailable = errors.New("table: the store did not answer")
	// ErrFull comes with ErrUnavailable from a Write: the disk is full, and nothing was applied.
	ErrFull = errors.New("table: the disk is full")
	// ErrInvalid means that the call breaks the contract. The caller has a bug.
	ErrInvalid = errors.New("table: invalid call")
)

// Key identifies an item. Both parts are non-empty UTF-8 without NUL. Items are
// ordered by the bytes of Sort.
type Key struct {
	Partition string
	Sort      string
}

// String formats the key for errors and logs, which must not contain user input. String shows the first word of each
// part, and a number behind the word in Sort. Everything else becomes the first 8 hex digits of its SHA-256. Without
// the digest, an error about "NAME#secret garden" tells every reader of the log the name of a room.
func (k Key) String() string {
	kind, of, divided := strings.Cut(k.Partition, "#")
	if !divided {
		return kind + "/" + Digest(k.Sort)
	}
	kind += "#" + Digest(of) + "/"
	what, which, divided := strings.Cut(k.Sort, "#")
	if !divided {
		return kind + what
	}
	number, rest, more := strings.Cut(which, "#")
	switch {
	case strings.Trim(number, "0123456789") != "":
		return kind + what + "#" + Digest(which)
	case more:
		return kind + what + "#" + number + "#" + Digest(rest)
	}
	return kind + what + "#" + number
}

// Digest returns 8 hexadecimal digits of a hash of s, which replace s in logs. The digits for a room's id tell rooms
// apart, and reveal neither the id nor the name.
func Digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// Item is the value stored at a key.
type Item struct {
	Key Key
	// Expires is the time when the item becomes absent, truncated to seconds. The zero time means never.
	Expires time.Time
	// Data is non-empty UTF-8 text. The table returns Data byte for byte.
	Data []byte
}

// Live reports whether the item has not expired at the time now.
func (i Item) Live(now time.Time) bool {
	return i.Expires.IsZero() || i.Expires.Unix() > now.Unix()
}

// Consistency is the consistency of a read.
type Consistency int

const (
	// Eventual reads may miss recent writes. Eventual reads cost half.
	Eventual Consistency = iota
	// Strong reads see every Write that returned before the read began.
	Strong
)

// Condition is a condition on the item at an op's key. If the condition fails, the Write fails. The log orders every
// change of a room, so conditions ask for presence alone. IfSame is for what is stored beside the log.
type Condition int

const (
	// Always is no condition.
	Always Condition = iota
	// IfAbsent requires that there is no live item.
	IfAbsent
	// IfPresent requires a live item.
	IfPresent
	// IfSame requires a live item whose Data is Op.Was.
	IfSame
)

// Op is one change of a Write: it puts Item, or deletes the item at its key.
type Op struct {
	Item   Item // for a delete, only the key matters
	Delete bool
	If     Condition
	Was    []byte // for IfSame
	Erase  bool   // nothing of the old item may stay in files of the store
}

// Put returns the op that stores item.
func Put(item Item, c Condition) Op { return Op{Item: item, If: c} }

// Delete returns the op that removes the item at k. With the condition Always the op succeeds even without an item.
func Delete(k Key, c Condition) Op { return Op{Item: Item{Key: k}, Delete: true, If: c} }

// Range selects items of one partition.
type Range struct {
	Partition string
	Prefix    string // of the sort key; empty selects the whole partition
	// start after this sort key, in the direction of the query; must begin with Prefix, need not exist
	After       string
	Reverse     bool // in descending order
	Limit       int  // maximum number of live items, 1 to MaxLimit
	Bytes       int  // unless 0, the page ends with the item with which the page's Data reaches this number of bytes
	Consistency Consistency
}

// Page is the result of a Query. If More is false, the range has no further items; if More is true, it may have some.
type Page struct {
	Items []Item
	More  bool
}

// All yields the items of a range over any number of pages of MaxLimit items: r.Limit does not count. After an error of
// a Query, All yields the error and ends.
func All(ctx context.Context, t Reader, r Range) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		r := r
		r.Limit = MaxLimit
		for more := true; more; {
			page, err := t.Query(ctx, r)
			if err != nil {
				yield(Item{}, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
				r.After = item.Key.Sort
			}
			more = page.More
		}
	}
}

// Conflict is an op whose condition failed.
type Conflict struct {
	Op   int // index in the Write
	Key  Key
	Item *Item // the live item in the way; nil if none is there, though IfPresent or IfSame requires one
}

// ConflictError reports the failed conditions of a Write. Nothing was written.
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

// Check returns an error that wraps ErrInvalid if the ops of a Write break a limit. Every driver calls Check first.
func Check(ops []Op) error {
	if len(ops) == 0 || len(ops) > MaxOps {
		return fmt.Errorf("%w: %d ops; the limit is 1 to %d", ErrInvalid, len(ops), MaxOps)
	}
	seen := make(map[Key]bool, len(ops))
	total := 0
	for _, op := range ops {
		k := op.Item.Key
		if err := k.Check(); err != nil {
			return err
		}
		if seen[k] {
			return fmt.Errorf("%w: %s occurs twice in one write", ErrInvalid, k)
		}
		seen[k] = true
		size := len(k.Partition) + len(k.Sort) + len(op.Item.Data)
		if !op.Delete && len(op.Item.Data) == 0 {
			return fmt.Errorf("%w: %s has no data", ErrInvalid, k)
		}
		if !op.Delete && size > MaxItemBytes {
			return fmt.Errorf("%w: %s has %d bytes; the limit is %d", ErrInvalid, k, size, MaxItemBytes)
		}
		if !op.Delete && !utf8.Valid(op.Item.Data) {
			return fmt.Errorf("%w: the data of %s is not UTF-8", ErrInvalid, k)
		}
		total += size
	}
	if total > MaxTxBytes {
		return fmt.Errorf("%w: a write of %d bytes; the limit is %d", ErrInvalid, total, MaxTxBytes)
	}
	return nil
}

// Check returns an error that wraps ErrInvalid unless both parts of k have
// 1 to MaxKeyBytes bytes of UTF-8 without NUL.
func (k Key) Check() error {
	if k.Partition == "" || k.Sort == "" {
		return fmt.Errorf("%w: both parts of the key %q must have 1 to %d bytes", ErrInvalid, k.String(), MaxKeyBytes)
	}
	return checkParts(k.Partition, k.Sort)
}

// Check returns an error that wraps ErrInvalid if r breaks a limit.
func (r Range) Check() error {
	if r.Partition == "" || r.Limit < 1 || r.Limit > MaxLimit || r.Bytes < 0 {
		return fmt.Errorf("%w: a query must have a partition and limits, of 1 to %d items; it has a partition of %d "+
			"bytes and the limits %d and %d", ErrInvalid, MaxLimit, len(r.Partition), r.Limit, r.Bytes)
	}
	if r.After != "" && !strings.HasPrefix(r.After, r.Prefix) {
		return fmt.Errorf("%w: a query of %s starts outside its prefix", ErrInvalid, Key{r.Partition, r.After})
	}
	return checkParts(r.Partition, r.Prefix, r.After)
}

// checkParts checks parts of keys. sqlite ends a range of keys with NUL, and the AWS SDK replaces non-UTF-8 bytes.
func checkParts(parts ...string) error {
	for _, p := range parts {
		if len(p) > MaxKeyBytes || !utf8.ValidString(p) || strings.IndexByte(p, 0) >= 0 {
			return fmt.Errorf("%w: a part of a key must be at most %d bytes of UTF-8 without NUL; one of %d bytes is "+
				"not", ErrInvalid, MaxKeyBytes, len(p))
		}
	}
	return nil
}
