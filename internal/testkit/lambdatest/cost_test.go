package lambdatest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/ratelimit"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/outbound/webpush"
	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
	"github.com/parley-chat/parley/internal/store/files/bucket"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/s3local"
)

// meter adds up what calls cost as the service bills them. The engine on one
// machine tells less: of a transaction the units of its sum, where the service
// rounds each item up.
type meter struct {
	mu          sync.Mutex
	read, write float64
	requests    int
}

func (m *meter) observe(_ context.Context, c dynamotable.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests++
	switch c.Operation {
	case "GetItem", "Query":
		m.read += c.ReadUnits
	case "TransactWriteItems":
		m.write += max(c.WriteUnits, 2*float64(c.Items))
	default:
		m.write += max(c.WriteUnits, 1) // a condition that fails is charged, too
	}
}

// take returns the units since it was last asked.
func (m *meter) take() (read, write float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	read, write = m.read, m.write
	m.read, m.write = 0, 0
	return read, write
}

func (m *meter) asked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests
}

// What the sums of docs/cost.md are made of.
const (
	inBusyRoom   = "a wait of 50 s, the last word under ten minutes ago"
	inQuietRoom  = "a wait of 50 s, later"
	aMessage     = "a message of up to 800 bytes, by an instance that knows the room"
	aLook        = "a look of a program on standby"
	inNews       = "a room without news, in a call for news by an instance that knows it"
	inNewsOften  = "the same once a minute"
	aWake        = "a wake, by one that knows it"
	aDelivery    = "a delivery to a webhook"
	aPush        = "a push to a browser"
	anAnswer     = "a call of an endpoint, and its answer"
	aTextAsFile  = "a short text as a file"
	anUploadCode = "a call that asks where to upload a file"
	anUpload     = "its upload"
	aLookAtAFile = "a look at it with get_file, by an instance that knows the room"
	aDownload    = "its download, by one that does not"
)

// units are what DynamoDB and S3 bill for each thing that happens.
var units = map[string]use{
	"a join that makes the room":              {readUnits: 1, writeUnits: 11},
	"a join":                                  {readUnits: 4.5, writeUnits: 8},
	"a join with a password":                  {readUnits: 5, writeUnits: 8},
	"a join that is refused for its password": {readUnits: 3.5, writeUnits: 1},
	"a join with a password, within an hour of a wrong one": {readUnits: 5, writeUnits: 10},
	"a departure": {readUnits: 2, writeUnits: 8},
	"a departure of an agent whose person has opened its link":      {readUnits: 2, writeUnits: 12},
	"its next join under that name with the same key, within a day": {readUnits: 5.5, writeUnits: 8},
	aMessage:                                {writeUnits: 1},
	"the same by an instance that does not": {readUnits: 3, writeUnits: 2},
	"simultaneous answers: a message that comes second": {readUnits: 1, writeUnits: 2},
	"a message with an idempotency key":                 {writeUnits: 4},
	inBusyRoom:                                          {readUnits: 60, writeUnits: 1},
	inQuietRoom:                                         {readUnits: 30, writeUnits: 1},
	aLook:                                               {readUnits: 2},
	inNews:                                              {readUnits: 1},
	inNewsOften:                                         {readUnits: 1.5},
	"a subscription":                                    {readUnits: 5.5, writeUnits: 11},
	"its refresh":                                       {readUnits: 11, writeUnits: 3},
	"a message to an agent that has subscribed":          {writeUnits: 1},
	"a wake, by an instance that does not know the room": {readUnits: 10, writeUnits: 2},
	aWake: {readUnits: 9, writeUnits: 2},
	"a message for an agent that was called and has not read": {readUnits: 4},
	"what it reads then": {readUnits: 4.5, writeUnits: 1},
	"a webhook":          {readUnits: 3.5, writeUnits: 10},
	aDelivery:            {readUnits: 6, writeUnits: 2},
	"a browser":          {readUnits: 3.5, writeUnits: 10},
	aPush:                {readUnits: 7, writeUnits: 2},
	"an endpoint":        {readUnits: 2.5, writeUnits: 16},
	anAnswer:             {readUnits: 7, writeUnits: 9},
	"a call of an endpoint that gives a task":                {readUnits: 6, writeUnits: 5},
	"a look at its task":                                     {readUnits: 6, writeUnits: 4},
	"an hour in which nobody calls":                          {},
	"a first message, which joins":                           {readUnits: 4.5, writeUnits: 13},
	"the next one, by an instance that knows the room":       {readUnits: 1, writeUnits: 4},
	"the next one, by an instance that does not":             {readUnits: 4, writeUnits: 5},
	"GetTask, by an instance that knows the room":            {readUnits: 1},
	"a message that waits 25 s for an answer, and gets none": {readUnits: 40, writeUnits: 5},
	aTextAsFile:          {readUnits: 2, writeUnits: 4, puts: 1},
	"the same once more": {readUnits: 1},
	anUploadCode:         {readUnits: 4, writeUnits: 1},
	anUpload:             {readUnits: 5, writeUnits: 8, puts: 1},
	aLookAtAFile:         {readUnits: 1},
	aDownload:            {readUnits: 2, gets: 1},
	"its removal":        {readUnits: 4, writeUnits: 8},
}

