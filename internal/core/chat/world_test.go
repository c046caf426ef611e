package chat_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/dynamotable"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
	"github.com/parley-chat/parley/internal/testkit/secretscan"
)

// world is a table, a clock and a service that uses them.
type world struct {
	t     *testing.T
	clock *clockwork.FakeClock
	table table.Table
	watch *watchedClock // of the service; nil if it has another
	*chat.Service
}

// newWorld returns a service alone on a table in a file.
func newWorld(t *testing.T) *world {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	return onTable(t, clock, sqlitetest.Open(t, clock), chat.Options{SingleProcess: true, MinBatch: 1})
}

func onTable(t *testing.T, clock *clockwork.FakeClock, b table.Table, o chat.Options) *world {
	watch := &watchedClock{FakeClock: clock, made: map[time.Duration]int{},
		due: map[*watchedTimer]time.Time{}}
	o.Clock = watch
	if o.Logger == nil {
		o.Logger = secretscan.Logger(t)
	}
	return &world{t: t, clock: clock, table: b, watch: watch, Service: chat.New(b, o)}
}

func (w *world) join(room, agent string) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(w.t.Context(), chat.JoinRequest{Room: room, AgentName: agent})
	if err != nil {
		w.t.Fatalf("%s joins: %v", agent, err)
	}
	return got
}

func (w *world) say(token, text string) chat.Sent {
	w.t.Helper()
	got, err := w.Send(w.t.Context(), chat.SendRequest{Token: token, Text: text})
	if err != nil {
		w.t.Fatalf("send: %v", err)
	}
	return got
}

// look is a wait of zero length: see withCursor.
func (w *world) look(token, cursor string) chat.Waited {
	w.t.Helper()
	got, err := w.Wait(w.t.Context(), withCursor(chat.WaitRequest{Token: token, Cursor: cursor}))
	if err != nil {
		w.t.Fatalf("wait: %v", err)
	}
	return got
}

// withCursor returns a wait with the cursor that an agent must give. Without another, the agent reads all since it
// joined.
func withCursor(req chat.WaitRequest) chat.WaitRequest {
	own, err := ident.ParseToken(req.Token)
	if req.Cursor == "" && err == nil && !own.Person && !req.Standby && !req.Stay {
		req.Cursor = ident.Cursor{N: 1}.String(own)
	}
	return req
}

// waiting begins a wait in the background: see withCursor.
func (w *world) waiting(ctx context.Context, req chat.WaitRequest) <-chan answer {
	w.t.Helper()
	got := make(chan answer, 1)
	go func() {
		a, err := w.Wait(ctx, withCursor(req))
		got <- answer{a, err}
	}()
	return got
}

type answer struct {
	chat.Waited
	err error
}

func (a answer) String() string { return fmt.Sprintf("%v, %v", a.Waited, a.err) }

// wants fails unless err has the code.
func wants(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Fatalf("got %q (%v), want %q", got, err, code)
	}
}

func texts(ms []chat.Message) []string {
	var out []string
	for _, m := range ms {
		if m.Type == chat.EventSaid {
			out = append(out, m.Text)
		}
	}
	return out
}

// elsewhere returns another service on the same table, like that of another process. It
// has cached nothing, and its pauses advance the clock.
func (w *world) elsewhere() *world {
	return &world{t: w.t, clock: w.clock, table: w.table,
		Service: chat.New(w.table, chat.Options{Clock: hurriedClock{w.clock}})}
}

func (w *world) tryJoin(room, agent string) (chat.Seated, error) {
	return w.JoinRoom(w.t.Context(), chat.JoinRequest{Room: room, AgentName: agent})
}

// enter joins as req says.
func (w *world) enter(req chat.JoinRequest) chat.Seated {
	w.t.Helper()
	got, err := w.JoinRoom(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("%s joins: %v", req.AgentName, err)
	}
	return got
}

func (w *world) create(req chat.CreateRequest) chat.Seated {
	w.t.Helper()
	got, err := w.CreateRoom(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("create %q: %v", req.Room, err)
	}
	return got
}

func (w *world) leave(token string) {
	w.t.Helper()
	if got, err := w.LeaveRoom(w.t.Context(), chat.LeaveRequest{Token: token}); err != nil ||
		got.Status != chat.StatusLeft {
		w.t.Fatalf("leave: %+v, %v", got, err)
	}
}

