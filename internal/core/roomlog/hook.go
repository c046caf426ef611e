package roomlog

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// HooksPartition is the partition of all hooks of a table: a query finds all hooks, and a query with a principal
// as prefix counts the principal's hooks.
const HooksPartition = "HOOKS"

// HookItem says where a hook leads. No delivery writes the HookItem of a wake, so none undoes the refresh of one.
type HookItem struct {
	V      int       `json:"v"`
	ID     string    `json:"-"`
	Room   string    `json:"room"` // its id
	Seat   int       `json:"s"`
	Form   room.Form `json:"f,omitempty"`
	ForMe  bool      `json:"me,omitempty"`
	URL    string    `json:"url"`
	Secret string    `json:"secret"`
	Server string    `json:"server,omitempty"` // the public address of the only server that calls it
	// Principal is who made it: see ident.Principal.
	Principal string `json:"who,omitempty"`
	SignIn    string `json:"sign_in,omitempty"` // the sign-in of the call that made the hook: see ident.Principal
	SinceMs   int64  `json:"since"`
	UntilMs   int64  `json:"until"` // the hook ends then unless it is refreshed
	// RefreshedMs is when the hook was last refreshed, or added again; 0: never.
	RefreshedMs int64 `json:"again,omitempty"`
	// Barred says that the hook is called no more: its person has ended a wake, or a push service refuses the calls.
	Barred bool `json:"barred,omitempty"`
	PushItem
}

// PushItem is the part of a HookItem that browsers alone have.
type PushItem struct {
	Device string `json:"device,omitempty"` // of the person, as in room.Person: the hook ends with it
	Words  bool   `json:"words,omitempty"`  // a notification shows what was written
	Drafts bool   `json:"drafts,omitempty"` // only drafts are told
}

// Replaces reports whether hook, a browser, takes the place of other: both are of one device at one seat.
func (hook HookItem) Replaces(other HookItem) bool {
	return other.Room == hook.Room && other.Seat == hook.Seat && other.Device == hook.Device
}

// Progress is the outcome of the calls of a hook. It is stored beside the presence of its seat, since the last sign of
// life of a hook that calls the agent is a sign of life of the seat. Only the beginning of a hook and passes (package
// outbox) write a Progress.
type Progress struct {
	V       int   `json:"v"`
	SinceMs int64 `json:"since,omitempty"` // when the hook began, as PutProgress says
	// RefreshedMs is the HookItem.RefreshedMs that a pass last took into account.
	RefreshedMs int64 `json:"again,omitempty"`

	N    int64 `json:"i,omitempty"` // raised by each call whose end is stored: see Store.ClaimCall
	AtMs int64 `json:"at"`          // the last refresh, or the last call that woke the agent; 0: of a webhook
	// Upto is the last event with which the hook is done: a wake has counted it, the host of a webhook has taken or
	// refused it, an endpoint has answered or given it up.
	Upto    int64  `json:"upto,omitempty"`
	TriedMs int64  `json:"tried,omitempty"` // the last call
	LastMs  int64  `json:"last,omitempty"`  // the last call that the host took
	Error   string `json:"error,omitempty"` // of the last call, in words

	// NotBeforeMs is before when no call is made: the last call failed, or the server had no place for it. 0: a call is
	// made as soon as the agent, or its person, is to hear something.
	NotBeforeMs int64 `json:"retry,omitempty"`

	Failing
	WakeProgress
	EndpointProgress
	HourProgress
	// Looked has, of a push, when the person was last told of what differs, in ms, by the group of the checker: see
	// room.Difference. Those of the last hour are kept.
	Looked map[string]int64 `json:"looked,omitempty"`
}

// Failing says how the calls of a hook fail since the last call that its host took. The zero value: no call fails.
type Failing struct {
	SinceMs int64 `json:"failing,omitempty"` // when the first of the calls failed
	// Tries is how many tries of the next call were in vain. It is set without SinceMs if an endpoint took a call, and
	// then lost the task of the call.
	Tries int `json:"tries,omitempty"`
	// GaveUp says that the last try has failed, too. Then no call is made until an event after Known, the last event of
	// the room at that try, or, of a wake, until the agent has read more.
	GaveUp bool  `json:"gave_up,omitempty"`
	Known  int64 `json:"known,omitempty"`
}