// counting are instances of the function on one table, in a time of their own.
type counting struct {
	t                *testing.T
	clock            *clockwork.FakeClock
	meter            *meter
	table            *dynamotable.Table
	options          chat.Options
	one, other, cold *chat.Service
	noted            map[string]bool
}

func count(t *testing.T) *counting {
	t.Helper()
	clock, m := clockwork.NewFakeClock(), &meter{}
	tbl, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock, Observe: m.observe})
	c := &counting{t: t, clock: clock, meter: m, table: tbl, noted: map[string]bool{}}
	// A poll may outlive the table.
	// the template's
	o := chat.Options{Clock: clock, Logger: slog.New(slog.DiscardHandler), Limits: ratelimit.Limits{Rooms: 60}}
	c.options = o
	c.one, c.other, c.cold = chat.New(tbl, o), chat.New(tbl, o), chat.New(tbl, o)
	return c
}

// row compares what was done since the last one with its units.
func (c *counting) row(what string) {
	c.t.Helper()
	read, write := c.meter.take()
	c.note(what, use{readUnits: read, writeUnits: write})
}

func (c *counting) note(what string, got use) {
	c.t.Helper()
	maps.DeleteFunc(got, func(_ string, n float64) bool { return n == 0 })
	c.noted[what] = true
	if want, known := units[what]; !known || !maps.Equal(got, want) {
		c.t.Errorf("%s costs %v, want %v", what, got, want)
	}
}

func (c *counting) join(s *chat.Service, name string) chat.Seated {
	c.t.Helper()
	seat, err := s.JoinRoom(c.t.Context(), chat.JoinRequest{Room: "room", AgentName: name})
	if err != nil {
		c.t.Fatal(err)
	}
	return seat
}

func (c *counting) say(s *chat.Service, seat chat.Seated, text string) {
	c.t.Helper()
	if _, err := s.Send(c.t.Context(), chat.SendRequest{Token: seat.Token, Text: text}); err != nil {
		c.t.Fatal(err)
	}
}

// wait has an agent who has read all wait for 50 seconds, and counts: its polls
// are so many that a few more or less do not show. A wait that is given the turn, once
// in a silence, ends early and does not count.
func (c *counting) wait(what string, seat chat.Seated, cursor string) string {
	c.t.Helper()
	c.meter.take()
	var got chat.Waited
	c.passes(func() (err error) {
		got, err = c.other.Wait(c.t.Context(),
			chat.WaitRequest{Token: seat.Token, Cursor: cursor, Wait: 50 * time.Second})
		return err
	})
	switch got.Status {
	case chat.StatusTurn:
		c.clock.Advance(time.Minute) // its presence is due again
		return c.wait(what, seat, got.Cursor)
	case chat.StatusQuiet:
	default:
		c.t.Errorf("%+v", got)
	}
	c.rounded(what, 10)
	return got.Cursor
}

// rounded notes what a wait did, which has read about a multiple of step.
func (c *counting) rounded(what string, step float64) {
	c.t.Helper()
	read, write := c.meter.take()
	c.note(what, use{readUnits: math.Round(read/step) * step, writeUnits: write})
}