// info returns what room_info shows the owner of a token.
func (w *world) info(token string) chat.Info {
	w.t.Helper()
	got, err := w.RoomInfo(w.t.Context(), chat.InfoRequest{Token: token})
	if err != nil {
		w.t.Fatalf("info: %v", err)
	}
	return got
}

// history returns a page of history. req lacks only the token.
func (w *world) history(token string, req chat.HistoryRequest) chat.Page {
	w.t.Helper()
	req.Token = token
	got, err := w.History(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("history: %v", err)
	}
	return got
}

// seats lists the agents of a room, the longest seated first, as "Ann (admin)".
func seats(r chat.Room) []string {
	var out []string
	for _, a := range r.Agents {
		out = append(out, a.Name+" ("+string(a.Role)+")")
	}
	return out
}

// lines renders messages as "Ann: hello", "joined Ann" and "left Ann (timeout)".
func lines(ms []chat.Message) []string {
	var out []string
	for _, m := range ms {
		switch m.Type {
		case chat.EventSaid:
			out = append(out, m.From+": "+m.Text)
		case chat.EventLeft:
			out = append(out, "left "+m.Agent+" ("+string(m.Reason)+")")
		default:
			out = append(out, string(m.Type)+" "+m.Agent)
		}
	}
	return out
}

// same fails unless got is want.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// waitsFor fails unless err has the code and says to retry after this time.
func waitsFor(t *testing.T, err error, code fault.Code, after time.Duration) {
	t.Helper()
	wants(t, err, code)
	var e *fault.Error
	if errors.As(err, &e) && e.RetryAfter != after {
		t.Fatalf("%s after %s, want %s", code, e.RetryAfter, after)
	}
}

// awaitText returns once the agent of a token may read a message with the text.
func (w *world) awaitText(token, text string) {
	w.t.Helper()
	for {
		page, err := w.History(w.t.Context(), chat.HistoryRequest{Token: token})
		if err != nil {
			w.t.Fatal(err)
		}
		if slices.Contains(texts(page.Messages), text) {
			return
		}
		runtime.Gosched()
	}
}

func (w *world) update(req chat.UpdateRequest) chat.Updated {
	w.t.Helper()
	got, err := w.UpdateRoom(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("update: %v", err)
	}
	return got
}

// manage fails unless the action has this result.
func (w *world) manage(token string, action room.Action, name string, want chat.ManageStatus) chat.Managed {
	w.t.Helper()
	got, err := w.ManageAgent(w.t.Context(), chat.ManageRequest{Token: token, Agents: []string{name}, Action: action})
	if err != nil || got.Status != want {
		w.t.Fatalf("%s %s: %q, %v; want %q", action, name, got.Status, err, want)
	}
	return got
}

// events returns the log of a token's room.
func (w *world) events(token string) []loggedEvent {
	w.t.Helper()
	log, err := readLog(w.t.Context(), w.table, token[:7])
	if err != nil {
		w.t.Fatal(err)
	}
	return log.events
}

// changesNothing makes a call that must be refused and returns its error. It fails if
// the call changed the log or the snapshot of the token's room.
func (w *world) changesNothing(token string, call func() error) error {
	w.t.Helper()
	before, meta := len(w.events(token)), w.item(token, "META")
	err := call()
	if err == nil {
		w.t.Fatal("it was not refused")
	}
	if after := len(w.events(token)); after != before {
		w.t.Errorf("%d events became %d: %v", before, after, err)
	}
	if after := w.item(token, "META"); string(after.Data) != string(meta.Data) {
		w.t.Errorf("%s became %s: %v", meta.Data, after.Data, err)
	}
	return err
}

// trio is a room of three agents. Ann is its admin.
type trio struct{ ann, bob, cid chat.Seated }

func (w *world) trio() trio {
	w.t.Helper()
	ann := w.create(chat.CreateRequest{Room: "plans", AgentName: "Ann", Capacity: 10})
	return trio{ann: ann, bob: w.join("plans", "Bob"), cid: w.join("plans", "Cid")}
}