// WakeProgress is the part of a Progress that wakes alone have.
type WakeProgress struct {
	Read   int64 `json:"read,omitempty"`   // the last event that the agent had read at the last call; 0: no call
	Told   int64 `json:"news,omitempty"`   // the last event that the last call told of; 0: none since the last refresh
	Last   int64 `json:"for,omitempty"`    // the last event up to Upto for which the agent is called
	Unread int   `json:"unread,omitempty"` // how many such events came since the agent had read all
	// Settled says that the host took the last call, or wants it no more; Round is how many calls it took before for
	// the same Read.
	Settled bool `json:"done,omitempty"`
	Round   int  `json:"round,omitempty"`
}

// EndpointProgress is the part of a Progress that endpoints alone have.
type EndpointProgress struct {
	Sent    int64  `json:"sent,omitempty"`    // the last event of the call under way or repeated; 0: none
	Step    int    `json:"step,omitempty"`    // and the step of that
	Missed  bool   `json:"missed,omitempty"`  // something up to Upto was left out, and the endpoint was not told
	Context string `json:"context,omitempty"` // of the endpoint's last reply
	To      []int  `json:"to,omitempty"`      // the seats that get the endpoint's last answer; none: all
	Asks    string `json:"asks,omitempty"`    // the task in which the endpoint asks the seats To a question
	Task    string `json:"task,omitempty"`    // the task on which the endpoint works because of that call
	PollMs  int64  `json:"poll,omitempty"`    // when to ask what became of the task
	Polls   int    `json:"polls,omitempty"`   // how often the endpoint was asked about the task
	Lost    bool   `json:"lost,omitempty"`    // the endpoint no longer knew its task or context, and is told once more
}

// HourProgress counts the calls of an endpoint or a browser.
type HourProgress struct {
	HourMs int64 `json:"hour,omitempty"`  // when the hour began in which calls are counted
	Calls  int   `json:"calls,omitempty"` // since then
}

// tellCalls says which hooks to deliver to because of events that the process has written, or may have written.
func (l *Log) tellCalls(events []room.Event) {
	for _, event := range events {
		if len(event.Calls) > 0 && l.store.opts.Calls != nil {
			l.store.opts.Calls(l.id, event.Calls)
		}
	}
}

func hookKey(id string) table.Key { return table.Key{Partition: HooksPartition, Sort: id} }

// ProgressKey returns the key of the outcome of a hook's calls.
func ProgressKey(id string, seat int, hook string) table.Key {
	return inRoom(id, seenPrefix+seatDigits(seat)+hookSuffix+hook)
}

// IsProgress reports whether a Progress is stored at k.
func IsProgress(k table.Key) bool {
	return strings.HasPrefix(k.Sort, seenPrefix) && strings.Contains(k.Sort, hookSuffix)
}

// PutHook returns the op that stores where a hook leads, until its end.
func PutHook(hook HookItem) table.Op {
	hook.V = room.Version
	return table.Put(table.Item{
		Key: hookKey(hook.ID), Expires: room.CeilSecond(time.UnixMilli(hook.UntilMs)), Data: Encode(hook),
	}, table.Always)
}

// PutProgress returns the op that stores progress, the outcome of the calls of hook, for as long as it keeps the
// seat: hook may have been refreshed since it was read.
func PutProgress(hook HookItem, progress Progress) table.Op {
	progress.V, progress.SinceMs = room.Version, hook.SinceMs
	until := room.Latest(time.UnixMilli(hook.UntilMs),
		time.UnixMilli(max(progress.AtMs, progress.TriedMs)).Add(room.HookLease))
	return table.Put(table.Item{
		Key: ProgressKey(hook.Room, hook.Seat, hook.ID), Expires: room.CeilSecond(until), Data: Encode(progress),
	}, table.Always)
}

