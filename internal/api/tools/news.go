package tools

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
)

// newsName is the name of a call for news, beside the names of the tools.
const newsName = "news"

const (
	newsWait      = 25 * time.Second // the longest wait: a proxy may cut a connection that is silent for longer
	newsPoll      = 20 * time.Second // from an answer to the next call, where the server does not wait
	newsPause     = 2 * time.Second  // from an answer to the next call, at least, where it waits
	newsEach      = time.Second / 10 // from the beginning of a call to that of the next call, for each seat
	newsAdmission = 3 * time.Second  // for admitting the seats; the rest is postponed
)

// NewsAsked is a call for news.
type NewsAsked struct {
	WaitSeconds int `json:"wait_seconds"`
	Seats       []struct {
		Token string `json:"token"` // of a person
		After string `json:"after"` // the id of the last message that the page has
		Tag   string `json:"tag"`   // of the last answer with one
	} `json:"seats"`
}

// Admission admits each seat of a call for news by its token.
type Admission struct {
	// Admit admits by a token; nil: the caller of ctx may act for all.
	Admit func(context.Context, ident.Token) (ident.Principal, error)
	// Watch returns a context that ends when the principal is no longer admitted, until stop is called.
	Watch func(context.Context, ident.Principal) (watched context.Context, stop func())
}

// News tells what is new for the person of some seats: at once if anything is, else, where one process serves, when
// something comes or the time is up. A seat that is refused or postponed ends no wait. The call is a sign of life of
// nobody.
func (s *Set) News(ctx context.Context, asked NewsAsked, by Admission) mcp.Outcome {
	wait := min(max(0, time.Duration(asked.WaitSeconds)*time.Second), newsWait)
	if !s.rooms.MayAwaitNews() {
		wait = 0
	}
	n := len(asked.Seats)
	how := Plain{Name: newsName, Kind: ratelimit.Usual, Wait: wait, Calls: min(n, api.MaxNewsSeats)}
	return s.Do(ctx, how, func(ctx context.Context, _ *mcp.Record) (any, error) {
		if n == 0 || n > api.MaxNewsSeats {
			return nil, fault.Refuse(fault.InvalidArgument, "seats must have from 1 to %d seats, each with the token "+
				"of a person. Nothing was read.", api.MaxNewsSeats)
		}
		clock := s.rooms.Clock()
		c := &newsCall{set: s, watch: s.rooms.WatchNews(), clock: clock, began: clock.Now()}
		defer c.close()
		c.admit(ctx, asked, by)
		c.await(ctx, wait)
		if !slices.ContainsFunc(c.seats, func(seat *newsSeat) bool { return seat.postponed == nil }) {
			return nil, c.seats[0].postponed
		}
		return c.answer(), nil
	})
}

// newsCall is a call for news.
type newsCall struct {
	set   *Set
	watch *chat.NewsWatch
	clock clockwork.Clock
	began time.Time
	seats []*newsSeat // in the order of the call, each token once
	stops []func()    // see Admission.Watch
}

// newsSeat is a seat of a call for news. The seat is readable, refused or postponed.
type newsSeat struct {
	n    int // its place in the call
	from chat.NewsFrom
	ctx  context.Context // of what is done for the seat
	news chat.SeatNews

	seat      *chat.NewsSeat // nil: refused or postponed
	refused   *results.Failure
	postponed error // why the seat cannot be read now: the next call may do better
}

// isNew reports whether the seat has something to tell that ends a wait.
func (s *newsSeat) isNew() bool {
	return len(s.news.Messages) > 0 || s.news.State != nil || s.news.Forgot
}

// admit admits and accepts the seats. Made-up tokens wait for their turns to be looked up: seats that are not admitted
// in time are postponed.
func (c *newsCall) admit(ctx context.Context, asked NewsAsked, by Admission) {
	admitting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.clock.AfterFunc(newsAdmission, cancel).Stop()
	known := map[ident.Token]bool{}
	for n, one := range asked.Seats {
		token, err := chat.ParseNewsToken(one.Token)
		if token.Room != "" && known[token] {
			continue
		}
		known[token] = true
		seat := &newsSeat{n: n, ctx: ctx, from: chat.NewsFrom{After: one.After, Tag: one.Tag,
			Bytes: api.MaxNewsBytes / len(asked.Seats)}}
		c.seats = append(c.seats, seat)
		if err == nil {
			err = c.accept(admitting, seat, token, by)
		}
		if err != nil {
			c.drop(ctx, seat, err)
		}
	}
}

