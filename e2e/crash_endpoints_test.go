package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
)

const (
	endpointCrashes     = 10
	soakEndpointCrashes = 200
)

// Only the program is killed. A call that has failed, since its endpoint was, is repeated after a minute or five.
func TestCrash_everyClientOfA2AThatServesIsCalled_eachQuestionHasOneAnswer(t *testing.T) {
	t.Parallel()
	crashWhileEndpointsAnswer(t, endpointCrashes, 0, 2*time.Minute)
}

func TestSoak_crashesWhileEndpointsAnswer_eachQuestionHasOneAnswer(t *testing.T) {
	soak(t)
	crashWhileEndpointsAnswer(t, soakEndpointCrashes, 3, 25*time.Minute)
}

// crashWhileEndpointsAnswer kills the program again and again while endpoints are called or, one time in so many of the
// first half, an endpoint; 0: never, and then no webhook refuses a call either. In the end each question has one
// answer, and each webhook was told all that was said, in order.
func crashWhileEndpointsAnswer(t *testing.T, times, many int, limit time.Duration) {
	z := newQuiz(t, many > 0)
	began := time.Now()
	for n := range times {
		z.ask(limit)
		if many == 0 || n%many > 0 || n > times/2 {
			z.moment(rand.IntN(4) > 0)
			z.p.kill()
			z.p.again()
		} else {
			z.moment(false)
			z.oracles[rand.IntN(len(z.oracles))].again(t)
		}
	}
	killed := time.Since(began)
	c := talk{t, openGo(t, z.p.url, modernProtocol)}
	answered := func() bool { return len(z.open(c)) == 0 }
	awaitLonger(t, limit, "all questions are answered", answered)
	for _, d := range z.desks { // no call before is under way once this one is answered
		d.ask(c)
	}
	awaitLonger(t, limit, "the last questions are answered", answered)
	asked, answers := 0, 0
	for _, d := range z.desks {
		d.compare(c)
		asked += len(d.questions)
	}
	for _, o := range z.oracles {
		o.mu.Lock()
		answers += o.answers
		o.mu.Unlock()
	}
	for _, h := range z.hosts {
		h.compare(t, limit, z.heard.said(c))
	}
	t.Logf("killed %d times in %v: %d questions had their answers after %v; the endpoints gave %d", times,
		killed.Round(time.Second), asked, time.Since(began).Round(time.Second), answers)
	if asked < times || answers < asked+times/10 {
		t.Errorf("%d questions and %d answers: the kills met nobody who had anything to do", asked, answers)
	}
}

// quiz is rooms in which Ann asks endpoints, and a person whose webhooks hear all that is said in the first of them.
type quiz struct {
	t       *testing.T
	p       *program
	oracles []*oracle
	desks   []*desk
	heard   *desk // the one with webhooks
	hosts   []*hookedHost

	answering chan struct{} // an endpoint answers
}

// newQuiz begins one. fails says that the second webhook does not take its third call.
func newQuiz(t *testing.T, fails bool) *quiz {
	t.Helper()
	z := &quiz{t: t, p: start(t), answering: make(chan struct{})}
	for _, kind := range allEndpoints(t) {
		o := &oracle{serve: kind.serve, answering: z.answering, asked: map[string]string{}}
		o.begin(t, "0")
		z.oracles = append(z.oracles, o)
	}
	person := visitor(t, z.p)
	person.terminal = true
	c := talk{t, openGo(t, z.p.url, modernProtocol)}
	for n := range 8 { // a caller may add ten addresses a minute
		d := &desk{of: z.oracles[n%len(z.oracles)]}
		room := fmt.Sprint("desk ", n)
		made := c.ok("create_room", args{"room": room, "agent_name": "Ann"})
		d.ann = made.AgentToken
		person.does("watch", made.Watch)
		for n == 0 && len(z.hosts) < 2 {
			h := newHookedHost(t, fails && len(z.hosts) == 1)
			person.does("hooks", "add", h.url, room)
			z.hosts = append(z.hosts, h)
		}
		person.does("agents", "add", d.of.url, room)
		c.ok("update_room", args{"agent_token": d.ann, "agent_messages": 0})
		z.desks = append(z.desks, d)
	}
	z.heard = z.desks[0]
	return z
}

// open returns the desks that have a question without an answer.
func (z *quiz) open(c talk) (list []*desk) {
	for _, d := range z.desks {
		d.isOpen = d.isOpen && !d.isAnswered(c)
		if d.isOpen {
			list = append(list, d)
		}
	}
	return list
}

// ask asks at some of the desks where no answer is due, mostly where least was asked.
func (z *quiz) ask(limit time.Duration) {
	c := talk{z.t, openGo(z.t, z.p.url, modernProtocol)}
	awaitLonger(z.t, limit, "somebody can be asked", func() bool { return len(z.open(c)) < len(z.desks) })
	rand.Shuffle(len(z.desks), func(i, j int) { z.desks[i], z.desks[j] = z.desks[j], z.desks[i] })
	asked := 0
	for _, d := range slices.SortedStableFunc(slices.Values(z.desks), func(a, b *desk) int {
		return len(a.questions) - len(b.questions)
	}) {
		if !d.isOpen && asked < 3 {
			d.ask(c)
			asked++
		}
	}
}

// moment waits for some moment or, if there is one, for that when an answer is on its way into a room.
func (z *quiz) moment(ofAnAnswer bool) {
	late := time.NewTimer(rand.N(300 * time.Millisecond))
	if ofAnAnswer {
		select {
		case <-z.answering:
			late.Reset(rand.N(12 * time.Millisecond))
		case <-late.C:
			return
		}
	}
	<-late.C
}

