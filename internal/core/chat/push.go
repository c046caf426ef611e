package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
)

// NeedKind says what needs a person.
type NeedKind string

// The kinds. The page finds the first three, too: see assets/rooms/needs.js.
const (
	NeedsDecision NeedKind = "draft"    // a message of the own agent waits
	NeedsAnswer   NeedKind = "request"  // the seat owes an answer
	NeedsVote     NeedKind = "proposal" // the seat has not voted
	NeedsLook     NeedKind = "check"    // Differing of one group needs the person
	NeedsNothing  NeedKind = "ended"    // the room was closed: the person hears of it once
)

// Need is one thing that needs the person of a seat.
type Need struct {
	N    int64
	Kind NeedKind
	At   time.Time

	Differing []room.Difference // of NeedsLook; N is that of the last

	// Of a told need: see DescribeNeeds.

	ID   string // of the draft or the message
	Who  string // wrote it: the own agent, another one or a person; untrusted
	Text string // the first words; untrusted
}

// Needs is what needs the person of a seat now.
type Needs struct {
	Gone    bool // the seat has no such hook, or its person no such device any more
	Ended   bool // the room was closed
	AsOf    int64
	RoomID  string
	Room    string // the name; untrusted
	Alone   bool   // the person has no agent here that could answer
	Watches bool   // a page of the person is open and seen
	Open    []Need // oldest first

	head *room.Head
}

// needText is how many characters of a text a person is told.
const needText = 160

// Needs returns what needs the person of hook, as of the time of the call. All of it comes from the head, so what was
// answered or decided meanwhile is in it no more.
func (s *Service) Needs(ctx context.Context, hook roomlog.HookItem) (Needs, error) {
	live := s.acquire(hook.Room)
	defer live.release()
	k, here, err := live.loadHook(ctx, hook)
	if err != nil || !here || hook.Form == room.FormPush && !slices.Contains(k.agent.Person.Devices, hook.Device) {
		return Needs{Gone: err == nil}, s.Outward(err)
	}

	// All that needs the person is in the head.
	head, now := k.head, s.now()
	got := Needs{Ended: head.Closed, AsOf: head.AsOf, RoomID: head.ID, Room: head.Name, Alone: k.agent.IsPersonOnly(),
		head: head}
	if head.Closed {
		got.Open = []Need{{N: head.AsOf, Kind: NeedsNothing, At: now}}
		return got, nil
	}
	for _, draft := range k.agent.Person.Open(now) {
		got.Open = append(got.Open, Need{N: draft.N, Kind: NeedsDecision, At: time.UnixMilli(draft.AtMs)})
	}
	for _, asked := range head.Talk.OpenTo(hook.Seat, now) {
		if asked.Seat == hook.Seat || !slices.Contains(asked.Owed, hook.Seat) {
			continue
		}
		kind := NeedsAnswer
		if asked.Proposal {
			kind = NeedsVote
		}
		got.Open = append(got.Open, Need{N: asked.N, Kind: kind, At: time.UnixMilli(asked.AtMs)})
	}
	for _, row := range head.Talk.DifferencesOf(hook.Seat) {
		last := row[len(row)-1]
		got.Open = append(got.Open, Need{N: last.N, Kind: NeedsLook, At: time.UnixMilli(last.AtMs), Differing: row})
	}
	if len(got.Open) == 0 {
		return got, nil
	}
	slices.SortFunc(got.Open, func(a, b Need) int { return int(a.N - b.N) })
	until, err := live.watchesUntil(ctx, k.agent)
	got.Watches = until.After(now)
	return got, s.Outward(err)
}

// DescribeNeeds adds to needs what a call tells of each. A look that ends in no call reads no message.
func (s *Service) DescribeNeeds(ctx context.Context, needs *Needs) error {
	live := s.acquire(needs.RoomID)
	defer live.release()
	for i := range needs.Open {
		var err error
		switch need := &needs.Open[i]; need.Kind {
		case NeedsNothing:
		case NeedsLook:
			err = live.describeDiffering(ctx, needs.head, need)
		default:
			err = live.describeNeed(ctx, needs.head, need)
		}
		if err != nil {
			return s.Outward(err)
		}
	}
	return nil
}