// passes lets the time pass in which a call waits.
func (c *counting) passes(call func() error) {
	c.t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	for {
		ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
		// The wait's own timer, the next poll's, and that of the silence.
		slept := make(chan error, 1)
		go func() { slept <- c.clock.BlockUntilContext(ctx, 3) }()
		select {
		case err := <-done:
			cancel()
			<-slept
			if err != nil {
				c.t.Fatal(err)
			}
			return
		case err := <-slept:
			cancel()
			if err != nil {
				c.t.Fatal(err)
			}
			c.clock.Advance(50 * time.Millisecond)
		}
	}
}

// stays counts the calls of an agent that speaks A2A. Beside it another agent is in the room, and reads.
func (c *counting) stays() {
	c.t.Helper()
	ann, err := c.one.CreateRoom(c.t.Context(), chat.CreateRequest{Room: "stays", AgentName: "Ann", Capacity: 4})
	if err != nil {
		c.t.Fatal(err)
	}
	code, _ := ident.ParseInvite(ann.Invite.Code)
	ctx := ident.WithPrincipal(c.t.Context(), ident.Principal{Room: code.Room, Invite: code.Number})
	token, texts := "", 0
	send := func(s *chat.Service, wait time.Duration) chat.Sent {
		c.t.Helper()
		texts++
		text := fmt.Sprint(texts, strings.Repeat("x", 700))
		var got chat.Sent
		c.passes(func() (err error) {
			got, err = s.Send(ctx, chat.SendRequest{Token: token, Text: text, Key: text[:9], Wait: wait, Stay: true})
			return err
		})
		if !got.Sent {
			c.t.Fatalf("%+v", got)
		}
		return got
	}
	c.meter.take()
	bob, err := c.one.JoinRoom(ctx, chat.JoinRequest{AgentName: "Bob", Stay: true})
	if err != nil {
		c.t.Fatal(err)
	}
	token = bob.Token
	send(c.one, 0)
	c.row("a first message, which joins")
	send(c.one, 0)
	c.row("the next one, by an instance that knows the room")
	send(c.other, 0)
	c.row("the next one, by an instance that does not")
	if _, err := c.one.Stay(ctx, token, 50); err != nil {
		c.t.Fatal(err)
	}
	c.row("GetTask, by an instance that knows the room")
	c.meter.take()
	send(c.one, 25*time.Second)
	c.rounded("a message that waits 25 s for an answer, and gets none", 20)
}

// sends counts sends with an argument that costs, and one without.
func (c *counting) sends(alice, bob chat.Seated) {
	c.t.Helper()
	send := func(what string, s *chat.Service, r chat.SendRequest) {
		c.t.Helper()
		r.Text = what + strings.Repeat("x", 700)
		if got, err := s.Send(c.t.Context(), r); err != nil || !got.Sent {
			c.t.Fatalf("%+v, %v", got, err)
		}
		c.row(what)
	}
	send("a message with an idempotency key", c.one, chat.SendRequest{Token: alice.Token, Key: "a key"})
}

// looks counts a look of a program on standby whose last one was at another instance.
func (c *counting) looks(bob chat.Seated, cursor string) {
	c.t.Helper()
	r := chat.WaitRequest{Token: bob.Token, Cursor: cursor, Standby: true, Peek: true, Polls: true}
	look := func(s *chat.Service) {
		got, err := s.Wait(c.t.Context(), r)
		if err != nil || got.Status != chat.StatusQuiet {
			c.t.Fatalf("%+v, %v", got, err)
		}
		r.Cursor = got.Cursor
		c.clock.Advance(got.PollAfter)
	}
	c.clock.Advance(10 * time.Minute) // Bob's own wait is over
	look(c.one)
	look(c.other)
	c.meter.take()
	look(c.one)
	c.row(aLook)
}

// open opens the link of a seat, and returns the token of the person behind it.
func (c *counting) open(seat chat.Seated) ident.Token {
	c.t.Helper()
	link, _ := ident.ParseLinkCode(seat.Watch)
	token := ident.Token{Room: link.Room, Seat: link.Seat, Secret: ident.Digits(2, ident.SecretChars), Person: true}
	if _, err := c.one.Supervise(c.t.Context(),
		chat.SuperviseRequest{Token: token.String(), Claim: seat.Watch}); err != nil {
		c.t.Fatal(err)
	}
	return token
}