// accept admits and accepts a seat. admitting ends with the time for that.
func (c *newsCall) accept(admitting context.Context, seat *newsSeat, token ident.Token, by Admission) (err error) {
	if by.Admit != nil {
		asker, err := by.Admit(admitting, token)
		if err != nil {
			return err
		}
		watched, stop := by.Watch(ident.WithPrincipal(seat.ctx, asker), asker)
		c.stops = append(c.stops, stop)
		seat.ctx = watched
	}
	seat.ctx, err = c.set.rooms.Limits().BeginOne(seat.ctx)
	if err == nil {
		seat.seat, err = c.watch.Add(seat.ctx, token)
	}
	return err
}

// drop reads a seat no more: the seat is refused or, if the next call may do better, postponed.
func (c *newsCall) drop(ctx context.Context, seat *newsSeat, err error) {
	seat.seat, seat.news = nil, chat.SeatNews{}
	var refused *fault.Error
	switch {
	case !errors.As(err, &refused), refused.Code == fault.Internal:
		if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			c.set.log.ErrorContext(ctx, "a tool failed", "tool", newsName, "error", err)
		}
		seat.postponed = fault.RetryLater(fault.Unavailable, newsPause, "No seat could be read in time. Nothing was "+
			"changed: repeat the call in %d seconds.", fault.Seconds(newsPause))
	case refused.Code == fault.RateLimited, refused.Code == fault.Unavailable:
		seat.postponed = err
	default:
		seat.refused = failureOf(refused)
	}
}

// read reads what is new at a seat. A seat whose key was revoked meanwhile is refused.
func (c *newsCall) read(ctx context.Context, seat *newsSeat, whole bool) {
	err := context.Cause(seat.ctx)
	if err == nil {
		seat.news, err = seat.seat.Read(seat.ctx, seat.from, whole)
	}
	if err != nil {
		c.drop(ctx, seat, err)
	}
}

// readable are the seats that are neither refused nor postponed.
func (c *newsCall) readable() iter.Seq[*newsSeat] {
	return func(yield func(*newsSeat) bool) {
		for _, seat := range c.seats {
			if seat.seat != nil && !yield(seat) {
				return
			}
		}
	}
}

// await reads all seats, and waits until something is new at one of them, or the time is up. After a wait it also reads
// what is told once a minute.
func (c *newsCall) await(ctx context.Context, wait time.Duration) {
	until := c.clock.Now().Add(c.set.rooms.WaitLimit(ctx, wait))
	for seat := range c.readable() {
		c.read(ctx, seat, wait == 0)
	}
	if wait == 0 {
		return
	}
	ready := slices.ContainsFunc(c.seats, (*newsSeat).isNew) ||
		!slices.ContainsFunc(c.seats, func(seat *newsSeat) bool { return seat.seat != nil })
	for !ready && c.watch.Wait(ctx, until) {
		for seat := range c.readable() {
			if seat.seat.HasChanged() {
				c.read(ctx, seat, false)
				ready = ready || seat.isNew()
			}
		}
	}
	for seat := range c.readable() {
		if seat.news.State == nil {
			c.read(ctx, seat, true)
		}
	}
}

func (c *newsCall) close() {
	c.watch.Close()
	for _, stop := range c.stops {
		stop()
	}
}

// answer tells what is new: see tellNews.
func (c *newsCall) answer() results.News {
	now := c.clock.Now()
	told := results.News{Seats: []results.NewsSeat{}, PollAfter: int64(fault.Seconds(c.pause(now))), Now: viewTime(now)}
	var views []*newsView
	for _, seat := range c.seats {
		if seat.postponed == nil {
			views = append(views, newNewsView(seat))
		} else {
			told.HasMore = append(told.HasMore, seat.n)
		}
	}
	tellNews(views)
	for _, v := range views {
		if v.more {
			told.HasMore = append(told.HasMore, v.N)
		}
		if v.fits && !v.isEmpty() {
			told.Seats = append(told.Seats, v.NewsSeat)
		}
	}
	slices.Sort(told.HasMore)
	told.Untrusted = noticeIf(len(told.Seats) > 0)
	return told
}