// ClaimCall claims the call of hook whose Progress has number n, until a time or until the Progress with n+1 is
// written: only the caller writes that Progress. taken is when another's claim ends; zero: the caller has the claim.
// A hook that has ended and begins again begins with 0, so ClaimCall may find a claim from before.
func (s *Store) ClaimCall(ctx context.Context, hook HookItem, n int64, until time.Time) (taken time.Time, err error) {
	mine := slotItem{V: room.Version, ID: ident.NewEventID(), AtMs: s.now().UnixMilli()}
	key := inRoom(hook.Room, callPrefix+hook.ID+"#"+strconv.FormatInt(n, 10))
	before, err := s.putOnce(ctx, table.Item{Key: key, Expires: room.CeilSecond(until), Data: Encode(mine)})
	if before == nil || err != nil {
		return time.Time{}, err
	}
	return before.Expires, nil
}

// BarHook returns the ops that delete what is stored of hook, and store that the person has ended hook: so no refresh
// begins hook again for as long as hook would have lived.
func BarHook(hook HookItem) []table.Op {
	hook.URL, hook.Secret, hook.Barred = "", "", true
	return []table.Op{PutHook(hook), table.Delete(ProgressKey(hook.Room, hook.Seat, hook.ID), table.Always)}
}

// DropHook returns the ops that delete what is stored of a hook of a seat in the room with an id.
func DropHook(id string, seat int, hook string) []table.Op {
	return []table.Op{
		table.Delete(hookKey(hook), table.Always), table.Delete(ProgressKey(id, seat, hook), table.Always),
	}
}

// hooksDropped returns the ops that delete the hooks of the seat that event frees in the room of state; none if event
// frees no seat.
func hooksDropped(state *room.State, event room.Event) (ops []table.Op) {
	if event.Type != room.Left {
		return nil
	}
	agent, _ := state.Seated(event.Seat)
	for _, hook := range agent.Hooks {
		ops = append(ops, DropHook(state.ID, event.Seat, hook.ID)...)
	}
	return ops
}

// Hook returns where a hook leads. It fails with table.ErrNotFound if it has ended.
func (s *Store) Hook(ctx context.Context, id string) (hook HookItem, err error) {
	item, err := s.table.Get(ctx, hookKey(id), table.Strong)
	if err == nil {
		hook, err = hookOf(item)
	}
	return hook, err
}

// Hooks returns the hooks whose ids begin with prefix. It logs and leaves out items that cannot be read: a malformed
// item must not keep the other hooks from being called. If Hooks fails, it returns the hooks read so far.
func (s *Store) Hooks(ctx context.Context, prefix string) (list []HookItem, err error) {
	where := table.Range{Partition: HooksPartition, Prefix: prefix, Consistency: table.Eventual}
	for item, err := range table.All(ctx, s.table, where) {
		if err != nil {
			return list, err
		}
		hook, err := hookOf(item)
		if err != nil {
			s.opts.Logger.WarnContext(ctx, "a hook cannot be read", "hook", item.Key.Sort, "error", err)
			continue
		}
		list = append(list, hook)
	}
	return list, nil
}

func hookOf(item table.Item) (hook HookItem, err error) {
	err = Decode(item, &hook)
	hook.ID = item.Key.Sort
	return hook, err
}

// Progress returns the outcome of the calls of hook; zero: none is known. A hook that ended during a call, and began
// again, finds nothing that the old call stored later.
func (s *Store) Progress(ctx context.Context, hook HookItem) (progress Progress, err error) {
	item, err := s.table.Get(ctx, ProgressKey(hook.Room, hook.Seat, hook.ID), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return progress, nil
	}
	if err == nil {
		err = Decode(item, &progress)
	}
	if progress.SinceMs != 0 && progress.SinceMs != hook.SinceMs { // 0: as earlier builds stored it
		progress = Progress{}
	}
	return progress, err
}
