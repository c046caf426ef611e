package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2aclient"
	"github.com/a2aproject/a2a-go/v2/a2aclient/agentcard"
)

func TestCrash_whileAgentsOfA2ATalk_losesAndDoublesNothing(t *testing.T) {
	crashOverA2A(t, crashes, start(t))
}

func TestSoak_crashesWhileAgentsOfA2ATalk_loseAndDoubleNothing(t *testing.T) {
	soak(t)
	crashOverA2A(t, soakCrashes, start(t))
}

func TestDynamoDB_killedWhileAgentsOfA2ATalkOnTwoPrograms_losesAndDoublesNothing(t *testing.T) {
	one, other := startPair(t)
	crashOverA2A(t, callCrashes, one, other)
}

func TestSoak_twoProgramsKilledWhileAgentsOfA2ATalk_loseAndDoubleNothing(t *testing.T) {
	soak(t)
	one, other := startPair(t)
	crashOverA2A(t, soakCallCrashes, one, other)
}

// crashOverA2A kills one of the programs again and again while agents of A2A and one of MCP talk. A call that had no
// answer is made again with the same ids, at the other program if there is one. On a busy machine most lives end
// before anything is said: then there are more of them.
func crashOverA2A(t *testing.T, times int, programs ...*program) {
	f := newFloor(t, programs)
	n, lost := 0, 0
	for ; n < times || f.said() < times && n < 3*times && !t.Failed(); n++ {
		lost += f.work(t, programs[rand.IntN(len(programs))])
		if n%4 == 0 {
			f.standsStill(t)
		}
	}
	f.standsStill(t)
	f.finish(t)
	f.compare(t)
	said := f.said()
	t.Logf("killed %d times: %d messages over A2A and %d over MCP; %d answers were lost, %d messages were held back",
		n, said, len(f.host.acknowledged), lost, f.held())
	if said < times || lost < times/2 {
		t.Errorf("%d messages and %d lost answers: the kills met a program that had nothing to do", said, lost)
	}
}

// floor is a room whose host speaks MCP. The others speak A2A.
type floor struct {
	programs []*program
	host     *sender
	agents   []*caller
}

// said is how many messages went over A2A.
func (f *floor) said() (n int) {
	for _, a := range f.agents {
		n += a.said
	}
	return n
}

func newFloor(t *testing.T, programs []*program) *floor {
	t.Helper()
	const room = "the shaky floor"
	owner := visitor(t, programs[0])
	owner.does("join", room, "--as", "Owner", "--capacity", "6")
	_, invite, _ := strings.Cut(owner.guestLink("--new"), "/i/")
	c := talk{t, openGo(t, programs[0].url, modernProtocol)}
	f := &floor{programs: programs, host: &sender{name: "Ann", keyed: true, seat: c.join(room, "Ann"),
		acknowledged: map[string]string{}}}
	for _, how := range []manner{blocking, streaming, following} {
		a := &caller{t: t, manner: how, name: "Bob who " + string(how), heard: map[string]string{}}
		for _, p := range programs {
			a.doors = append(a.doors, openA2A(t, strings.TrimSuffix(p.url, "mcp")+"i/"+invite+"/as/"+a.name+"/"))
		}
		a.sayAtOnce(t.Context())
		f.agents = append(f.agents, a)
	}
	return f
}

func openA2A(t *testing.T, base string) *a2aclient.Client {
	t.Helper()
	card, err := agentcard.DefaultResolver.Resolve(t.Context(), strings.ReplaceAll(base, " ", "%20"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := a2aclient.NewFromCard(t.Context(), card)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Destroy() }) // the program may be gone
	return c
}

// work lets all talk, kills a program at a random moment and starts it again. It returns how many answers were lost.
func (f *floor) work(t *testing.T, victim *program) (lost int) {
	t.Helper()
	within := time.Duration(len(f.programs)) * 80 * time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	kill := func() {
		victim.kill()
		if len(f.programs) > 1 {
			somewhen(within) // the other one goes on
		}
		stop()
	}
	live(t, within, kill, func(l *life) {
		l.begun() // work goes on where it was
		var clients []client
		for _, p := range f.programs {
			clients = append(clients, openGo(t, p.url, modernProtocol))
		}
		l.parts.Go(func() {
			at := rand.IntN(len(clients))
			for left := rand.IntN(15); left > 0 && ctx.Err() == nil; left-- {
				if f.host.send(ctx, clients[at%len(clients)]) != nil {
					at++
				}
			}
		})
		for _, a := range f.agents {
			l.parts.Go(func() { a.talkUntil(ctx) })
			if a.manner == following {
				l.parts.Go(func() { a.followUntil(ctx) })
			}
		}
	})
	victim.again()
	for _, a := range f.agents {
		lost += a.lost
		a.lost = 0
	}
	return lost
}

