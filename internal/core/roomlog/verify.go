package roomlog

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// ErrDamaged means that the items of a room contradict each other.
var ErrDamaged = errors.New("the log is damaged")

// Verify reads the whole log of a room and returns the number of its messages. It fails with table.ErrNotFound if
// there is no room, and with the error of Readable if an item cannot be read. It fails with ErrDamaged if an event,
// an agreement, a closed task or the claim of a file is missing, if a removed text or claim is there, or if the log
// contradicts the snapshot or itself. The room may be in use meanwhile, in a table whose Writes become visible at
// once.
func Verify(ctx context.Context, t table.Reader, id string) (messages int, err error) {
	// The snapshot is read before the log, so it cannot be ahead of the log, whatever is appended meanwhile.
	before, err := snapshotOf(ctx, t, id)
	if err != nil {
		return 0, err
	}

	// One pass over the log shows that each event follows from the event before, and what the other items must have.
	c := newLogCheck(before.AsOf)
	if err := c.read(ctx, t, id); err != nil {
		return c.messages, err
	}

	// The log is whole. Next, none of the other items may be missing, or have what was removed.
	if err := verifyAgreements(ctx, t, id, c.agreed, c.redacted); err != nil {
		return c.messages, err
	}
	if err := verifyRedacted(ctx, t, id, c.redacted); err != nil {
		return c.messages, err
	}
	if err := verifyClaims(ctx, t, id, c.carrying, c.redacted); err != nil {
		return c.messages, err
	}
	if err := c.tasks.verify(ctx, t, id, c.redacted); err != nil {
		return c.messages, err
	}
	if err := c.tasks.verifyOpen(before); err != nil {
		return c.messages, err
	}

	// A snapshot read after the log must include each change in the log.
	after, err := snapshotOf(ctx, t, id)
	if err != nil {
		return c.messages, err
	}
	if before.AsOf > c.last.N {
		return c.messages, fmt.Errorf("%w: it ends at event %d, and its snapshot is of event %d", ErrDamaged, c.last.N,
			before.AsOf)
	}
	if after.AsOf < c.last.LastChange {
		return c.messages, fmt.Errorf("%w: its snapshot is of event %d, and event %d changed the room", ErrDamaged,
			after.AsOf, c.last.LastChange)
	}
	return c.messages, nil
}

// logCheck is what one pass over a log shows.
type logCheck struct {
	asOf     int64 // of the snapshot before the pass
	last     room.Event
	messages int
	agreed   []table.Key      // the agreements that events completed
	redacted map[int64]bool   // the events whose texts were removed
	carrying map[int64]string // the keys of files, by the messages that carry them
	tasks    taskCheck
}

func newLogCheck(asOf int64) *logCheck {
	return &logCheck{asOf: asOf, redacted: map[int64]bool{}, carrying: map[int64]string{},
		tasks: taskCheck{ended: map[int64]int64{}, redacted: map[int64]int64{}, words: map[int64][]int64{}}}
}

// read reads the log of a room from its first event. It fails with ErrDamaged if an event contradicts the event
// before.
func (c *logCheck) read(ctx context.Context, t table.Reader, id string) error {
	r := table.Range{Partition: roomPrefix + id, Prefix: logPrefix, Limit: table.MaxLimit, Consistency: table.Strong}
	for more := true; more; r.After = eventSort(c.last.N) {
		page, err := t.Query(ctx, r)
		if err != nil {
			return err
		}
		events, err := decodeEvents(page.Items, nil)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if !utf8.Valid(item.Data) {
				return fmt.Errorf("%w: %s is not UTF-8", ErrDamaged, item.Key)
			}
		}
		for _, e := range events {
			if why := contradiction(c.last, e); why != "" {
				return fmt.Errorf("%w: %s", ErrDamaged, why)
			}
			c.recordEvent(id, e)
		}
		more = page.More
	}
	return nil
}