// pause returns how long the page is to wait before the next call.
func (c *newsCall) pause(now time.Time) time.Duration {
	if !c.set.rooms.MayAwaitNews() {
		return newsPoll
	}
	return max(newsPause, time.Duration(len(c.seats))*newsEach-now.Sub(c.began))
}

// newsView is what is told of a seat.
type newsView struct {
	results.NewsSeat
	size int  // in bytes, without messages
	fits bool // into this answer, without messages
	more bool // something is left for the next call

	// all are the messages that may be told: those after the message of the call, the oldest first, or, if latest, the
	// newest first.
	all    []results.Message
	latest bool
}

func newNewsView(seat *newsSeat) *newsView {
	news := seat.news
	v := &newsView{NewsSeat: results.NewsSeat{N: seat.n, Refused: seat.refused, Tag: news.Tag, Earlier: news.Earlier,
		Forgot: news.Forgot}, more: news.HasMore, all: viewMessages(news.Messages),
		latest: seat.from.After == "" || news.Forgot}
	if v.latest {
		slices.Reverse(v.all)
	}
	if news.State != nil {
		v.Needs, v.Info = viewNewsState(news.State)
	}
	v.size = len(results.JSON(v.NewsSeat))
	return v
}

func viewNewsState(is *chat.NewsState) (*results.NewsNeeds, *results.NewsInfo) {
	is.Room.Description = ""
	info := &results.NewsInfo{Room: viewRoom(is.Room), Requests: viewRequests(is.Requests), Paused: is.Paused,
		PersonName: is.PersonName}
	for _, task := range is.Stalled {
		info.Stalled = append(info.Stalled, results.Stalled{ID: task.ID, Title: results.Text(task.Title), By: task.By})
	}
	return &results.NewsNeeds{Drafts: viewDrafts(is.Drafts), Asks: viewMessages(is.Asks),
		Questions: viewMessages(is.Questions), Differing: viewDiffering(is.Differing)}, info
}

// isEmpty reports whether nothing is told of the seat.
func (v *newsView) isEmpty() bool {
	return v.Refused == nil && v.Tag == "" && len(v.Messages) == 0 && !v.Forgot
}

// bytesLeft is how many bytes an answer may still get.
type bytesLeft int

// spend reports whether a value of size bytes, and a comma, still fit, and then counts them.
func (left *bytesLeft) spend(size int) bool {
	if size+1 > int(*left) {
		return false
	}
	*left -= bytesLeft(size + 1)
	return true
}

// tellNews decides what stands in one answer: first what is refused and what waits for the person, the shortest first.
// Then the seats take turns with a message each, and the seat with the oldest first message begins. So a flood in one
// room delays no question in another.
func tellNews(views []*newsView) {
	left := bytesLeft(api.MaxNewsBytes - 4096) // for all beside what is told of the seats
	var turns []*newsView
	bySize := func(a, b *newsView) int { return a.size - b.size }
	for _, v := range slices.SortedStableFunc(slices.Values(views), bySize) {
		v.fits = left.spend(v.size)
		v.more = v.more || !v.fits
		if v.fits && len(v.all) > 0 {
			turns = append(turns, v)
		}
	}
	slices.SortStableFunc(turns, func(a, b *newsView) int { return strings.Compare(a.all[0].At, b.all[0].At) })
	for len(turns) > 0 {
		turns = slices.DeleteFunc(turns, func(v *newsView) bool { return !v.tellNext(&left) })
	}
	for _, v := range views {
		if v.latest {
			slices.Reverse(v.Messages)
		}
	}
}

// tellNext tells the next message of the seat. It returns false after the last one, or if the message does not fit:
// the next call tells that message or, if the messages are the latest, the page learns that earlier ones precede them.
func (v *newsView) tellNext(left *bytesLeft) (goesOn bool) {
	told := len(v.Messages)
	if !left.spend(len(results.JSON(v.all[told]))) {
		v.Earlier, v.more = v.Earlier || v.latest, v.more || !v.latest || told == 0
		return false
	}
	v.Messages = v.all[:told+1]
	return told+1 < len(v.all)
}