// standsStill starts all programs again while nobody speaks. Before and after that each must show the same tasks.
func (f *floor) standsStill(t *testing.T) {
	t.Helper()
	restart := func() {
		for _, p := range f.programs {
			p.kill()
		}
		for _, p := range f.programs {
			p.again()
		}
	}
	restart() // what was on its way has come or is gone
	before := f.tasks(t)
	restart()
	for i, after := range f.tasks(t) {
		if want := before[i-i%len(f.programs)]; before[i] != want || after != want {
			t.Errorf("a task was first\n%s, at another program\n%s, and after a restart\n%s", want, before[i], after)
		}
	}
}

// tasks returns the tasks of all agents as each program shows them.
func (f *floor) tasks(t *testing.T) (list []string) {
	t.Helper()
	for _, a := range f.agents {
		for _, door := range a.doors {
			task, err := door.GetTask(t.Context(), &a2a.GetTaskRequest{ID: a.task})
			if err != nil {
				t.Fatal(err)
			}
			if task.ContextID != a.context || task.Status.State == "" || len(task.History) == 0 {
				t.Errorf("the task of %s is %+v", a.name, task)
			}
			text, err := json.Marshal(task)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, string(text))
		}
	}
	return list
}

// finish has everybody repeat what has had no answer, and hear the rest.
func (f *floor) finish(t *testing.T) {
	t.Helper()
	if err := f.host.send(t.Context(), openGo(t, f.programs[0].url, modernProtocol)); err != nil {
		t.Fatal(err)
	}
	for _, a := range f.agents {
		if a.manner == following { // the first task that a stream brings shows what a lost one had
			ctx, stop := context.WithTimeout(t.Context(), patience)
			for event, err := range a.doors[0].SubscribeToTask(ctx, &a2a.SubscribeToTaskRequest{ID: a.task}) {
				if err != nil {
					t.Fatal(err)
				}
				a.hear(event)
				break
			}
			stop()
		}
		a.sayAtOnce(t.Context())
	}
}

// compare holds what is in the room, and what each heard, against what was acknowledged.
func (f *floor) compare(t *testing.T) {
	t.Helper()
	c := talk{t, openGo(t, f.programs[0].url, modernProtocol)}
	said := map[string][]string{}
	for in := (args{"agent_token": f.host.token, "limit": 100}); ; {
		page := c.ok("message_history", in)
		for _, m := range slices.Backward(page.Messages) {
			if m.Type == "message" {
				said[m.From] = append(said[m.From], m.Text)
			}
		}
		if !page.HasMore || len(page.Messages) == 0 {
			break
		}
		in["before"] = page.Messages[0].ID
	}
	want := map[string][]string{}
	for range f.host.acknowledged {
		want["Ann"] = append(want["Ann"], f.host.word(len(want["Ann"])+1))
	}
	for _, a := range f.agents {
		for n := range a.said {
			want[a.name] = append(want[a.name], a.word(n+1))
		}
		for id, text := range f.host.acknowledged {
			if a.heard[id] != "Ann: "+text {
				t.Errorf("%s was told of message %s %q, want %q", a.name, id, a.heard[id], text)
			}
		}
	}
	for name, words := range said {
		slices.Reverse(words)
		if !slices.Equal(words, want[name]) {
			t.Errorf("of %s the room has\n%q, want\n%q", name, words, want[name])
		}
	}
	if len(said) != len(want) {
		t.Errorf("%v spoke, want %v", slices.Sorted(maps.Keys(said)), slices.Sorted(maps.Keys(want)))
	}
}

// held returns how often messages were held back.
func (f *floor) held() (n int) {
	for _, a := range f.agents {
		n += a.held
	}
	return n
}

// manner is how an agent of A2A gets what others say.
type manner string

const (
	blocking  manner = "waits"   // SendMessage, whose answer it waits for
	streaming manner = "streams" // SendStreamingMessage
	following manner = "follows" // SubscribeToTask beside SendMessage, which does not wait
)

// caller is an agent of A2A. It says numbered words one after the other, and each until it has had the whole answer. If
// it is told that the word was held back, it says it again under another messageId.
type caller struct {
	t *testing.T
	manner
	name    string
	doors   []*a2aclient.Client // to each program
	at      int                 // the door of the next call
	context string
	task    a2a.TaskID
	said    int // words that were acknowledged
	held    int // how often words were held back
	lost    int // answers of this life

	mu    sync.Mutex
	heard map[string]string // texts, by the ids of their messages
}