// recordEvent records what e, the next event of the room, says of other items.
func (c *logCheck) recordEvent(id string, e room.Event) {
	c.last = e
	for _, n := range e.Agreed {
		c.agreed = append(c.agreed, agreementKey(id, e.N, n))
	}
	for _, n := range e.Emptied() {
		c.redacted[n] = true
	}
	c.tasks.recordEvent(e, c.asOf)
	if e.Type != room.Said {
		return
	}
	c.messages++
	if e.File != nil {
		c.carrying[e.N] = e.File.Key
	}
}

// contradiction says why e cannot be the event after last; "" if it can. last is zero if no events precede e.
func contradiction(last, e room.Event) string {
	talk, public := last.LastTalk, last.Messages
	if e.Talk != nil {
		talk = e.N
	}
	if e.Type == room.Said && len(e.To) == 0 {
		public++
	}
	switch {
	case last.N == 0: // the events before have expired
		return ""
	case e.N != last.N+1: // times never go back, so an event outlives all events before it
		return fmt.Sprintf("event %d follows event %d", e.N, last.N)
	case e.LastTalk != talk:
		return fmt.Sprintf("event %d says that event %d changed the talk last, and event %d did", e.N, e.LastTalk, talk)
	case e.Messages != public:
		return fmt.Sprintf("event %d counts %d messages, and there are %d", e.N, e.Messages, public)
	}
	return ""
}

// verifyAgreements fails with ErrDamaged if one of keys is missing, since agreements outlive the events that
// complete them, or if an agreement still has a redacted text.
func verifyAgreements(ctx context.Context, t table.Reader, id string, keys []table.Key, redacted map[int64]bool) error {
	r := table.Range{Partition: roomPrefix + id, Prefix: agreedPrefix, Consistency: table.Strong}
	stored := map[table.Key]bool{}
	for item, err := range table.All(ctx, t, r) {
		if err != nil {
			return err
		}
		stored[item.Key] = true
		var x Agreement
		if err := Decode(item, &x); err != nil {
			return err
		}
		if redacted[x.N] && !x.Redacted {
			return fmt.Errorf("%w: the agreement %s has a text that was removed", ErrDamaged, item.Key)
		}
	}
	for _, k := range keys {
		if !stored[k] {
			return fmt.Errorf("%w: the agreement %s is missing", ErrDamaged, k)
		}
	}
	return nil
}

// verifyRedacted fails with ErrDamaged if one of the redacted events still has its text.
func verifyRedacted(ctx context.Context, t table.Reader, id string, redacted map[int64]bool) error {
	for n := range redacted {
		item, err := t.Get(ctx, EventKey(id, n), table.Strong)
		if errors.Is(err, table.ErrNotFound) {
			continue // the event has expired
		}
		if err != nil {
			return err
		}
		if e, err := decodeEvent(item); err != nil {
			return err
		} else if !e.Redacted {
			return fmt.Errorf("%w: event %d has a text that was removed", ErrDamaged, n)
		}
	}
	return nil
}

// verifyClaims fails with ErrDamaged if a message of carrying, which has the keys of files by event, does not claim
// its file, or if a removed file is claimed.
func verifyClaims(ctx context.Context, t table.Reader, id string, carrying map[int64]string,
	redacted map[int64]bool) error {
	claims, err := Claims(ctx, t, id)
	if err != nil {
		return err
	}
	claimed := map[string]bool{}
	for _, c := range claims {
		claimed[c.ID] = true
		if redacted[c.N] {
			return fmt.Errorf("%w: the file of event %d, which was removed, is still claimed", ErrDamaged, c.N)
		}
	}
	for n, key := range carrying {
		if claimed[key] {
			continue
		}
		item, err := t.Get(ctx, EventKey(id, n), table.Strong)
		if errors.Is(err, table.ErrNotFound) {
			continue // the event has expired, and so has the claim
		}
		if err != nil {
			return err
		}
		if e, err := decodeEvent(item); err != nil {
			return err
		} else if !e.Redacted { // the text was removed meanwhile
			return fmt.Errorf("%w: the file of event %d is not claimed", ErrDamaged, n)
		}
	}
	return nil
}