// news counts what a page asks about a room that it does not show.
func (c *counting) news(bob chat.Seated) {
	c.t.Helper()
	page, from := c.open(bob), chat.NewsFrom{Bytes: 1 << 20}
	look := func() {
		watch := c.one.WatchNews()
		defer watch.Close()
		seat, err := watch.Add(c.t.Context(), page)
		if err != nil {
			c.t.Fatal(err)
		}
		got, err := seat.Read(c.t.Context(), from, true)
		if err != nil || from.After != "" && len(got.Messages) > 0 {
			c.t.Fatalf("%+v, %v", got, err)
		}
		if got.Tag != "" {
			from.Tag = got.Tag
		}
		if from.After == "" {
			from.After = got.Messages[len(got.Messages)-1].ID
		}
	}
	c.clock.Advance(time.Hour) // all are silent
	look()
	c.meter.take()
	look()
	c.row(inNews)
	c.clock.Advance(time.Minute)
	look()
	c.row(inNewsOften)
}

// passwords counts joins of a room with a password.
func (c *counting) passwords() {
	c.t.Helper()
	if _, err := c.one.CreateRoom(c.t.Context(),
		chat.CreateRequest{Room: "vault", AgentName: "Alice", Password: "right", Capacity: 9}); err != nil {
		c.t.Fatal(err)
	}
	c.meter.take()
	for _, try := range []struct {
		what, agent, password string
		code                  fault.Code
	}{
		{"a join with a password", "Bob", "right", ""},
		{"a join that is refused for its password", "Carol", "wrong", fault.WrongPassword},
		{"a join with a password, within an hour of a wrong one", "Dave", "right", ""},
	} {
		_, err := chat.New(c.table, c.options).JoinRoom(c.t.Context(),
			chat.JoinRequest{Room: "vault", AgentName: try.agent, Password: try.password})
		if fault.CodeOf(err) != try.code {
			c.t.Fatal(err)
		}
		c.row(try.what)
	}
}

// departures counts leaves and joins of an agent whose person stays known for a day.
func (c *counting) departures() {
	c.t.Helper()
	ctx := ident.WithPrincipal(c.t.Context(), ident.Principal{ID: "key:a1"})
	join := func() chat.Seated {
		c.t.Helper()
		seat, err := c.one.JoinRoom(ctx, chat.JoinRequest{Room: "desk", AgentName: "Bob"})
		if err != nil {
			c.t.Fatal(err)
		}
		return seat
	}
	leave := func(what string, seat chat.Seated) {
		c.t.Helper()
		c.meter.take()
		if _, err := c.one.LeaveRoom(ctx, chat.LeaveRequest{Token: seat.Token}); err != nil {
			c.t.Fatal(err)
		}
		c.row(what)
	}
	if _, err := c.one.CreateRoom(c.t.Context(), chat.CreateRequest{Room: "desk", AgentName: "Alice"}); err != nil {
		c.t.Fatal(err)
	}
	leave("a departure", join())
	bob := join()
	c.open(bob)
	leave("a departure of an agent whose person has opened its link", bob)
	bob = join()
	c.row("its next join under that name with the same key, within a day")
	if bob.Watch != "" {
		c.t.Error("the agent has a link to open")
	}
}

