package tools

import (
	"context"
	"errors"
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
	newsWait     = 25 * time.Second // the longest wait: a proxy may cut a connection that is silent for longer
	newsLook     = 20 * time.Second // from look to look, where the server does not wait
	newsPause    = 2 * time.Second  // from an answer to the next call, at least
	newsEach     = time.Second / 10 // from the beginning of a call to that of the next one, for each seat
	newsAdmitted = 3 * time.Second  // until all seats are admitted, or are left for the next call
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

// News tells what is new for the person of some seats, at once if anything is; otherwise, where one process serves,
// when something comes or the time is up. A seat that is refused, or cannot be read now, ends no wait. The call is no
// sign of life of anybody.
func (s *Set) News(ctx context.Context, asked NewsAsked, by Admission) mcp.Outcome {
	wait := min(max(0, time.Duration(asked.WaitSeconds)*time.Second), newsWait)
	if !s.rooms.MayAwaitNews() {
		wait = 0
	}
	n := len(asked.Seats)
	how := Plain{Name: newsName, Kind: ratelimit.Usual, Wait: wait, As: min(n, api.MaxNewsSeats)}
	return s.Do(ctx, how, func(ctx context.Context, _ *mcp.Record) (any, error) {
		if n == 0 || n > api.MaxNewsSeats {
			return nil, fault.Refuse(fault.InvalidArgument, "seats must have from 1 to %d seats, each with the token "+
				"of a person. Nothing was read.", api.MaxNewsSeats)
		}
		clock := s.rooms.Clock()
		c := &newsCall{set: s, watch: s.rooms.WatchNews(), clock: clock, began: clock.Now()}
		defer c.close()
		c.open(ctx, asked, by)
		c.await(ctx, wait)
		if !slices.ContainsFunc(c.seats, func(seat *newsSeat) bool { return seat.left == nil }) {
			return nil, c.seats[0].left
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
	stops []func()
}

// newsSeat is a seat of a call for news.
type newsSeat struct {
	n       int
	from    chat.NewsFrom
	ctx     context.Context // of what is done for it
	seat    *chat.NewsSeat  // nil: refused or left
	refused *results.Failure
	left    error // why it cannot be read now; the next call may do better
	news    chat.SeatNews
}

// isNew reports whether there is something to tell that ends a wait.
func (s *newsSeat) isNew() bool {
	return len(s.news.Messages) > 0 || s.news.State != nil || s.news.Forgot
}

// open admits and accepts the seats. Each is paid for before any is read. Made-up tokens wait for their turns to be
// looked up: what is not admitted in time is left.
func (c *newsCall) open(ctx context.Context, asked NewsAsked, by Admission) {
	admitting, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.clock.AfterFunc(newsAdmitted, cancel).Stop()
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
			c.refuse(ctx, seat, err)
		}
	}
}

// accept admits and accepts a seat. admitting is the context of the admission.
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

// refuse refuses a seat, or leaves the seat for the next call, which may do better.
func (c *newsCall) refuse(ctx context.Context, seat *newsSeat, err error) {
	seat.seat, seat.news = nil, chat.SeatNews{}
	var refused *fault.Error
	switch {
	case !errors.As(err, &refused), refused.Code == fault.Internal:
		if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
			c.set.log.ErrorContext(ctx, "a tool failed", "tool", newsName, "error", err)
		}
		seat.left = fault.RetryLater(fault.Unavailable, newsPause, "No seat could be read in time. Nothing was "+
			"changed: repeat the call in %d seconds.", fault.Seconds(newsPause))
	case refused.Code == fault.RateLimited, refused.Code == fault.Unavailable:
		seat.left = err
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
		c.refuse(ctx, seat, err)
	}
}

// await reads all seats, and waits until something is new at one of them, or the time is up. In the end it reads what
// is told once a minute.
func (c *newsCall) await(ctx context.Context, wait time.Duration) {
	until := c.clock.Now().Add(c.set.rooms.WaitLimit(ctx, wait))
	open := func(yield func(*newsSeat) bool) {
		for _, seat := range c.seats {
			if seat.seat != nil && !yield(seat) {
				return
			}
		}
	}
	for seat := range open {
		c.read(ctx, seat, wait == 0)
	}
	ready := wait == 0 || slices.ContainsFunc(c.seats, (*newsSeat).isNew) ||
		!slices.ContainsFunc(c.seats, func(seat *newsSeat) bool { return seat.seat != nil })
	for !ready && c.watch.Wait(ctx, until) {
		for seat := range open {
			if seat.seat.HasChanged() {
				c.read(ctx, seat, false)
				ready = ready || seat.isNew()
			}
		}
	}
	for seat := range open {
		if wait > 0 && seat.news.State == nil {
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

// answer tells what is new: first what is refused and what waits for the person, the shortest first, then messages, of
// which seats take turns, the one whose first is the oldest first. So a flood in one room delays no question in
// another.
func (c *newsCall) answer() results.News {
	now := c.clock.Now()
	told := results.News{Seats: []results.NewsSeat{}, Now: viewTime(now)}
	pause := newsLook
	if c.set.rooms.MayAwaitNews() {
		pause = max(newsPause, time.Duration(len(c.seats))*newsEach-now.Sub(c.began))
	}
	told.PollAfter = int64(fault.Seconds(pause))
	var views []*newsView
	for _, seat := range c.seats {
		if seat.left == nil {
			views = append(views, newNewsView(seat))
		} else {
			told.HasMore = append(told.HasMore, seat.n)
		}
	}
	fill(views)
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

// newsView is what is told of a seat.
type newsView struct {
	results.NewsSeat
	size int  // in bytes, without messages
	fits bool // in this answer
	more bool // something is left for the next call

	all    []results.Message // that could be told: of those after one the oldest first, of the latest the newest
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
	if is := news.State; is != nil {
		is.Room.Description = ""
		v.Needs = &results.NewsNeeds{Drafts: viewDrafts(is.Drafts), Asks: viewMessages(is.Asks),
			Questions: viewMessages(is.Questions)}
		v.Info = &results.NewsInfo{Room: viewRoom(is.Room), Requests: viewRequests(is.Requests), Paused: is.Paused,
			PersonName: is.PersonName}
		for _, task := range is.Stalled {
			v.Info.Stalled = append(v.Info.Stalled, results.Stalled{ID: task.ID, Title: results.Text(task.Title),
				By: task.By})
		}
	}
	v.size = len(results.JSON(v.NewsSeat))
	return v
}

// isEmpty reports whether nothing is told of the seat beside what is in all.
func (v *newsView) isEmpty() bool {
	return v.Refused == nil && v.Tag == "" && len(v.Messages) == 0 && !v.Forgot
}

// fill decides what fits into one answer: see newsCall.answer.
func fill(views []*newsView) {
	left := api.MaxNewsBytes - 4096 // for all beside what is told of the seats
	fits := func(size int) bool {
		if size+1 > left {
			return false
		}
		left -= size + 1
		return true
	}
	turns := slices.SortedStableFunc(slices.Values(views), func(a, b *newsView) int { return a.size - b.size })
	turns = slices.DeleteFunc(turns, func(v *newsView) bool {
		v.fits = fits(v.size)
		v.more = v.more || !v.fits
		return !v.fits || len(v.all) == 0
	})
	slices.SortStableFunc(turns, func(a, b *newsView) int { return strings.Compare(a.all[0].At, b.all[0].At) })
	for len(turns) > 0 {
		turns = slices.DeleteFunc(turns, func(v *newsView) bool {
			took := len(v.Messages)
			if !fits(len(results.JSON(v.all[took]))) {
				v.Earlier, v.more = v.Earlier || v.latest, v.more || !v.latest || took == 0
				return true
			}
			v.Messages = v.all[:took+1]
			return took+1 == len(v.all)
		})
	}
	for _, v := range views {
		if v.latest {
			slices.Reverse(v.Messages)
		}
	}
}
