package chat

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/room"
)

// News is what the page of a person asks, by one call for many seats, about rooms that the page does not show. Nothing
// is recorded: no presence, no read position, no turn. What a seat was told counts as told once the page gives its tag
// back.

// toldEvery is how often presence and stalled tasks are told if nothing else has changed.
const toldEvery = time.Minute

// SeatNews is what is new for the person of one seat, as of one head.
type SeatNews struct {
	Tag      string     // for the next Read; "": that of NewsFrom still holds
	State    *NewsState // nil: as it was told with the tag of NewsFrom
	Messages []Message  // those after NewsFrom.After or, without After, the latest; oldest first
	HasMore  bool       // more follow Messages
	Earlier  bool       // Messages are the latest, and more precede them
	Forgot   bool       // the room does not know NewsFrom.After any more: Messages are the latest
}

// NewsState is what waits for the person of a seat, and how its room stands.
type NewsState struct {
	Drafts    []DraftView
	Asks      []Message // what asks the seat by its name, oldest first
	Questions []Message // those that Drafts answer, without those in Asks
	Differing []DifferingView

	Room       Room
	Requests   []OpenRequest
	Stalled    []StalledTask
	Paused     bool   // the agent
	PersonName string // of the person; "" without a name
}

// StalledTask is a stalled task, with the agent that has taken the task.
type StalledTask struct {
	ID, Title, By string
}

// NewsFrom says what the page knows of the room of a seat.
type NewsFrom struct {
	After string // the id of the last message that the page has; "": none
	Tag   string // of the last SeatNews with a Tag; "": none
	Bytes int    // the most bytes of messages that are told
}

// NewsWatch is the seats of one call for news. Its methods are for one goroutine.
type NewsWatch struct {
	svc  *Service
	bell chan struct{} // has a value when a room of a seat has changed
	all  []*NewsSeat
}

// NewsSeat is a seat of a NewsWatch, accepted when the call began.
type NewsSeat struct{ managing }

// WatchNews returns a NewsWatch without seats. The caller must close it.
func (s *Service) WatchNews() *NewsWatch {
	return &NewsWatch{svc: s, bell: make(chan struct{}, 1)}
}

// MayAwaitNews reports whether a call for news may wait: where other processes append, too, each room of a wait would
// have to be read every second.
func (s *Service) MayAwaitNews() bool { return s.opts.SingleProcess }

// Add accepts a token of ParseNewsToken on a current head.
func (w *NewsWatch) Add(ctx context.Context, token ident.Token) (*NewsSeat, error) {
	c, err := w.svc.acceptCurrent(ctx, token)
	if err != nil {
		return nil, w.svc.Outward(err)
	}
	seat := &NewsSeat{managing{c}}
	c.room.bells.Store(w.bell, nil)
	w.all = append(w.all, seat)
	return seat, nil
}

// ParseNewsToken reads a token, and refuses one that is mistyped or not of a person.
func ParseNewsToken(token string) (ident.Token, error) {
	parsed, err := parseToken(token)
	if err != nil || parsed.Person {
		return parsed, err
	}
	return parsed, fault.Refuse(fault.NotAllowed, "This is the token of an agent, and news are for the person behind "+
		"it, with a token of its own. Nothing was read: an agent calls wait_for_message.")
}

// Close ends the watch.
func (w *NewsWatch) Close() {
	for _, seat := range w.all {
		seat.room.bells.Delete(w.bell)
		seat.room.release()
	}
}

// Wait returns true once a room of the watch may have changed, and false when the time is up, the server stops or ctx
// ends.
func (w *NewsWatch) Wait(ctx context.Context, until time.Time) bool {
	timer := w.svc.clock.NewTimer(until.Sub(w.svc.now()))
	defer timer.Stop()
	select {
	case <-w.bell:
		return true
	case <-timer.Chan():
	case <-w.svc.stopping:
	case <-ctx.Done():
	}
	return false
}

// HasChanged reports whether the room of the seat has changed since the last Read began.
func (s *NewsSeat) HasChanged() bool { return s.room.log.Peek() != s.head }