// wakes counts a subscription and a webhook, and what it costs the outbox to look at a seat with one, once for each
// message.
func (c *counting) wakes() {
	c.t.Helper()
	agent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body) // a challenge is answered so
	}))
	c.t.Cleanup(agent.Close)
	join := func(name string) chat.Seated {
		c.t.Helper()
		seat, err := c.one.JoinRoom(c.t.Context(), chat.JoinRequest{Room: "hooks", AgentName: name, Capacity: 3})
		if err != nil {
			c.t.Fatal(err)
		}
		return seat
	}
	ann, bob := join("Ann"), join("Bob")
	c.say(c.one, bob, "the first word of a seat says that it is used, too")
	at, err := c.one.HookSeat(c.t.Context(), ann.Token)
	if err != nil {
		c.t.Fatal(err)
	}
	boxOf := func(s *chat.Service) *outbox.Dispatcher {
		return outbox.New(outbox.Options{Rooms: s, Out: outcall.New(outcall.Options{Loopback: true}), Local: true,
			View: tools.ViewMessage, Clock: c.clock, Logger: c.options.Logger})
	}
	local := ident.WithPrincipal(c.t.Context(), ident.Principal{ID: ident.Local})
	look := chat.WaitRequest{Token: ann.Token, Cursor: ann.Cursor}
	if _, err := c.one.Wait(c.t.Context(), look); err != nil { // no call is due
		c.t.Fatal(err)
	}
	c.meter.take()
	hook := ""
	for _, what := range []string{"a subscription", "its refresh"} {
		got, err := boxOf(c.one).Subscribe(local, outbox.Subscribe{Token: ann.Token, URL: agent.URL,
			Secret: "whsec_c2VjcmV0IG9mIGEgaG9vaywgdGhhdCBpcyBsb25n"})
		if err != nil {
			c.t.Fatal(err)
		}
		if hook != "" {
			if _, err := boxOf(c.one).Deliver(c.t.Context(), at.Room, at.Seat, hook); err != nil {
				c.t.Fatal(err)
			}
		}
		hook = got.ID
		c.row(what)
		c.clock.Advance(time.Second)
	}
	read, err := c.one.Wait(c.t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor})
	if err != nil {
		c.t.Fatal(err)
	}
	c.meter.take()
	if _, err := c.one.Send(c.t.Context(), chat.SendRequest{Token: bob.Token, Text: "you are called for this",
		Cursor: read.Cursor}); err != nil {
		c.t.Fatal(err)
	}
	c.row("a message to an agent that has subscribed")
	box := boxOf(c.other)
	wakes := func(what string) {
		c.t.Helper()
		c.say(c.one, bob, what)
		c.meter.take()
		if _, err := box.Deliver(c.t.Context(), at.Room, at.Seat, hook); err != nil {
			c.t.Fatal(err)
		}
		c.row(what)
	}
	wakes("a wake, by an instance that does not know the room")
	wakes("a message for an agent that was called and has not read")
	if got, err := c.one.Wait(c.t.Context(), look); err != nil || len(got.Messages) < 2 {
		c.t.Fatalf("%+v, %v", got, err)
	}
	c.row("what it reads then")
	wakes(aWake)

	person := c.open(bob).String()
	c.meter.take()
	added, err := boxOf(c.one).AddWebhook(local, person, agent.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	hook = added.ID
	c.row("a webhook")
	c.clock.Advance(time.Second)
	at, err = c.one.WebhookSeat(c.t.Context(), person)
	if err != nil {
		c.t.Fatal(err)
	}
	wakes(aDelivery)
	c.pushes(person, bob)
	c.endpoints(boxOf(c.one), box, person, bob)
}

// pushes counts a browser that a person adds, and what it costs the outbox to tell it of a draft.
func (c *counting) pushes(person string, bob chat.Seated) {
	c.t.Helper()
	service := webpushtest.NewService(c.t)
	subscribed, err := webpush.ParseSubscription(service.Subscription())
	if err != nil {
		c.t.Fatal(err)
	}
	boxOf := func(s *chat.Service) *outbox.Dispatcher {
		return outbox.New(outbox.Options{Rooms: s, Out: outcall.New(outcall.Options{Loopback: true}),
			Public: "https://parley.example/mcp", PushServices: []string{service.Host},
			Clock: c.clock, Logger: c.options.Logger})
	}
	box := boxOf(c.other)
	if _, err := box.PushKey(c.t.Context()); err != nil { // as each process that has made a push
		c.t.Fatal(err)
	}
	c.meter.take()
	id, err := boxOf(c.one).AddPush(c.t.Context(), person, outbox.AddedPush{Subscription: subscribed})
	if err != nil {
		c.t.Fatal(err)
	}
	c.row("a browser")
	at, _, err := c.one.PushSeat(c.t.Context(), person)
	if err != nil {
		c.t.Fatal(err)
	}
	approves := func(yes bool) {
		c.t.Helper()
		if _, err := c.one.Supervise(c.t.Context(), chat.SuperviseRequest{Token: person, Approve: &yes}); err != nil {
			c.t.Fatal(err)
		}
	}
	approves(true)
	for n := range 2 { // the second by an instance that knows the room
		c.clock.Advance(3 * time.Minute)
		if got, err := c.one.Send(c.t.Context(), chat.SendRequest{Token: bob.Token, Text: fmt.Sprint("May I ", n,
			"?")}); err != nil || got.Sent {
			c.t.Fatalf("%+v, %v", got, err)
		}
		c.meter.take()
		if _, err := box.Deliver(c.t.Context(), at.Room, at.Seat, id); err != nil || len(service.Calls()) != n+1 {
			c.t.Fatalf("%d calls, %v", len(service.Calls()), err)
		}
	}
	c.row(aPush)
	approves(false)
}

