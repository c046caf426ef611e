package tools

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

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
	maxNewsSeats = 100
	maxNewsBytes = 1 << 20          // of an answer
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
	Admit func(ctx context.Context, token string) (ident.Principal, error) // nil: the caller of ctx may act for all
	// Watch returns a context that ends when the principal is no longer admitted, until stop is called.
	Watch func(context.Context, ident.Principal) (watched context.Context, stop func())
}

// News tells what is new for the person of some seats, at once if anything is; otherwise, where one process serves,
// when something comes or the time is up. A seat that is refused, or cannot be read now, ends no wait, but for one that
// is refused while the call waits. The call is no sign of life of anybody.
func (s *Set) News(ctx context.Context, asked NewsAsked, by Admission) mcp.Outcome {
	n := len(asked.Seats)
	if n == 0 || n > maxNewsSeats {
		return mcp.Outcome{Failure: &results.Failure{Code: string(fault.InvalidArgument), Message: "seats must have " +
			"from 1 to 100 seats, each with the token of a person. Nothing was read."}}
	}
	wait := min(max(0, time.Duration(asked.WaitSeconds)*time.Second), newsWait)
	if !s.rooms.MayAwaitNews() {
		wait = 0
	}
	how := Plain{Name: newsName, Kind: ratelimit.Usual, Wait: wait, As: n}
	return s.Do(ctx, how, func(ctx context.Context, _ *mcp.Record) (any, error) {
		c := newsCall{set: s, watch: s.rooms.WatchNews(), began: time.Now()}
		defer c.close()
		c.open(ctx, asked, by)
		if err := c.refusal(); err != nil {
			return nil, err
		}
		c.await(ctx, wait)
		return c.answer(), ctx.Err()
	})
}

// newsCall is a call for news.
type newsCall struct {
	set   *Set
	watch *chat.NewsWatch
	began time.Time
	seats []*newsSeat // in the order of the call, each token once
	stops []func()
}

// newsSeat is a seat of a call for news.
type newsSeat struct {
	n       int
	from    chat.NewsFrom
	ctx     context.Context // of the calls for it
	seat    *chat.NewsSeat  // nil: refused or left
	refused *results.Failure
	left    *results.Failure // why it cannot be read now: the next call may
	news    chat.SeatNews
}

// isNew reports whether there is something to tell that ends a wait.
func (s *newsSeat) isNew() bool {
	return len(s.news.Messages) > 0 || s.news.State != nil || s.news.Forgot
}

// open admits and accepts the seats. Each is paid for before any is read.
func (c *newsCall) open(ctx context.Context, asked NewsAsked, by Admission) {
	admitting, cancel := context.WithTimeout(ctx, newsAdmitted)
	defer cancel()
	known := map[string]bool{}
	for n, one := range asked.Seats {
		token := strings.ToLower(strings.TrimSpace(one.Token))
		if known[token] {
			continue
		}
		known[token] = true
		seat := &newsSeat{n: n, from: chat.NewsFrom{After: one.After, Tag: one.Tag,
			Bytes: maxNewsBytes / len(asked.Seats)}}
		c.seats = append(c.seats, seat)
		if err := c.accept(ctx, admitting, seat, token, by); err != nil {
			c.refuse(ctx, seat, err)
		}
	}
}

// accept admits and accepts a seat.
func (c *newsCall) accept(ctx, admitting context.Context, seat *newsSeat, token string, by Admission) (err error) {
	if err = chat.CheckNewsToken(token); err != nil {
		return err
	}
	seat.ctx = ctx
	if by.Admit != nil {
		asker, err := by.Admit(admitting, token)
		if err != nil {
			return err
		}
		watched, stop := by.Watch(ident.WithPrincipal(ctx, asker), asker)
		asleep := context.AfterFunc(watched, c.watch.Wake)
		c.stops = append(c.stops, stop, func() { asleep() })
		seat.ctx = watched
	}
	seat.ctx, err = c.set.rooms.Limits().BeginOne(seat.ctx)
	if err == nil {
		seat.seat, err = c.watch.Add(seat.ctx, token)
	}
	return err
}

// refuse refuses a seat, or leaves the seat for the next call if that may do better.
func (c *newsCall) refuse(ctx context.Context, seat *newsSeat, err error) {
	seat.seat, seat.news = nil, chat.SeatNews{}
	if gone := context.Cause(seat.ctxOr(ctx)); gone != nil && ctx.Err() == nil {
		err = gone // the key that admitted it
	}
	var failure *results.Failure
	if !errors.As(refusal(err, ""), &failure) {
		c.set.log.ErrorContext(ctx, "news of a seat failed", "error", err)
		failure = &results.Failure{Code: string(fault.Unavailable), Message: "Something went wrong on the server."}
	}
	switch fault.Code(failure.Code) {
	case fault.RateLimited, fault.Unavailable:
		seat.left = failure
	default:
		seat.refused = failure
	}
}