// head returns the room of a token as it is now.
func (w *world) head(token string) *room.Head {
	w.t.Helper()
	l := w.Store().Acquire(token[:ident.RoomChars])
	defer l.Release()
	h, err := l.Refresh(w.t.Context(), w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// id returns the id of event n in the room of a token.
func (w *world) id(token string, n int64) string {
	w.t.Helper()
	return w.head(token).MessageID(n)
}

// number returns the event that a message id stands for.
func (w *world) number(token, id string) int64 {
	w.t.Helper()
	n, ok := w.head(token).MessageNumber(id)
	if !ok {
		w.t.Fatalf("%q is no id of the room", id)
	}
	return n
}

// place returns the event at which a cursor of the token's owner stands.
func place(t *testing.T, token, cursor string) int64 { return read(t, token, cursor).N }

// read returns what a cursor of the token's owner holds.
func read(t *testing.T, token, cursor string) ident.Cursor {
	t.Helper()
	own, err := ident.ParseToken(token)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := own.ParseCursor(cursor)
	if !ok {
		t.Fatalf("%q is no cursor of this token", cursor)
	}
	return c
}

// onEachTable runs a test with one service on a file, with two services on a file,
// and with two on DynamoDB: where calls meet, and where a condition of the table decides.
func onEachTable(t *testing.T, test func(t *testing.T, services ...*world)) {
	onOneAndTwo(t, test)
	t.Run("two services on DynamoDB", func(t *testing.T) { onDynamoDB(t, test) })
}

// onFiles runs a test with one service on a file and with two, and by night with two on DynamoDB.
func onFiles(t *testing.T, test func(t *testing.T, services ...*world)) {
	onOneAndTwo(t, test)
	dynamolocal.Double(t, "two services on DynamoDB", func(t *testing.T) { onDynamoDB(t, test) })
}

func onOneAndTwo(t *testing.T, test func(t *testing.T, services ...*world)) {
	t.Run("one service", func(t *testing.T) {
		w := newWorld(t)
		w.Service = chat.New(w.table, chat.Options{Clock: hurriedClock{w.clock}, SingleProcess: true, MinBatch: 1})
		test(t, w)
	})
	t.Run("two services", func(t *testing.T) {
		w := newWorld(t)
		test(t, w.elsewhere(), w.elsewhere())
	})
}

func onDynamoDB(t *testing.T, test func(t *testing.T, services ...*world)) {
	clock := clockwork.NewFakeClockAt(time.Date(2100, 3, 1, 12, 0, 0, 0, time.UTC))
	db, _ := dynamolocal.NewTable(t, dynamotable.Options{Clock: clock})
	w := &world{t: t, clock: clock, table: db}
	test(t, w.elsewhere(), w.elsewhere())
}

// sends sends req, and fails unless it is sent.
func (w *world) sends(req chat.SendRequest) chat.Sent {
	w.t.Helper()
	got, err := w.send(req)
	if err != nil || !got.Sent {
		w.t.Fatalf("send %q: %+v, %v", req.Text, got, err)
	}
	return got
}

// ask asks these agents, or anyone, in public. It returns the id.
func (w *world) ask(token, text string, names ...string) string {
	w.t.Helper()
	return w.sends(chat.SendRequest{Token: token, Text: text, Ask: names, Kind: room.Request}).ID
}

// reply answers a message.
func (w *world) reply(token, text, to string, only ...string) {
	w.t.Helper()
	w.sends(chat.SendRequest{Token: token, Text: text, ReplyTo: to, To: only})
}

// requests lists the open requests that room_info shows the owner of a token, as "Ann
// asks [Bob]: blue?".
func (w *world) requests(token string) (out []string) {
	w.t.Helper()
	for _, r := range w.info(token).Requests {
		out = append(out, fmt.Sprintf("%s asks %s: %s", r.From, r.OwedBy, r.Text))
	}
	return out
}

// asked fails unless these are the open requests, for each of the agents.
func (w *world) asked(want []string, agents ...chat.Seated) {
	w.t.Helper()
	for _, s := range agents {
		same(w.t, s.Name+" sees open", w.requests(s.Token), want)
	}
}

// company is a room of four seats, three of which are taken. Ann is its admin.
type company struct{ ann, bob, cid chat.Seated }

func (w *world) company() company {
	w.t.Helper()
	p := company{ann: w.enter(chat.JoinRequest{Room: "plans", AgentName: "Ann", Capacity: 4})}
	p.bob, p.cid = w.join("plans", "Bob"), w.join("plans", "Cid")
	p.ann.Cursor, p.bob.Cursor = w.look(p.ann.Token, p.ann.Cursor).Cursor, w.look(p.bob.Token, p.bob.Cursor).Cursor
	return p
}

func (w *world) send(req chat.SendRequest) (chat.Sent, error) {
	w.t.Helper()
	return w.Send(w.t.Context(), req)
}

// supervise has a person supervise its agent. req lacks only the token.
func (w *world) supervise(person string, req chat.SuperviseRequest) chat.Supervised {
	w.t.Helper()
	req.Token = person
	got, err := w.Service.Supervise(w.t.Context(), req)
	if err != nil {
		w.t.Fatalf("supervise %+v: %v", req, err)
	}
	return got
}

// pauses has a person pause its agent, or let it go on.
func (w *world) pauses(person string, paused bool) chat.Supervised {
	w.t.Helper()
	return w.supervise(person, chat.SuperviseRequest{Paused: &paused})
}

// approves has a person approve what its agent says, or no longer.
func (w *world) approves(person string, approve bool) chat.Supervised {
	w.t.Helper()
	return w.supervise(person, chat.SuperviseRequest{Approve: &approve})
}

// decides has a person decide about a draft.
func (w *world) decides(person, draft string, how room.Decision, text string) chat.Supervised {
	w.t.Helper()
	return w.supervise(person, chat.SuperviseRequest{Draft: draft, Decision: how, Text: text})
}

// drafts sends what becomes a draft, and returns its id.
func (w *world) drafts(req chat.SendRequest) string {
	w.t.Helper()
	got, err := w.send(req)
	if err != nil || got.Sent || got.Waited.Status != chat.StatusPending || got.ID == "" {
		w.t.Fatalf("%q: %+v, %v", req.Text, got, err)
	}
	return got.ID
}

// approved is a company in which the person behind Bob approves what he says.
func (w *world) approved() (p company, person string) {
	w.t.Helper()
	p = w.company()
	person = w.person(p.bob)
	w.approves(person, true)
	return p, person
}

// pair is a room of two agents.
type pair struct{ ann, bob chat.Seated }

func (w *world) pair() pair {
	w.t.Helper()
	p := pair{ann: w.join("plans", "Ann"), bob: w.join("plans", "Bob")}
	p.ann.Cursor = w.look(p.ann.Token, p.ann.Cursor).Cursor // Bob's join
	return p
}

func take(t *testing.T, from <-chan answer) chat.Waited {
	t.Helper()
	select {
	case got := <-from:
		if got.err != nil {
			t.Fatalf("wait: %v", got.err)
		}
		return got.Waited
	case <-time.After(chat.Patience): // only a broken wait gets here
		t.Fatal("the wait did not end")
		panic("unreachable")
	}
}

// says fails unless err has the code and contains words.
func says(t *testing.T, err error, code fault.Code, words string) {
	t.Helper()
	wants(t, err, code)
	if !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want an error that contains %q", err, words)
	}
}

// asking returns the context of a call by a.
func asking(t *testing.T, a ident.Principal) context.Context {
	return ident.WithPrincipal(t.Context(), a)
}

// propose makes a proposal to all, or asks these agents. It returns the id.
func (w *world) propose(token, text string, ask ...string) string {
	w.t.Helper()
	return w.sends(chat.SendRequest{Token: token, Text: text, Kind: room.Proposal, Ask: ask}).ID
}

// agree agrees to a proposal, or to the only one if id is "".
func (w *world) agree(token, id string) chat.Sent {
	w.t.Helper()
	return w.sends(chat.SendRequest{Token: token, Kind: room.Agree, ReplyTo: id})
}

// agreements lists the agreements that room_info shows the owner of a token.
func (w *world) agreements(token string) (out []string) {
	w.t.Helper()
	for _, a := range w.info(token).Agreements {
		out = append(out, a.By+": "+a.Text)
	}
	return out
}

// agreed fails unless each of the agents sees these agreements, and no open request.
func (w *world) agreed(want []string, agents ...chat.Seated) {
	w.t.Helper()
	for _, s := range agents {
		same(w.t, s.Name+" sees agreed", w.agreements(s.Token), want)
	}
	w.asked(nil, agents...)
}

// guest returns who asks with an invite, as the server admits it. It has the principal of
// the machine, which must not count.
func guest(t *testing.T, v chat.Invite) context.Context {
	t.Helper()
	code, ok := ident.ParseInvite(v.Code)
	if !ok {
		t.Fatalf("%+v is no invite", v)
	}
	return asking(t, ident.Principal{ID: ident.Local, Owner: "Eve", Room: code.Room, Invite: code.Number})
}

// arrives takes a seat by an invite, with nothing but a name.
func (w *world) arrives(ctx context.Context, name string) (chat.Seated, error) {
	return w.JoinRoom(ctx, chat.JoinRequest{AgentName: name})
}

// all returns the whole log as the first agent of the room sees it.
func (w *world) all(token string) []chat.Message {
	w.t.Helper()
	page := w.history(token, chat.HistoryRequest{Limit: 100})
	all := page.Messages
	for page.HasMore {
		page = w.history(token, chat.HistoryRequest{Limit: 100, Before: all[0].ID})
		all = append(page.Messages, all...)
	}
	return all
}

// outcome is how one of many joins ended.
type outcome struct {
	chat.Seated
	err error
}

func (o outcome) String() string { return fmt.Sprintf("%v, %v", o.Seated, o.err) }

// atOnce makes n calls at the same time and returns their outcomes.
func atOnce(n int, call func(i int) (chat.Seated, error)) []outcome {
	var ready, all sync.WaitGroup
	ready.Add(n)
	out := make([]outcome, n)
	for i := range n {
		all.Go(func() {
			ready.Done()
			ready.Wait()
			out[i].Seated, out[i].err = call(i)
		})
	}
	all.Wait()
	return out
}

// expect fails unless these are the outcomes, and there are no others.
func expect(t *testing.T, out []outcome, want map[fault.Code]int) {
	t.Helper()
	got := tally(out)
	for code, n := range want {
		if got[code] != n {
			t.Errorf("%d times %q, want %d", got[code], code, n)
		}
		delete(got, code)
	}
	for _, o := range out {
		if code := fault.CodeOf(o.err); got[code] > 0 {
			t.Errorf("%v", o.err)
		}
	}
}

// opens opens a link on a device, and returns the token of the person there.
func (w *world) opens(claim, name string) (string, error) {
	w.t.Helper()
	token := device(w.t, claim, name)
	_, err := w.Service.Supervise(w.t.Context(), chat.SuperviseRequest{Token: token, Claim: claim})
	return token, err
}

// person returns a token of the person behind an agent that has just joined.
func (w *world) person(s chat.Seated) string {
	w.t.Helper()
	token, err := w.opens(s.Watch, "phone")
	if err != nil {
		w.t.Fatalf("the link of %s is not opened: %v", s.Name, err)
	}
	return token
}

// newLink returns the claim of a link for a further device.
func (w *world) newLink(person string) string {
	w.t.Helper()
	got, err := w.Service.Supervise(w.t.Context(), chat.SuperviseRequest{Token: person, NewLink: true})
	if err != nil || got.Watch == "" {
		w.t.Fatalf("no further link: %+v, %v", got, err)
	}
	return got.Watch
}

// redact fails unless the agent of a token removes the text of a message.
func (w *world) redact(token, id string) {
	w.t.Helper()
	if got := w.update(chat.UpdateRequest{Token: token, Redact: id}); got.Status != chat.StatusUpdated ||
		got.Redacted != id {
		w.t.Fatalf("redact: %+v", got)
	}
}

// away says that an agent will be back after d.
func away(d time.Duration) chat.Absence { return chat.Absence{Given: true, BackIn: d} }

// agentIn returns the agent of this name.
func agentIn(t *testing.T, r chat.Room, name string) chat.AgentView {
	t.Helper()
	for _, a := range r.Agents {
		if a.Name == name {
			return a
		}
	}
	t.Fatalf("%s is not among %v", name, seats(r))
	panic("unreachable")
}

// await polls until ok returns true.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(chat.Patience); !ok(); runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatal(what + " did not come")
		}
	}
}