// answerer is an agent behind the server of the Go SDK. It answers its first message, and gives tasks for the others.
type answerer struct{ calls atomic.Int32 }

func (a *answerer) Execute(_ context.Context, of *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(yield func(a2a.Event, error) bool) {
		if a.calls.Add(1) > 1 {
			yield(a2a.NewSubmittedTask(of, of.Message), nil)
			return
		}
		yield(a2a.NewMessageForTask(a2a.MessageRoleAgent, of, a2a.NewTextPart(strings.Repeat("x", 700))), nil)
	}
}

func (a *answerer) Cancel(context.Context, *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(func(a2a.Event, error) bool) {}
}

// endpoints counts an endpoint that a person adds, and calls of it.
func (c *counting) endpoints(one, other *outbox.Dispatcher, person string, bob chat.Seated) {
	c.t.Helper()
	mux := http.NewServeMux()
	host := httptest.NewServer(mux)
	c.t.Cleanup(host.Close)
	mux.Handle("/rpc", a2asrv.NewJSONRPCHandler(a2asrv.NewHandler(&answerer{})))
	mux.Handle(a2asrv.WellKnownAgentCardPath, a2asrv.NewStaticAgentCardHandler(&a2a.AgentCard{Name: "Bot",
		SupportedInterfaces: []*a2a.AgentInterface{
			a2a.NewAgentInterface(host.URL+"/rpc", a2a.TransportProtocolJSONRPC)}}))
	local := ident.WithPrincipal(c.t.Context(), ident.Principal{ID: ident.Local})
	c.meter.take()
	got, err := one.AddAgent(local, person, host.URL, "")
	if err != nil {
		c.t.Fatal(err)
	}
	c.row("an endpoint")
	x, err := c.one.Store().Hook(c.t.Context(), got.Hook)
	if err != nil {
		c.t.Fatal(err)
	}
	look := func(what string) {
		c.t.Helper()
		c.clock.Advance(time.Minute)
		c.meter.take()
		if _, err := other.Deliver(c.t.Context(), x.Room, x.Seat, x.ID); err != nil {
			c.t.Fatal(err)
		}
		c.row(what)
	}
	c.say(c.one, bob, "@Bot, answer this")
	look(anAnswer)
	c.say(c.one, bob, "@Bot, this takes longer")
	look("a call of an endpoint that gives a task")
	look("a look at its task")
}

// objects counts the requests to a bucket.
type objects struct {
	mu   sync.Mutex
	made map[string]int // by method
}

func (o *objects) note(a *http.Response) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.made[a.Request.Method]++
	return nil
}

// take returns the requests since it was last asked.
func (o *objects) take() use {
	o.mu.Lock()
	defer o.mu.Unlock()
	made := use{puts: float64(o.made[http.MethodPut]), gets: float64(o.made[http.MethodGet])}
	clear(o.made)
	return made
}

