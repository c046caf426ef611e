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
// an agreement, a closed task, a check of one or the claim of a file is missing, if a removed text or claim is there,
// or if an event contradicts the event before. Of the snapshot it checks that the parts are of one time, that its event
// is neither after the last event nor before the last change, and that the open tasks are as the events say; the rest
// of the state is not compared. The room may be in use meanwhile, in a table whose Writes become visible at once.
func Verify(ctx context.Context, reader table.Reader, id string) (messages int, err error) {
	// The snapshot is read before the log, so it cannot be ahead of the log, whatever is appended meanwhile.
	before, err := snapshotOf(ctx, reader, id)
	if err != nil {
		return 0, err
	}

	// One pass over the log shows that each event follows from the event before, and what the other items must have.
	c := newLogCheck(before.AsOf)
	if err := c.read(ctx, reader, id); err != nil {
		return c.messages, err
	}

	// The log is whole. Next, none of the other items may be missing, or have what was removed.
	if err := verifyAgreements(ctx, reader, id, c.agreed, c.redacted); err != nil {
		return c.messages, err
	}
	if err := verifyRedacted(ctx, reader, id, c.redacted); err != nil {
		return c.messages, err
	}
	if err := verifyClaims(ctx, reader, id, c.carrying, c.redacted); err != nil {
		return c.messages, err
	}
	if err := c.tasks.verify(ctx, reader, id, c.redacted); err != nil {
		return c.messages, err
	}
	if err := c.tasks.verifyOpen(before); err != nil {
		return c.messages, err
	}

	// A snapshot read after the log must include each change in the log.
	after, err := snapshotOf(ctx, reader, id)
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
		tasks: taskCheck{ended: map[int64]int64{}, redacted: map[int64]int64{}, words: map[int64][]int64{},
			checked: map[table.Key]bool{}}}
}

// read reads the log of a room from its first event. It fails with ErrDamaged if an event contradicts the event
// before.
func (c *logCheck) read(ctx context.Context, reader table.Reader, id string) error {
	r := table.Range{Partition: roomPrefix + id, Prefix: logPrefix, Limit: table.MaxLimit, Consistency: table.Strong}
	for more := true; more; r.After = eventSort(c.last.N) {
		page, err := reader.Query(ctx, r)
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
		for _, event := range events {
			if why := contradiction(c.last, event); why != "" {
				return fmt.Errorf("%w: %s", ErrDamaged, why)
			}
			c.recordEvent(id, event)
		}
		more = page.More
	}
	return nil
}

// recordEvent records what event, the next event of the room, says of other items.
func (c *logCheck) recordEvent(id string, event room.Event) {
	c.last = event
	for _, n := range event.Agreed {
		c.agreed = append(c.agreed, agreementKey(id, event.N, n))
	}
	for _, n := range event.Emptied() {
		c.redacted[n] = true
	}
	c.tasks.recordEvent(event, c.asOf)
	if event.ChecksTask() {
		c.tasks.checked[checkKey(id, event.Task.No, event.Seat)] = true
	}
	if event.RemovesCheck() {
		delete(c.tasks.checked, checkKey(id, event.Task.No, event.Seat))
	}
	if event.Type != room.Said {
		return
	}
	c.messages++
	if event.File != nil {
		c.carrying[event.N] = event.File.Key
	}
}

// contradiction says why event cannot be the event after last; "" if it can. last is zero if no events precede event.
func contradiction(last, event room.Event) string {
	talk, public := last.LastTalk, last.Messages
	if event.Talk != nil {
		talk = event.N
	}
	if event.Type == room.Said && len(event.To) == 0 {
		public++
	}
	switch {
	case last.N == 0: // the events before have expired
		return ""
	case event.N != last.N+1: // times never go back, so an event outlives all events before it
		return fmt.Sprintf("event %d follows event %d", event.N, last.N)
	case event.LastTalk != talk:
		return fmt.Sprintf("event %d says that event %d changed the talk last, and event %d did", event.N,
			event.LastTalk, talk)
	case event.Messages != public:
		return fmt.Sprintf("event %d counts %d messages, and there are %d", event.N, event.Messages, public)
	}
	return ""
}

// verifyAgreements fails with ErrDamaged if one of keys is missing, since agreements outlive the events that
// complete them, or if an agreement still has a redacted text.
func verifyAgreements(ctx context.Context, reader table.Reader, id string, keys []table.Key,
	redacted map[int64]bool) error {
	r := table.Range{Partition: roomPrefix + id, Prefix: agreedPrefix, Consistency: table.Strong}
	stored := map[table.Key]bool{}
	for item, err := range table.All(ctx, reader, r) {
		if err != nil {
			return err
		}
		stored[item.Key] = true
		var agreement Agreement
		if err := Decode(item, &agreement); err != nil {
			return err
		}
		if redacted[agreement.N] && !agreement.Redacted {
			return fmt.Errorf("%w: the agreement %s has a text that was removed", ErrDamaged, item.Key)
		}
	}
	for _, key := range keys {
		if !stored[key] {
			return fmt.Errorf("%w: the agreement %s is missing", ErrDamaged, key)
		}
	}
	return nil
}

// verifyRedacted fails with ErrDamaged if one of the redacted events still has its text.
func verifyRedacted(ctx context.Context, reader table.Reader, id string, redacted map[int64]bool) error {
	for n := range redacted {
		item, err := reader.Get(ctx, EventKey(id, n), table.Strong)
		if errors.Is(err, table.ErrNotFound) {
			continue // the event has expired
		}
		if err != nil {
			return err
		}
		if event, err := decodeEvent(item); err != nil {
			return err
		} else if !event.Redacted {
			return fmt.Errorf("%w: event %d has a text that was removed", ErrDamaged, n)
		}
	}
	return nil
}