// Read returns what is new at the seat, as of the newest known head. If whole is set and the tag is a minute old,
// presence and stalled tasks count, too. The error is that of a call of the person, whose seat may be gone.
func (s *NewsSeat) Read(ctx context.Context, from NewsFrom, whole bool) (SeatNews, error) {
	news, err := s.readNews(ctx, from, whole)
	return news, s.room.svc.Outward(err)
}

// readNews is Read. The state is told if the tag does not fit it, or if a message may have changed what the tag does
// not cover: the message removed a text that waits, or replaced an agreement that a draft answers. The page may have
// missed such a message if the room forgot its last one.
func (s *NewsSeat) readNews(ctx context.Context, from NewsFrom, whole bool) (news SeatNews, err error) {
	if !s.moveOn() || s.head.Expired(s.room.svc.now()) {
		return SeatNews{}, s.refuseToken(ctx, s.head)
	}
	news, err = s.newMessages(ctx, from)
	if err != nil {
		return SeatNews{}, err
	}
	told, now := parseNewsTag(from.Tag), s.room.svc.now()
	tag := newsTag{state: s.hashState(now), at: now}
	isNew := tag.state != told.state || news.Forgot || slices.ContainsFunc(news.Messages, changesAgreements)
	if !isNew && (!whole || now.Sub(told.at) < toldEvery) {
		return news, nil
	}

	// From here on the page gets a new tag, with the time of now.
	seen, err := s.room.roster(ctx, s.head, s.me)
	if err != nil {
		return SeatNews{}, err
	}
	agents, stalled := seen.Agents(), s.stalledTasks(seen.Presence)
	tag.rest = shortHash(restChars, fmt.Sprint(rosterText(agents), stalled))
	news.Tag = tag.String()
	if !isNew && tag.rest == told.rest {
		return news, nil
	}
	news.State, err = s.readState(ctx)
	if err != nil {
		return SeatNews{}, err
	}
	news.State.Room, news.State.Stalled = describe(s.head), stalled
	news.State.Room.Agents = agents
	return news, nil
}

// stretch is a run of events that the person of a seat cannot see: those from after+1 to upTo.
type stretch struct{ after, upTo int64 }

// hiddenAfter returns the known stretch after the message with an id, with after 0 if the person sees no such message.
func (s *NewsSeat) hiddenAfter(ctx context.Context, id string) (stretch, error) {
	n, _ := s.head.MessageNumber(id)
	known, ok := s.room.hidden.Load(s.me.Seat)
	switch {
	case id == "", n == s.head.AsOf: // the usual case, without a read
		return stretch{n, n}, nil
	case ok && known.(stretch).after == n:
		return known.(stretch), nil
	}
	event, err := reading(s.managing).seenEvent(ctx, "after", id)
	if err != nil && fault.CodeOf(err) != fault.InvalidArgument {
		return stretch{}, err
	}
	return stretch{event.N, event.N}, nil
}

// newMessages returns the messages after from.After, or the latest. This process reads no event twice that the person
// cannot see: others may talk in private all the time.
func (s *NewsSeat) newMessages(ctx context.Context, from NewsFrom) (SeatNews, error) {
	batch := batchFor(s.me, &s.head.State)
	batch.Limit = min(batch.Limit, from.Bytes)
	hidden, err := s.hiddenAfter(ctx, from.After)
	if err != nil {
		return SeatNews{}, err
	}
	if hidden.after == 0 {
		full, err := batch.FillBefore(ctx, s.room.log, s.me, s.head.AsOf+1)
		slices.Reverse(batch.Messages)
		return SeatNews{Messages: batch.Messages, Earlier: full, Forgot: from.After != ""}, err
	}
	for event, err := range s.room.log.PagesToShow(s.me, batch.firstPage()).Since(ctx, hidden.upTo, s.head.AsOf) {
		switch {
		case err != nil:
			return SeatNews{}, err
		case event.N > s.head.AsOf: // for the next Read
		case s.me.Sees(event) && !batch.Add(messageOf(batch.Room, s.me, event), event):
			return SeatNews{Messages: batch.Messages, HasMore: true}, nil
		case len(batch.Messages) == 0:
			hidden.upTo = event.N
		}
	}
	if hidden.upTo > hidden.after {
		s.room.hidden.Store(s.me.Seat, hidden)
	}
	return SeatNews{Messages: batch.Messages}, nil
}