// files counts what files cost the table and the bucket, in a room that has some already.
func (c *counting) files() {
	c.t.Helper()
	s, o := s3local.Start(c.t), &objects{made: map[string]int{}}
	proxy := httptest.NewServer(&httputil.ReverseProxy{ModifyResponse: o.note,
		Rewrite: func(p *httputil.ProxyRequest) { passTo(p, s.Endpoint) }})
	c.t.Cleanup(proxy.Close)
	b, err := bucket.New(bucket.Options{Name: s.Bucket, Region: s3local.Region, Endpoint: proxy.URL,
		Credentials: credentials.NewStaticCredentialsProvider(s3local.AccessKeyID, s3local.SecretAccessKey, "")})
	if err != nil {
		c.t.Fatal(err)
	}
	options := c.options
	options.Files = b
	one, other := chat.New(c.table, options), chat.New(c.table, options)
	ann, err := one.JoinRoom(c.t.Context(), chat.JoinRequest{Room: "files", AgentName: "Ann"})
	if err != nil {
		c.t.Fatal(err)
	}
	row := func(what string) {
		read, write := c.meter.take()
		c.note(what, sum(use{readUnits: read, writeUnits: write}, o.take()))
	}
	must := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
	}
	share := func(r chat.ShareRequest) chat.Shared {
		c.t.Helper()
		r.Token = ann.Token
		got, err := one.ShareFile(c.t.Context(), r)
		must(err)
		return got
	}
	download := func(id string) {
		c.t.Helper()
		got, err := one.GetFile(c.t.Context(), chat.FileRequest{Token: ann.Token, ID: id})
		must(err)
		row(aLookAtAFile)
		file, err := other.Download(c.t.Context(), got.Ticket)
		must(err)
		r, err := file.Open(c.t.Context(), 0, file.Size)
		must(err)
		n, err := io.Copy(io.Discard, r)
		must(errors.Join(err, r.Close()))
		if n != mostBytes {
			c.t.Errorf("%d bytes came", n)
		}
		row(aDownload)
	}
	share(chat.ShareRequest{Name: "first.txt", Text: "the first word of a seat says that it is used, too"})
	c.meter.take()
	o.take()
	share(chat.ShareRequest{Name: "short.txt", Text: "short"})
	row(aTextAsFile)
	share(chat.ShareRequest{Name: "short.txt", Text: "short"})
	row("the same once more")
	upload := share(chat.ShareRequest{Name: "long.bin", Size: mostBytes}).Upload
	row(anUploadCode)
	sent, err := one.Upload(c.t.Context(), upload.Code, bytes.NewReader(randomBytes(mostBytes)))
	must(err)
	row(anUpload)
	download(sent.ID)
	_, err = one.UpdateRoom(c.t.Context(), chat.UpdateRequest{Token: ann.Token, Redact: sent.ID})
	must(err)
	row("its removal")
}

func TestCostPage_units_areCounted(t *testing.T) {
	t.Parallel()
	c := count(t)
	alice := c.join(c.one, "Alice")
	c.row("a join that makes the room")
	bob := c.join(c.other, "Bob")
	c.row("a join")
	c.passwords()
	c.departures()
	c.say(c.one, alice, "the first word of a seat says that it is used, too")
	c.say(c.one, alice, "what came with the first, comes again")
	c.meter.take()
	long := strings.Repeat("x", 790)
	c.say(c.one, alice, long)
	c.row(aMessage)
	c.say(c.cold, alice, long+"y")
	c.row("the same by an instance that does not")
	c.say(c.one, alice, long+"z")
	c.row("simultaneous answers: a message that comes second")
	c.sends(alice, bob)
	got, err := c.other.Wait(t.Context(), chat.WaitRequest{Token: bob.Token, Cursor: bob.Cursor})
	if err != nil {
		t.Fatal(err)
	}
	cursor := c.wait(inBusyRoom, bob, got.Cursor)
	c.clock.Advance(2 * time.Minute)
	cursor = c.wait(inBusyRoom, bob, cursor)
	c.clock.Advance(10 * time.Minute)
	cursor = c.wait(inQuietRoom, bob, cursor)
	c.looks(bob, cursor)
	c.news(bob)
	c.wakes()
	c.stays()
	c.files()
	before := c.meter.asked()
	c.clock.Advance(time.Hour)
	c.row("an hour in which nobody calls")
	if asked := c.meter.asked() - before; asked != 0 {
		t.Errorf("%d requests in an hour in which nobody calls", asked)
	}
	for what := range units {
		if !c.noted[what] {
			t.Errorf("nobody has counted %s", what)
		}
	}
}