// snapshotOf returns the snapshot of a room. It fails with ErrDamaged if parts are missing or of another time.
func snapshotOf(ctx context.Context, t table.Reader, id string) (*snapshot, error) {
	x, err := readSnapshot(ctx, t, id)
	if err != nil {
		return nil, err
	}
	if x == nil {
		return nil, table.ErrNotFound
	}
	return x, x.check()
}

// taskCheck is what the events of a log say about tasks.
type taskCheck struct {
	ended    map[int64]int64   // the event that closed a task, by the task
	redacted map[int64]int64   // the last event that removed the words of a task, by the task
	words    map[int64][]int64 // the events that have words of a task
	first    int64             // the first event; the events before have expired
	open     room.State        // the open tasks since first, as of the snapshot
}

// recordEvent records what e says, up to the event asOf also about what is open.
func (c *taskCheck) recordEvent(e room.Event, asOf int64) {
	if e.IsLost() { // its changes of tasks are unknown
		c.first, c.open = 0, room.State{}
		return
	}
	if c.first == 0 {
		c.first = e.N
	}
	if e.N <= asOf {
		c.open.ChangeTasks(e)
	}
	for _, no := range e.TasksClosed() {
		c.ended[no] = e.N
	}
	if e.RedactsTask() {
		c.redacted[e.Task.No] = e.N
	}
	for _, no := range e.TasksTold() {
		c.words[no] = append(c.words[no], e.N)
	}
}

// verify fails with ErrDamaged if a closed task is missing, or if removed words of a task are there: words that a
// redaction of the task removed, or of its report, which is in texts.
func (c *taskCheck) verify(ctx context.Context, t table.Reader, id string, texts map[int64]bool) error {
	for no, by := range c.ended {
		item, err := t.Get(ctx, doneKey(id, no), table.Strong)
		if errors.Is(err, table.ErrNotFound) {
			return fmt.Errorf("%w: the closed task %s is missing", ErrDamaged, room.TaskID(no))
		}
		var d Done
		if err == nil {
			err = Decode(item, &d)
		}
		switch {
		case err != nil:
			return err
		case c.redacted[no] > by && !d.Task.Redacted, texts[d.Report] && !d.Redacted:
			return fmt.Errorf("%w: the closed task %s has words that were removed", ErrDamaged, room.TaskID(no))
		}
	}
	for no, by := range c.redacted {
		for _, n := range c.words[no] {
			if n > by {
				continue
			}
			item, err := t.Get(ctx, EventKey(id, n), table.Strong) // the room may have been in use
			if errors.Is(err, table.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if e, err := decodeEvent(item); err != nil {
				return err
			} else if e.HasWordsOf(no) {
				return fmt.Errorf("%w: event %d has words of the task %s that were removed", ErrDamaged, n,
					room.TaskID(no))
			}
		}
	}
	return nil
}

// verifyOpen fails with ErrDamaged if an open task of a snapshot is missing there, or is not as the events say. It
// knows nothing of tasks whose events have expired.
func (c *taskCheck) verifyOpen(x *snapshot) error {
	s, err := x.state("")
	if err != nil {
		return err
	}
	stored := map[int64]string{}
	for _, t := range s.Tasks {
		if t.N >= c.first {
			stored[t.No] = c.plain(t)
		}
	}
	said := map[int64]string{}
	for _, t := range c.open.Tasks {
		said[t.No] = c.plain(t)
	}
	for no := int64(1); no <= max(s.LastTask, c.open.LastTask); no++ {
		if stored[no] != said[no] {
			return fmt.Errorf("%w: the open task %s is not as the events say", ErrDamaged, room.TaskID(no))
		}
	}
	return nil
}

// plain renders t without what the events do not say: when its agents joined, and removed words. It leaves
// out whether a person acted, and the person's name, since parts of an older program lack both.
func (c *taskCheck) plain(t room.Task) string {
	t.Adder.Joined, t.Holder.Joined, t.ByPerson, t.Adder.Person, t.Holder.Person = 0, 0, false, "", ""
	if c.redacted[t.No] > 0 {
		t.Title, t.Text, t.Redacted = "", "", false
	}
	return string(Encode(t))
}