// readState returns what waits for the person. The log is read for each draft, and for each open request that the
// cached tail lacks.
func (s *NewsSeat) readState(ctx context.Context) (*NewsState, error) {
	drafts, err := s.drafts(ctx, s.head, s.me)
	if err != nil {
		return nil, err
	}
	requests, asked, err := reading(s.managing).openRequests(ctx)
	if err != nil {
		return nil, err
	}
	differing, err := reading(s.managing).differing(ctx)
	if err != nil {
		return nil, err
	}
	is := &NewsState{Drafts: drafts, Differing: differing, Paused: s.me.Person.Paused, PersonName: s.me.Person.Name,
		Requests: requests}
	asks := map[string]bool{}
	for _, event := range asked {
		message := messageOf(&s.head.State, s.me, event)
		message.keepChars(needChars)
		is.Asks, asks[message.ID] = append(is.Asks, message), true
	}
	for i := range drafts {
		draft := &drafts[i]
		draft.keepChars(needChars)
		if draft.Answers != nil && !asks[draft.Answers.Message.ID] {
			message := draft.Answers.Message
			message.keepChars(needChars)
			is.Questions, asks[message.ID] = append(is.Questions, message), true
		}
	}
	return is, nil
}

// stalledTasks returns the caller's view of the stalled tasks, in the order of adding. seen is the presence of the
// seats.
func (c managing) stalledTasks(seen map[int]room.Presence) (list []StalledTask) {
	for _, task := range c.head.Tasks {
		if c.me.SeesTask(task.N) && c.head.Stalled(task, seen, c.room.svc.now()) {
			list = append(list, StalledTask{room.TaskID(task.No), task.Title, task.Holder.Name})
		}
	}
	return list
}

// newsTag stands for what the page knows of a seat, beside messages.
type newsTag struct {
	state string    // see hashState
	rest  string    // a hash of what is told once a minute
	at    time.Time // when rest was told, to the second
}

// How long the hashes of a tag are: each call repeats that of each seat.
const (
	stateChars = 8
	restChars  = 4
)

func shortHash(chars int, text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:chars]
}

// String returns the tag as the page keeps it.
func (t newsTag) String() string { return t.state + t.rest + strconv.FormatInt(t.at.Unix(), 36) }

// parseNewsTag reads a tag. Any other text becomes a tag that fits no state.
func parseNewsTag(s string) newsTag {
	if len(s) < stateChars+restChars {
		return newsTag{}
	}
	at, _ := strconv.ParseInt(s[stateChars+restChars:], 36, 64)
	return newsTag{s[:stateChars], s[stateChars:][:restChars], time.Unix(at, 0)}
}

// hashState returns a hash of what waits for the person and how the room stands, without what is told once a minute,
// and without messages, which the page has or gets.
func (c managing) hashState(now time.Time) string {
	var text strings.Builder
	tell := func(all ...any) { fmt.Fprintf(&text, "%#v\n", all) }
	tell(c.room.log.ID(), c.me.Seat, describe(c.head), c.me.Person.Paused, c.me.Person.Name)
	for _, agent := range c.head.Agents {
		tell(agent.Name, agent.Role, agent.Muted, agent.Person.HasOpened(), agent.PersonsName(), agent.IsPersonOnly())
	}
	for _, draft := range c.me.Person.Open(now) {
		tell("draft", draft.N)
	}
	for _, request := range c.head.Talk.OpenTo(c.me.Seat, now) {
		if request.N >= c.me.Since.N {
			tell("open", request.N, request.Owed, request.Replaces.N)
		}
	}
	for _, row := range c.head.Talk.DifferencesOf(c.me.Seat) {
		for _, d := range row {
			tell("differs", d.N)
		}
	}
	return shortHash(stateChars, text.String())
}