// desk is a room of Ann and an endpoint.
type desk struct {
	of        *oracle
	ann       string   // her token
	questions []string // their ids
	isOpen    bool     // the last one has had no answer yet
}

func questionOf(n int) string { return fmt.Sprintf("This is question %d of many.", n) }

func (d *desk) ask(c talk) {
	text := questionOf(len(d.questions))
	got := c.ok("send_message", args{"agent_token": d.ann, "text": text, "wait_seconds": 0})
	if !got.Sent {
		c.t.Fatalf("%s: %+v", text, got)
	}
	d.questions, d.isOpen = append(d.questions, got.ID), true
}

func (d *desk) isAnswered(c talk) bool {
	last := d.questions[len(d.questions)-1]
	got := c.ok("message_history", args{"agent_token": d.ann, "limit": 3})
	return slices.ContainsFunc(got.Messages, func(m message) bool { return m.ReplyTo == last })
}

// said returns all messages of the room, in order.
func (d *desk) said(c talk) (list []message) {
	for in := (args{"agent_token": d.ann, "limit": 100}); ; {
		page := c.ok("message_history", in)
		list = slices.Concat(page.Messages, list)
		if !page.HasMore || len(page.Messages) == 0 {
			return slices.DeleteFunc(list, func(m message) bool { return m.Type != "message" })
		}
		in["before"] = page.Messages[0].ID
	}
}

// compare holds the answers against the questions.
func (d *desk) compare(c talk) {
	c.t.Helper()
	said := d.said(c)
	if len(said) != 2*len(d.questions) {
		c.t.Errorf("%d questions and their answers are %d messages: %+v", len(d.questions), len(said), said[0])
	}
	for n, id := range d.questions {
		var answers []string
		for _, m := range said {
			if m.From == "Ida" && m.ReplyTo == id {
				answers = append(answers, m.Text)
			}
		}
		if len(answers) != 1 || !strings.HasSuffix(answers[0], " to: "+questionOf(n)) {
			c.t.Errorf("the answers to question %d are %q", n, answers)
		}
	}
}

// oracle is an endpoint that answers each call in other words: at once, after a while, or by a task.
type oracle struct {
	*endpoint
	serve     func(t *testing.T, port string) *endpoint
	answering chan<- struct{}

	mu      sync.Mutex
	answers int
	asked   map[string]string // the question of each call
}

func (o *oracle) begin(t *testing.T, port string) {
	e := o.serve(t, port)
	o.endpoint = e
	go func() {
		for {
			select {
			case q := <-e.asked:
				go o.answer(e.turn(q))
			case <-e.ended:
				return
			}
		}
	}()
}

// again kills the endpoint, and starts it at its address. It has forgotten everything.
func (o *oracle) again(t *testing.T) {
	o.kill()
	_, port, _ := strings.Cut(strings.TrimPrefix(o.url, "http://"), ":")
	o.begin(t, strings.TrimSuffix(port, "/"))
}

func (o *oracle) answer(on turn) {
	begin, question, _ := strings.Cut(on.Text, "Ann: ")
	o.mu.Lock()
	before, again := o.asked[on.MessageID]
	if again && before != question || strings.Contains(question, "Ann: ") {
		on.t.Errorf("the call %s has brought %q, and now %q after %q", on.MessageID, before, question, begin)
	}
	o.asked[on.MessageID] = question
	o.answers++
	text := fmt.Sprintf("Answer %d to: %s", o.answers, question)
	o.mu.Unlock()
	thinks := func() {
		moment := time.NewTimer(rand.N(200 * time.Millisecond))
		<-moment.C
	}
	way := rand.IntN(4)
	if again { // a call that fails twice is repeated after five minutes
		way = 0
	}
	switch way {
	case 0:
		on.answers(text)
	case 1:
		thinks()
		on.answers(text)
	case 2:
		thinks()
		on.solves(text)
	default:
		on.works("")
		thinks()
		on.ends(a2a.TaskStateCompleted, text)
	}
	select {
	case o.answering <- struct{}{}:
	default:
	}
}

// hookedHost is where a webhook leads. It keeps what it has taken.
type hookedHost struct {
	url string

	mu    sync.Mutex
	calls int
	fails int               // the number of the one call that it does not take
	taken map[string]string // bodies, by the ids of the calls
	texts []string
	wrong []string
}

// newHookedHost returns one that does not take its third call if it fails at all.
func newHookedHost(t *testing.T, fails bool) *hookedHost {
	h := &hookedHost{taken: map[string]string{}}
	if fails {
		h.fails = 3
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	h.url = s.URL
	return h
}

func (h *hookedHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var got struct {
		Type, Challenge string
		Data            struct{ Message struct{ Text string } }
	}
	_ = json.Unmarshal(body, &got)
	if got.Type == "verification" {
		_ = json.NewEncoder(w).Encode(map[string]string{"challenge": got.Challenge})
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls++
	if h.calls == h.fails {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	id := r.Header.Get("webhook-id")
	if before, again := h.taken[id]; again {
		if before != string(body) {
			h.wrong = append(h.wrong, fmt.Sprintf("%s was %s, and then %s", id, before, body))
		}
		return
	}
	h.taken[id] = string(body)
	if got.Type == "room.message" {
		h.texts = append(h.texts, got.Data.Message.Text)
	}
}

// compare waits until the host has had all messages of the room.
func (h *hookedHost) compare(t *testing.T, limit time.Duration, said []message) {
	t.Helper()
	awaitLonger(t, limit, "the webhook has been told all", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.texts) >= len(said)
	})
	var want []string
	for _, m := range said {
		want = append(want, m.Text)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.texts, want) || len(h.wrong) > 0 {
		t.Errorf("a webhook was told %q, and the room has %q; %q", h.texts, want, h.wrong)
	}
}
