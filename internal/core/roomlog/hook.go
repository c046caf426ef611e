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

// HooksPartition is that of all hooks of a table: so one query finds them all, and one with the prefix
// of a principal counts those of that.
const HooksPartition = "HOOKS"

// HookItem says where a hook leads. No delivery writes it, so that none undoes a refresh; only the renewal of a
// webhook, or an endpoint, does.
type HookItem struct {
	V      int       `json:"v"`
	ID     string    `json:"-"`
	Room   string    `json:"room"` // its id
	Seat   int       `json:"s"`
	Form   room.Form `json:"f,omitempty"`
	ForMe  bool      `json:"me,omitempty"`
	URL    string    `json:"url"`
	Secret string    `json:"secret"`
	Server string    `json:"server,omitempty"` // the public address of the server that made it; another one calls nobody
	// Principal is who made it: see ident.Principal.
	Principal string `json:"who,omitempty"`
	SignIn    string `json:"sign_in,omitempty"` // by which it came: see ident.Principal
	SinceMs   int64  `json:"since"`
	UntilMs   int64  `json:"until"` // it ends then unless it is refreshed
	// RefreshedMs is when it was last refreshed, or added again; 0: never.
	RefreshedMs int64 `json:"again,omitempty"`
	Barred      bool  `json:"barred,omitempty"` // its person has ended it: it leads nowhere
}

// Told is what became of the calls of a hook. It is stored beside the presence of its seat, since the
// last sign of life of a hook that calls the agent is one of the seat. The beginning of a hook writes it, and then
// looks alone.
type Told struct {
	V       int   `json:"v"`
	SinceMs int64 `json:"since,omitempty"` // when the hook began, as PutTold says
	// RefreshedMs is that of the hook when a look last took a refresh into account.
	RefreshedMs int64 `json:"again,omitempty"`

	N    int64 `json:"i,omitempty"`    // raised by each call whose end is stored: see Store.ClaimCall
	AtMs int64 `json:"at"`             // the last refresh, or the last call that woke the agent; 0: of a webhook
	Upto int64 `json:"upto,omitempty"` // a look is done with the events up to this one
	Read int64 `json:"read,omitempty"` // the last event that the agent had read when it was called last; 0: never called
	News int64 `json:"news,omitempty"` // and how far the look had come that called
	// Last is the last event up to Upto for which the agent is called, and Unread how many such events there were since
	// it had read all.
	Last   int64 `json:"for,omitempty"`
	Unread int   `json:"unread,omitempty"`
	// Settled says that the host took that call, or wants it no more; Round is how many it had at Read before.
	Settled bool  `json:"done,omitempty"`
	Round   int   `json:"round,omitempty"`
	TriedMs int64 `json:"tried,omitempty"` // the last call
	LastMs  int64 `json:"last,omitempty"`  // the last one that woke the agent

	// Of calls that failed since one succeeded; zero for none.
	Tries     int    `json:"tries,omitempty"`
	FailingMs int64  `json:"failing,omitempty"` // when the first one failed
	RetryMs   int64  `json:"retry,omitempty"`   // when to try again; 0: once something new comes
	Error     string `json:"error,omitempty"`   // of the last one

	// Of an endpoint.
	Sent    int64  `json:"sent,omitempty"`    // the last event of the call that is made or repeated; 0: none is
	Step    int    `json:"step,omitempty"`    // and the step of that
	Missed  bool   `json:"missed,omitempty"`  // something up to Upto was left out, of which it was not told
	Context string `json:"context,omitempty"` // of its last reply
	To      []int  `json:"to,omitempty"`      // the seats for which its last answer was; none: for all
	Asks    string `json:"asks,omitempty"`    // the task in which it has asked these back
	Task    string `json:"task,omitempty"`    // that it works on because of that call
	PollMs  int64  `json:"poll,omitempty"`    // when to ask what became of the task
	Polls   int    `json:"polls,omitempty"`   // and how often it was asked
	HourMs  int64  `json:"hour,omitempty"`    // when the hour began in which calls are counted
	Calls   int    `json:"calls,omitempty"`   // since then
}

// tellCalls says which hooks are to be looked at because of events that this process has written, or may have.
func (l *Log) tellCalls(events []room.Event) {
	for _, e := range events {
		if len(e.Calls) > 0 && l.store.opts.Calls != nil {
			l.store.opts.Calls(l.id, e.Calls)
		}
	}
}

func hookKey(id string) table.Key { return table.Key{Partition: HooksPartition, Sort: id} }

// ToldKey returns the key of what became of the calls of a hook.
func ToldKey(id string, seat int, hook string) table.Key {
	return inRoom(id, seenPrefix+seatDigits(seat)+hookSuffix+hook)
}