// watchesUntil returns until when the person behind agent watches the room; the zero time: it does not.
func (r *liveRoom) watchesUntil(ctx context.Context, agent room.Agent) (time.Time, error) {
	if !agent.IsPersonOnly() {
		return r.log.Items().PersonUntil(ctx, agent.Seat)
	}
	presence, err := r.log.Items().PresenceOf(ctx, agent.Seat)
	if errors.Is(err, table.ErrNotFound) {
		return time.Time{}, nil
	}
	return presence.WaitsUntil(), err
}

// describeNeed adds to need what its event has.
func (r *liveRoom) describeNeed(ctx context.Context, head *room.Head, need *Need) error {
	event, err := r.log.Event(ctx, need.N)
	if err != nil {
		return err
	}
	need.ID, need.Who = head.MessageID(need.N), event.Name
	if name := head.PersonIn(event); event.Person && name != "" {
		need.Who = name
	}
	text := event.Text
	if event.Draft != nil {
		text = event.Draft.Text
	}
	if !event.Redacted { // the text of a removed message says that it was removed
		need.Text = gist(text)
	}
	return nil
}

// describeDiffering adds to need who checked, and the title of the first task.
func (r *liveRoom) describeDiffering(ctx context.Context, head *room.Head, need *Need) error {
	need.ID, need.Who = head.MessageID(need.Differing[0].N), strings.Join(room.Checkers(need.Differing), ", ")
	title, err := r.titleOf(ctx, head, need.Differing[0].Task)
	need.Text = gist(title)
	return err
}

// titleOf returns the title of a task, open or not; "" if it has expired.
func (r *liveRoom) titleOf(ctx context.Context, head *room.Head, no int64) (string, error) {
	if task, open := head.Task(no); open {
		return task.Title, nil
	}
	done, err := r.log.Items().Done(ctx, no)
	if errors.Is(err, table.ErrNotFound) {
		err = nil
	}
	return done.Task.Title, err
}

// gist returns the first line of a text, at most needText characters of it.
func gist(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(line); len(runes) > needText {
		return string(runes[:needText-1]) + "…"
	}
	return line
}

// PushSeat returns the seat of a person's token, and the device of the token.
func (s *Service) PushSeat(ctx context.Context, token string) (seat HookSeat, device string, err error) {
	c, err := s.enterPerson(ctx, token)
	if err != nil {
		return HookSeat{}, "", s.Outward(err)
	}
	defer c.room.release()
	return c.hookSeat(), c.me.Device, nil
}

// BeginPush adds hook, which leads to the browser of the device of a person's token, in the place of another of the
// device. If the device has the hook, the choices are replaced, and a failed call is tried at once.
func (s *Service) BeginPush(ctx context.Context, token string, hook roomlog.HookItem) error {
	c, err := s.enterPerson(ctx, token)
	if err != nil {
		return s.Outward(err)
	}
	defer c.room.release()
	if err := c.endFormerPushes(ctx, hook); err != nil {
		return s.Outward(err)
	}
	began, err := c.beginHook(ctx, hook, roomlog.Progress{},
		func(person room.Caller) room.Event { return person.BeginPush(hook.ID) })
	if err == nil && !began {
		_, err = s.refreshHook(ctx, hook)
	}
	return s.Outward(err)
}

// endFormerPushes ends the browsers in whose place next comes, whoever began them, and those of devices that the person
// no longer has. Otherwise one device would ring twice, and a fifth device could not have its browser called until the
// next look at the browser of the first.
func (c hooking) endFormerPushes(ctx context.Context, next roomlog.HookItem) error {
	for _, k := range c.me.Hooks {
		if k.Form != room.FormPush || k.ID == next.ID {
			continue
		}
		hook, err := c.room.svc.store.Hook(ctx, k.ID)
		if errors.Is(err, table.ErrNotFound) { // it has expired, and has no device
			hook, err = roomlog.HookItem{ID: k.ID, Room: c.head.ID, Seat: c.me.Seat}, nil
		}
		if err == nil && (next.Replaces(hook) || !slices.Contains(c.me.Person.Devices, hook.Device)) {
			err = c.room.svc.EndGoneHook(ctx, hook)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