func (w *world) seatOf(s chat.Seated) int {
	w.t.Helper()
	token, err := ident.ParseToken(s.Token)
	if err != nil {
		w.t.Fatal(err)
	}
	return token.Seat
}

func (w *world) token(s chat.Seated) ident.Token {
	token, _ := ident.ParseToken(s.Token)
	return token
}

// tell sends a private message.
func (w *world) tell(token, text string, to ...string) chat.Sent {
	w.t.Helper()
	got, err := w.send(chat.SendRequest{Token: token, Text: text, To: to})
	if err != nil {
		w.t.Fatalf("send to %q: %v", to, err)
	}
	return got
}

// crowd is the agents of a room.
type crowd []chat.Seated

// of returns the agent of a name.
func (c crowd) of(name string) chat.Seated {
	return c[slices.IndexFunc(c, func(s chat.Seated) bool { return s.Name == name })]
}

// crowd returns a full room with these agents. Each of them has read all joins.
func (w *world) crowd(room string, names ...string) crowd {
	w.t.Helper()
	var all crowd
	for _, name := range names {
		all = append(all, w.enter(chat.JoinRequest{Room: room, AgentName: name, Capacity: max(2, len(names))}))
	}
	w.catchUp(all)
	return all
}

// catchUp has each agent read what is new to it.
func (w *world) catchUp(all []chat.Seated) {
	w.t.Helper()
	for i := range all {
		all[i].Cursor = w.look(all[i].Token, all[i].Cursor).Cursor
	}
}