func (*caller) word(n int) string { return fmt.Sprintf("Word %d.", n) }

// say says the next word, or repeats it. An error means that the answer did not come.
func (a *caller) say(ctx context.Context, how manner) error {
	m := a2a.NewMessage(a2a.MessageRoleUser, a2a.NewTextPart(a.word(a.said+1)))
	m.ID, m.ContextID = fmt.Sprintf("word %d, held back %d times", a.said+1, a.held), a.context
	request := &a2a.SendMessageRequest{Message: m, Config: &a2a.SendMessageConfig{ReturnImmediately: how == following}}
	door := a.doors[a.at%len(a.doors)]
	answer := a2a.TaskStatus{}
	if how == streaming {
		ended := false
		for event, err := range door.SendStreamingMessage(ctx, request) {
			if err != nil {
				return a.isLost(err)
			}
			a.hear(event)
			if update, ok := event.(*a2a.TaskStatusUpdateEvent); ok {
				answer, ended = update.Status, true
			}
		}
		if !ended {
			return a.isLost(errDriverGone)
		}
	} else {
		got, err := door.SendMessage(ctx, request)
		if err != nil {
			return a.isLost(err)
		}
		task, ok := got.(*a2a.Task)
		if !ok {
			a.t.Errorf("%s was answered %+v", a.name, got)
			return errDriverGone
		}
		answer = task.Status
		if a.context == "" {
			a.context, a.task = task.ContextID, task.ID
		}
		a.hear(task)
	}
	if isHeldBack(answer) {
		a.held++
		return nil
	}
	a.said++
	return nil
}

// isLost notes that a call had no answer. It must not be refused.
func (a *caller) isLost(err error) error {
	if codeOf(err) != 0 {
		a.t.Errorf("%s: %v", a.name, err)
	}
	a.at++
	a.lost++
	return err
}

// isHeldBack reports whether a message was not said.
func isHeldBack(s a2a.TaskStatus) bool {
	return s.Message != nil && len(s.Message.Parts) > 0 && s.Message.Parts[0].Metadata["from"] == nil &&
		strings.Contains(s.Message.Parts[0].Text(), "NOT said")
}

// sayAtOnce says a word without waiting for an answer.
func (a *caller) sayAtOnce(ctx context.Context) {
	a.t.Helper()
	for had := a.said; a.said == had; {
		if err := a.say(ctx, following); err != nil {
			a.t.Fatal(err)
		}
	}
}

// talkUntil says some words, or fewer if there is no program any more.
func (a *caller) talkUntil(ctx context.Context) {
	for left := 1 + rand.IntN(6); left > 0 && ctx.Err() == nil; left-- {
		_ = a.say(ctx, a.manner) // without an answer it is repeated
	}
}

// followUntil follows the task, at another program if one is lost.
func (a *caller) followUntil(ctx context.Context) {
	for at := rand.IntN(len(a.doors)); ctx.Err() == nil; at++ {
		for event, err := range a.doors[at%len(a.doors)].SubscribeToTask(ctx, &a2a.SubscribeToTaskRequest{ID: a.task}) {
			if err != nil {
				break
			}
			a.hear(event)
		}
		if len(a.doors) == 1 {
			return
		}
	}
}

// hear keeps what an event brings of what others said. It must be of the caller's own task.
func (a *caller) hear(event a2a.Event) {
	var context string
	var task a2a.TaskID
	var parts []*a2a.Part
	heard := map[string]string{}
	status := func(s a2a.TaskStatus) {
		if s.Message != nil {
			parts = append(parts, s.Message.Parts...)
		}
	}
	switch e := event.(type) {
	case *a2a.Task:
		context, task = e.ContextID, e.ID
		status(e.Status)
		for _, m := range e.History {
			heard[m.ID] = m.Parts[0].Text()
		}
	case *a2a.TaskStatusUpdateEvent:
		context, task = e.ContextID, e.TaskID
		status(e.Status)
	}
	if context != a.context || task != a.task {
		a.t.Errorf("%s of task %s was answered %+v", a.name, a.task, event)
	}
	for _, p := range parts {
		if id, ok := p.Metadata["id"].(string); ok {
			heard[id] = strings.TrimSuffix(p.Text(), "\n")
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.Copy(a.heard, heard)
}