// verifyClaims fails with ErrDamaged if a message of carrying, which has the keys of files by event, does not claim
// its file, or if a removed file is claimed.
func verifyClaims(ctx context.Context, reader table.Reader, id string, carrying map[int64]string,
	redacted map[int64]bool) error {
	claims, err := Claims(ctx, reader, id)
	if err != nil {
		return err
	}
	claimed := map[string]bool{}
	for _, claim := range claims {
		claimed[claim.ID] = true
		if redacted[claim.N] {
			return fmt.Errorf("%w: the file of event %d, which was removed, is still claimed", ErrDamaged, claim.N)
		}
	}
	for n, key := range carrying {
		if claimed[key] {
			continue
		}
		item, err := reader.Get(ctx, EventKey(id, n), table.Strong)
		if errors.Is(err, table.ErrNotFound) {
			continue // the event has expired, and so has the claim
		}
		if err != nil {
			return err
		}
		if event, err := decodeEvent(item); err != nil {
			return err
		} else if !event.Redacted { // the text was removed meanwhile
			return fmt.Errorf("%w: the file of event %d is not claimed", ErrDamaged, n)
		}
	}
	return nil
}

// snapshotOf returns the snapshot of a room. It fails with ErrDamaged if parts are missing or of another time.
func snapshotOf(ctx context.Context, reader table.Reader, id string) (*snapshot, error) {
	stored, err := readSnapshot(ctx, reader, id)
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, table.ErrNotFound
	}
	return stored, stored.check()
}

// taskCheck is what the events of a log say about tasks.
type taskCheck struct {
	ended    map[int64]int64    // the event that closed a task, by the task
	redacted map[int64]int64    // the last event that removed the words of a task, by the task
	words    map[int64][]int64  // the events that have words of a task
	checked  map[table.Key]bool // the checks of tasks that were not removed
	first    int64              // the first event; the events before have expired
	open     room.State         // the open tasks since first, as of the snapshot
}

// recordEvent records what event says of tasks. Events up to asOf also change the open tasks.
func (c *taskCheck) recordEvent(event room.Event, asOf int64) {
	if event.IsLost() { // its changes of tasks are unknown
		c.first, c.open = 0, room.State{}
		return
	}
	if c.first == 0 {
		c.first = event.N
	}
	if event.N <= asOf {
		c.open.ChangeTasks(event)
	}
	for _, no := range event.TasksClosed() {
		c.ended[no] = event.N
	}
	if event.RedactsTask() {
		c.redacted[event.Task.No] = event.N
	}
	for _, no := range event.TasksTold() {
		c.words[no] = append(c.words[no], event.N)
	}
}

// verify fails with ErrDamaged if a closed task is missing, or if removed words are still there: the words of a
// redacted task, or of its redacted report. texts has the events whose texts were removed.
func (c *taskCheck) verify(ctx context.Context, reader table.Reader, id string, texts map[int64]bool) error {
	for no, by := range c.ended {
		item, err := reader.Get(ctx, doneKey(id, no), table.Strong)
		if errors.Is(err, table.ErrNotFound) {
			return fmt.Errorf("%w: the closed task %s is missing", ErrDamaged, room.TaskID(no))
		}
		var done Done
		if err == nil {
			err = Decode(item, &done)
		}
		switch {
		case err != nil:
			return err
		case c.redacted[no] > by && (!done.Task.Redacted || done.Ran != nil), texts[done.Report] && !done.Redacted:
			return fmt.Errorf("%w: the closed task %s has words that were removed", ErrDamaged, room.TaskID(no))
		}
	}
	for key := range c.checked {
		is, err := exists(ctx, reader, key)
		if err != nil {
			return err
		}
		if !is {
			return fmt.Errorf("%w: the check %s is missing", ErrDamaged, key)
		}
	}
	for no, by := range c.redacted {
		for _, n := range c.words[no] {
			if n > by {
				continue
			}
			item, err := reader.Get(ctx, EventKey(id, n), table.Strong) // the room may have been in use
			if errors.Is(err, table.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if event, err := decodeEvent(item); err != nil {
				return err
			} else if event.HasWordsOf(no) {
				return fmt.Errorf("%w: event %d has words of the task %s that were removed", ErrDamaged, n,
					room.TaskID(no))
			}
		}
	}
	return nil
}

// verifyOpen fails with ErrDamaged if an open task of a snapshot is missing there, or is not as the events say. It
// knows nothing of tasks whose events have expired.
func (c *taskCheck) verifyOpen(snapshot *snapshot) error {
	state, err := snapshot.state("")
	if err != nil {
		return err
	}
	stored := map[int64]string{}
	for _, task := range state.Tasks {
		if task.N >= c.first {
			stored[task.No] = c.plain(task)
		}
	}
	said := map[int64]string{}
	for _, task := range c.open.Tasks {
		said[task.No] = c.plain(task)
	}
	for no := int64(1); no <= max(state.LastTask, c.open.LastTask); no++ {
		if stored[no] != said[no] {
			return fmt.Errorf("%w: the open task %s is not as the events say", ErrDamaged, room.TaskID(no))
		}
	}
	return nil
}

// plain renders task without what the events do not say: when its agents joined, and removed words. It leaves
// out whether a person acted, the person's name, and the last edit and take, since parts of an older program lack
// these.
func (c *taskCheck) plain(task room.Task) string {
	task.Edited, task.Editor, task.Taken = 0, 0, 0
	task.Adder.Joined, task.Holder.Joined, task.ByPerson, task.Adder.Person, task.Holder.Person = 0, 0, false, "", ""
	if c.redacted[task.No] > 0 {
		task.Title, task.Text, task.Redacted = "", "", false
	}
	return string(Encode(task))
}