// hold begins a wait of almost five minutes for each agent.
func (w *world) hold(all ...chat.Seated) []<-chan answer {
	w.t.Helper()
	var waits []<-chan answer
	for _, s := range all {
		waits = append(waits, w.open(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: longWait}))
	}
	return waits
}

// shell begins a wait of a program in the place of an agent.
func (w *world) shell(s chat.Seated) <-chan answer {
	w.t.Helper()
	return w.open(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor, Wait: longWait, Standby: true})
}

// leaves says that an agent will be back after d.
func (w *world) leaves(s chat.Seated, d time.Duration) {
	w.t.Helper()
	if _, err := w.Wait(w.t.Context(), chat.WaitRequest{Token: s.Token, Cursor: s.Cursor,
		Absence: away(d)}); err != nil {
		w.t.Fatal(err)
	}
}

func wantStatus(t *testing.T, who string, got chat.Waited, want chat.WaitStatus) {
	t.Helper()
	if got.Status != want {
		t.Fatalf("%s: %s with %v, want %s", who, got.Status, lines(got.Messages), want)
	}
}

// stillWaits fails if a wait has ended.
func (w *world) stillWaits(who string, wait <-chan answer) {
	w.t.Helper()
	select {
	case got := <-wait:
		w.t.Fatalf("%s waits no longer: %s with %v, %v", who, got.Status, lines(got.Messages), got.err)
	case <-time.After(2 * time.Millisecond): // a wait that ends does so in less
	}
}

// until lets time pass until a wait ends, and returns for how long.
func (w *world) until(wait <-chan answer, most time.Duration) (got chat.Waited, after time.Duration) {
	w.t.Helper()
	began, patience := w.clock.Now(), 2*time.Millisecond // a wait that ends does so in less
	for patience < 10*time.Second {
		switch {
		case w.clock.Since(began) < most:
			await(w.t, "who was waked by the time before", w.watch.isAnswered) // else the time is up before a poll
			w.pass(500 * time.Millisecond)
		case patience < time.Second:
			patience = time.Second // on a busy machine its goroutine may be late
		default:
			// A poll that began to read before the news was there may have taken all of the time. The next one
			// brings the news.
			patience = 10 * time.Second
			w.pass(500 * time.Millisecond)
		}
		select {
		case got := <-wait:
			if got.err != nil {
				w.t.Fatal(got.err)
			}
			return got.Waited, w.clock.Since(began)
		case <-time.After(patience):
		}
	}
	w.t.Fatalf("the wait did not end within %s", most)
	panic("unreachable")
}