func (s *newsSeat) ctxOr(ctx context.Context) context.Context {
	if s.ctx == nil {
		return ctx
	}
	return s.ctx
}

// refusal refuses the call if no seat can be read now.
func (c *newsCall) refusal() error {
	for _, seat := range c.seats {
		if seat.left == nil {
			return nil
		}
	}
	return c.seats[0].left
}

// look looks at a seat.
func (c *newsCall) look(ctx context.Context, seat *newsSeat, whole bool) {
	news, err := seat.seat.Look(seat.ctx, seat.from, whole)
	if err != nil {
		c.refuse(ctx, seat, err)
		return
	}
	seat.news = news
}

// await looks at all seats, and waits until something is new at one, or the time is up. In the end it looks at what is
// told once a minute.
func (c *newsCall) await(ctx context.Context, wait time.Duration) {
	until := c.watch.Now().Add(c.set.rooms.WaitLimit(ctx, wait))
	ready := true // without a seat that can be read
	for _, seat := range c.seats {
		if seat.seat != nil {
			c.look(ctx, seat, wait == 0)
			ready = false
		}
	}
	ready = ready || slices.ContainsFunc(c.seats, (*newsSeat).isNew)
	for wait > 0 && !ready && c.watch.Wait(ctx, until) {
		for _, seat := range c.seats {
			if seat.seat != nil && (seat.seat.Changed() || seat.ctx.Err() != nil) {
				c.look(ctx, seat, false)
				ready = ready || seat.isNew() || seat.refused != nil
			}
		}
	}
	for _, seat := range c.seats {
		if wait > 0 && seat.seat != nil && seat.news.State == nil {
			c.look(ctx, seat, true)
		}
	}
}

func (c *newsCall) close() {
	c.watch.Close()
	for _, stop := range c.stops {
		stop()
	}
}

// answer tells what is new: first what is refused and what waits for the person, then messages, of which seats take
// turns, the one whose first is the oldest first. So a flood in one room delays no question in another.
func (c *newsCall) answer() results.News {
	now := c.watch.Now()
	told := results.News{Seats: []results.NewsSeat{}, Now: viewTime(now)}
	pause := newsLook
	if c.set.rooms.MayAwaitNews() {
		pause = max(newsPause, time.Duration(len(c.seats))*newsEach-time.Since(c.began))
	}
	told.PollAfter = int64(fault.Seconds(pause))
	left := maxNewsBytes - 4096 // beside what the seats say
	fits := func(size int) bool {
		if size+1 > left {
			return false
		}
		left -= size + 1
		return true
	}
	var views []*newsView
	for _, seat := range c.seats {
		v := newNewsView(seat)
		if seat.left != nil || !v.isEmpty() && !fits(len(results.JSON(v.NewsSeat))) {
			told.HasMore = append(told.HasMore, seat.n)
			continue
		}
		views = append(views, v)
	}
	addInTurn(views, fits)
	for _, v := range views {
		if v.settle() {
			told.HasMore = append(told.HasMore, v.N)
		}
		if !v.isEmpty() {
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
	latest bool // all messages are the latest
	more   bool
	all    []results.Message // that could be told
	took   int               // how many of them are
	full   bool
}

func newNewsView(seat *newsSeat) *newsView {
	news := seat.news
	v := &newsView{NewsSeat: results.NewsSeat{N: seat.n, Refused: seat.refused, Tag: news.Tag, Earlier: news.Earlier,
		Forgot: news.Forgot}, latest: seat.from.After == "" || news.Forgot, more: news.HasMore,
		all: viewMessages(news.Messages)}
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
	return v
}

func (v *newsView) isEmpty() bool {
	return v.Refused == nil && v.Tag == "" && len(v.Messages) == 0 && len(v.all) == 0 && !v.Forgot
}

// next returns the message of v that is told next: of those after one the oldest, of the latest the newest.
func (v *newsView) next() results.Message {
	if v.latest {
		return v.all[len(v.all)-1-v.took]
	}
	return v.all[v.took]
}

// addInTurn adds messages to views as long as they fit, in rounds of one of each.
func addInTurn(views []*newsView, fits func(size int) bool) {
	turns := slices.DeleteFunc(slices.Clone(views), func(v *newsView) bool { return len(v.all) == 0 })
	slices.SortStableFunc(turns, func(a, b *newsView) int { return strings.Compare(a.all[0].At, b.all[0].At) })
	for len(turns) > 0 {
		turns = slices.DeleteFunc(turns, func(v *newsView) bool {
			v.full = !fits(len(results.JSON(v.next())))
			if !v.full {
				v.took++
			}
			return v.full || v.took == len(v.all)
		})
	}
}

// settle takes the messages that are told into the answer, and reports whether some are left for the next call.
func (v *newsView) settle() (more bool) {
	if v.latest {
		v.Messages, v.Earlier = v.all[len(v.all)-v.took:], v.Earlier || v.full
		v.all = nil
		return false
	}
	v.Messages, v.all = v.all[:v.took], nil
	return v.more || v.full
}