// IsTold reports whether a Told is stored at k.
func IsTold(k table.Key) bool {
	return strings.HasPrefix(k.Sort, seenPrefix) && strings.Contains(k.Sort, hookSuffix)
}

// PutHook returns the op that stores where a hook leads, until its end.
func PutHook(x HookItem) table.Op {
	x.V = room.Version
	return table.Put(table.Item{
		Key: hookKey(x.ID), Expires: room.CeilSecond(time.UnixMilli(x.UntilMs)), Data: Encode(x),
	}, table.Always)
}

// PutTold returns the op that stores what became of the calls of x, for as long as that keeps the seat: x may have
// been refreshed since it was read.
func PutTold(x HookItem, t Told) table.Op {
	t.V, t.SinceMs = room.Version, x.SinceMs
	until := room.Latest(time.UnixMilli(x.UntilMs), time.UnixMilli(max(t.AtMs, t.TriedMs)).Add(room.HookLease))
	return table.Put(table.Item{
		Key: ToldKey(x.Room, x.Seat, x.ID), Expires: room.CeilSecond(until), Data: Encode(t),
	}, table.Always)
}

// ClaimCall has nobody but the caller write what became of the calls of x, where that has the number n, until a time or
// until it has been written with n+1. taken is when the claim of another ends; zero: the caller has it. A hook that has
// ended and begins again begins with 0, and may so find a claim from before.
func (s *Store) ClaimCall(ctx context.Context, x HookItem, n int64, until time.Time) (taken time.Time, err error) {
	mine := slotItem{V: room.Version, ID: ident.NewEventID(), AtMs: s.now().UnixMilli()}
	key := inRoom(x.Room, callPrefix+x.ID+"#"+strconv.FormatInt(n, 10))
	before, err := s.putOnce(ctx, table.Item{Key: key, Expires: room.CeilSecond(until), Data: Encode(mine)})
	if before == nil || err != nil {
		return time.Time{}, err
	}
	return before.Expires, nil
}

// BarHook returns the ops that delete what is stored of x, but that its person has ended it: so no refresh
// begins it again for as long as x would have lived.
func BarHook(x HookItem) []table.Op {
	x.URL, x.Secret, x.Barred = "", "", true
	return []table.Op{PutHook(x), table.Delete(ToldKey(x.Room, x.Seat, x.ID), table.Always)}
}

// DropHook returns the ops that delete what is stored of a hook of a seat in the room with an id.
func DropHook(id string, seat int, hook string) []table.Op {
	return []table.Op{
		table.Delete(hookKey(hook), table.Always), table.Delete(ToldKey(id, seat, hook), table.Always),
	}
}

// hooksDropped returns the ops that delete the hooks of the seat that e frees, if it frees one in the room of s.
func hooksDropped(s *room.State, e room.Event) (ops []table.Op) {
	if e.Type != room.Left {
		return nil
	}
	a, _ := s.Seated(e.Seat)
	for _, k := range a.Hooks {
		ops = append(ops, DropHook(s.ID, e.Seat, k.ID)...)
	}
	return ops
}

// Hook returns where a hook leads. It fails with table.ErrNotFound if it has ended.
func (s *Store) Hook(ctx context.Context, id string) (x HookItem, err error) {
	item, err := s.table.Get(ctx, hookKey(id), table.Strong)
	if err == nil {
		x, err = hookOf(item)
	}
	return x, err
}

// Hooks returns the hooks whose ids begin with prefix. It logs and leaves out those whose items it cannot read: one
// malformed item must not keep the other hooks from being called. If it fails, it returns those that it has read.
func (s *Store) Hooks(ctx context.Context, prefix string) (list []HookItem, err error) {
	where := table.Range{Partition: HooksPartition, Prefix: prefix, Consistency: table.Eventual}
	for item, err := range table.All(ctx, s.table, where) {
		if err != nil {
			return list, err
		}
		x, err := hookOf(item)
		if err != nil {
			s.opts.Logger.WarnContext(ctx, "a hook cannot be read", "hook", item.Key.Sort, "error", err)
			continue
		}
		list = append(list, x)
	}
	return list, nil
}

func hookOf(item table.Item) (x HookItem, err error) {
	err = Decode(item, &x)
	x.ID = item.Key.Sort
	return x, err
}

// Told returns what became of the calls of x; zero if nothing is known. A hook that ended during a call, and began
// again, finds nothing of what that call stored later.
func (s *Store) Told(ctx context.Context, x HookItem) (t Told, err error) {
	item, err := s.table.Get(ctx, ToldKey(x.Room, x.Seat, x.ID), table.Strong)
	if errors.Is(err, table.ErrNotFound) {
		return t, nil
	}
	if err == nil {
		err = Decode(item, &t)
	}
	if t.SinceMs != 0 && t.SinceMs != x.SinceMs { // 0: as earlier builds stored it
		t = Told{}
	}
	return t, err
}
