package lambdatest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

const (
	publicURL = "https://parley.example"
	ownARN    = "arn:aws:lambda:eu-west-1:123456789012:function:parley-test"
	role      = "arn:aws:iam::123456789012:role/scheduler"
	letters   = "arn:aws:sqs:eu-west-1:123456789012:dead-letters"
)

// services stand in for Lambda and for the EventBridge Scheduler, which have no emulator that takes asynchronous
// invocations or schedules: they take what the API references allow, and keep it.
// A call that the role of a function does not allow is refused, and fails the test.
type services struct {
	t *testing.T
	// begin hears of what is to be invoked, and when; nil: nobody does.
	begin func(payload string, after time.Duration)
	// refuses reports whether an invocation is refused; nil: none is but refuse.
	refuses func() bool

	mu        sync.Mutex
	refuse    string // an invocation is refused whose payload has this; "": none
	invoked   []string
	schedules map[string]schedule
	conflicts int
}

// atSecond is the form of a ScheduleExpression.
const atSecond = "at(2006-01-02T15:04:05)"

// schedule is the body of CreateSchedule.
type schedule struct {
	GroupName, ScheduleExpression, ActionAfterCompletion string
	FlexibleTimeWindow                                   struct{ Mode string }
	Target                                               struct {
		Arn, RoleArn, Input string
		DeadLetterConfig    struct{ Arn string }
	}
}

func serveAWS(t *testing.T) *services { return &services{t: t, schedules: map[string]schedule{}} }

// as returns the settings of a function with a role that has these services.
func (s *services) as(role string) []string {
	s.t.Helper()
	grants := grants(s.t, role)
	if invokes := resource(s.t, "OutboxInvokes"); strings.Contains(invokes, "Roles: [!Ref "+role+",") {
		grants = append(grants, grant{actions: []string{"lambda:InvokeFunction"}})
	}
	may := func(action string, does http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, q *http.Request) {
			if slices.ContainsFunc(grants, func(g grant) bool { return slices.Contains(g.actions, action) }) {
				does(w, q)
				return
			}
			s.t.Errorf("%s: %s, which the template does not grant", role, action)
			w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", may("lambda:InvokeFunction", s.invoke))
	mux.HandleFunc("POST /schedules/{name}", may("scheduler:CreateSchedule", s.create))
	server := httptest.NewServer(mux)
	s.t.Cleanup(server.Close)
	return []string{"AWS_ENDPOINT_URL_LAMBDA=" + server.URL, "AWS_ENDPOINT_URL_SCHEDULER=" + server.URL}
}

func (s *services) body(q *http.Request, service string) []byte {
	body, err := io.ReadAll(q.Body)
	if err != nil || !strings.Contains(q.Header.Get("Authorization"), "/eu-west-1/"+service+"/aws4_request") {
		s.t.Errorf("%s: %v, %v", q.URL, q.Header, err)
	}
	return body
}

func (s *services) invoke(w http.ResponseWriter, q *http.Request) {
	payload := string(s.body(q, "lambda"))
	if q.PathValue("name") != ownARN || q.Header.Get("X-Amz-Invocation-Type") != "Event" {
		s.t.Errorf("an invocation of %s: %v", q.PathValue("name"), q.Header)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != "" && strings.Contains(payload, s.refuse) || s.refuses != nil && s.refuses() {
		w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
		w.WriteHeader(http.StatusForbidden)
		return
	}
	s.invoked = append(s.invoked, payload)
	if s.begin != nil {
		s.begin(payload, 0)
	}
	w.WriteHeader(http.StatusAccepted)
}

func (s *services) create(w http.ResponseWriter, q *http.Request) {
	var x schedule
	if err := json.Unmarshal(s.body(q, "scheduler"), &x); err != nil {
		s.t.Error(err)
	}
	name := q.PathValue("name")
	if !regexp.MustCompile(`^[0-9a-zA-Z-_.]{1,64}$`).MatchString(name) {
		s.t.Errorf("%q cannot be the name of a schedule", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if _, there := s.schedules[name]; there {
		s.conflicts++
		w.Header().Set("X-Amzn-Errortype", "ConflictException")
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"Message":"Schedule already exists"}`)
		return
	}
	s.schedules[name] = x
	if at, err := time.Parse(atSecond, x.ScheduleExpression); err == nil && s.begin != nil {
		s.begin(x.Target.Input, time.Until(at))
	}
	_, _ = io.WriteString(w, `{"ScheduleArn":"arn:aws:scheduler:eu-west-1:123456789012:schedule/parley/x"}`)
}

// outbox starts the function that calls, with the settings of the template and those of env.
func (f *function) outbox(aws *services, env ...string) *lambdatest.Instance {
	f.t.Helper()
	return f.outboxBuilt(build(f.t, "functions/outbox"), aws, env...)
}

func (f *function) outboxBuilt(path string, aws *services, env ...string) *lambdatest.Instance {
	f.t.Helper()
	i := lambdatest.Start(f.t, f.outboxProgram(path, aws, env...))
	i.Timeout = timeoutOf(f.t, "OutboxFunction")
	return i
}

func (f *function) outboxProgram(path string, aws *services, env ...string) lambdatest.Program {
	f.t.Helper()
	f.outboxTap = tap(f.t, "OutboxRole", f.engine)
	return lambdatest.Program{Path: path, Env: slices.Concat([]string{
		"PARLEY_TABLE=" + f.table, "PARLEY_PUBLIC_URL=" + publicURL, "PARLEY_ACCESS=keys", "PARLEY_SIGN_IN=auto",
		"PARLEY_LOG_LEVEL=info", "PARLEY_LOG_FORMAT=json",
		"PARLEY_OUTBOX_SCHEDULES=parley", "PARLEY_OUTBOX_SCHEDULER_ROLE=" + role,
		"PARLEY_OUTBOX_DEAD_LETTERS=" + letters, "AWS_ENDPOINT_URL_DYNAMODB=" + f.outboxTap.URL,
	}, aws.as("OutboxRole"), env)}
}

// spreader starts the function of the stream. It may not even read the table.
func (f *function) spreader(aws *services) *lambdatest.Instance {
	f.t.Helper()
	i := lambdatest.Start(f.t, f.spreaderProgram(aws))
	i.Timeout = timeoutOf(f.t, "StreamFunction")
	return i
}

func (f *function) spreaderProgram(aws *services) lambdatest.Program {
	f.t.Helper()
	return lambdatest.Program{Path: build(f.t, "functions/outbox"), Env: append([]string{
		"PARLEY_OUTBOX=" + ownARN, "PARLEY_LOG_LEVEL=info", "PARLEY_LOG_FORMAT=json",
		"AWS_ENDPOINT_URL_DYNAMODB=" + tap(f.t, "StreamRole", f.engine).URL}, aws.as("StreamRole")...)}
}

// timeoutOf returns the time that the template gives a function.
func timeoutOf(t *testing.T, function string) time.Duration {
	t.Helper()
	seconds := regexp.MustCompile(`\n      Timeout: (\d+)\n`).FindStringSubmatch(resource(t, function))
	if seconds == nil {
		t.Fatalf("the template gives %s no time", function)
	}
	return time.Duration(number(t, seconds[1])) * time.Second
}

// answerOf returns what the function answers to an event.
func answerOf(t *testing.T, i *lambdatest.Instance, event any) string {
	t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	response, err := i.Invoke(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// records are an event of the stream.
type records struct{ Records []change }

const (
	allDone  = `{"batchItemFailures":null}`
	hookPath = "/a-path-that-nobody-may-read"
)

// The engine of the table gives real records of its stream, and the function is the built one. Its call fails,
// since the address is not one of the internet, so that a schedule brings it back.
func TestOutbox_newsOfASeatWithAHook_leadsFromTheStreamToACallAndToASchedule(t *testing.T) {
	t.Parallel()
	f, aws := deploy(t), serveAWS(t)
	stream := f.watch()
	spreader, outbox := f.spreader(aws), f.outbox(aws)
	server := f.start(0).FunctionURL()
	ann, bob := join(t, server, "room", "Ann"), join(t, server, "room", "Bob")
	call(t, server, "send_message", args{"agent_token": bob.AgentToken, "text": "before"})
	hook := f.hook(ann)
	const said = "what nobody may read"
	call(t, server, "send_message", args{"agent_token": bob.AgentToken, "text": said})

	news, others := stream.next(3) // the hook, the event that began it, and the message
	if len(news) != 3 || others < 5 {
		t.Errorf("%d records passed and %d did not: %s", len(news), others, news)
	}
	if got := answerOf(t, spreader, records{news}); got != allDone {
		t.Errorf("answered %s", got)
	}
	payload := payloadOf(hook)
	if !slices.Equal(aws.invoked, []string{payload}) {
		t.Fatalf("invoked with %q; want %q once", aws.invoked, payload)
	}

	began := time.Now()
	for range 2 { // Lambda may invoke twice for one event
		answerOf(t, outbox, json.RawMessage(payload))
	}
	if len(aws.schedules) != 1 || aws.conflicts != 1 {
		t.Fatalf("%d conflicts of schedules %+v", aws.conflicts, aws.schedules)
	}
	for name, x := range aws.schedules {
		at, err := time.Parse(atSecond, x.ScheduleExpression)
		if wait := at.Sub(began); err != nil || wait < 30*time.Second || wait > time.Minute {
			t.Errorf("again %s, %v after the call, %v", x.ScheduleExpression, wait, err)
		}
		if x.GroupName != "parley" || x.ActionAfterCompletion != "DELETE" || x.FlexibleTimeWindow.Mode != "OFF" ||
			x.Target.Arn != ownARN || x.Target.RoleArn != role || x.Target.Input != payload ||
			x.Target.DeadLetterConfig.Arn != letters || strings.Contains(name, hook.Room) {
			t.Errorf("the schedule %s is %+v", name, x)
		}
	}

	hook.UntilMs++
	f.refresh(ann, hook)
	again, _ := stream.next(1)
	if got := answerOf(t, spreader, records{again}); got != allDone ||
		!slices.Equal(aws.invoked, []string{payload, payload}) {
		t.Errorf("a refresh is answered with %s, and invoked with %q", got, aws.invoked)
	}

	log := outbox.Output()
	if !strings.Contains(log, "a hook could not be called") {
		t.Errorf("the log does not say that the call failed: %s", log)
	}
	for _, secret := range []string{hookPath, hook.Secret, said, ann.AgentToken} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// pushHost is that of a push service.
const pushHost = "fcm.googleapis.com"

// person opens the link of an agent, and returns the token of the person behind it.
func person(t *testing.T, server *http.Client, agent result) string {
	t.Helper()
	token, link := linkOf(agent)
	call(t, server, "supervise", args{"agent_token": token, "claim": link})
	return token
}

// linkOf returns the link of an agent, and a token for the person who opens it.
func linkOf(agent result) (token, link string) {
	_, link, _ = strings.Cut(agent.Watch, "#")
	claim, _ := ident.ParseLinkCode(link)
	return ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String(), link
}

// payloadOf is what begins a look at a hook.
func payloadOf(x roomlog.HookItem) string {
	return hooksOf(fmt.Sprintf(`{"room":%q,"seat":%d,"hook":%q}`, x.Room, x.Seat, x.ID))
}

// hooksOf is what begins looks at several.
func hooksOf(payloads ...string) string { return `{"hooks":[` + strings.Join(payloads, ",") + `]}` }

// hook gives the seat a hook, as a subscription does.
func (f *function) hook(seat result) roomlog.HookItem {
	f.t.Helper()
	at, err := chat.New(f.rows, chat.Options{}).HookSeat(f.t.Context(), seat.AgentToken)
	if err != nil {
		f.t.Fatal(err)
	}
	x := roomlog.HookItem{Room: at.Room, Seat: at.Seat, URL: "https://127.0.0.1" + hookPath,
		Secret: "whsec_c2VjcmV0IG9mIGEgaG9vaywgdGhhdCBpcyBsb25n", Server: publicURL + "/mcp",
		UntilMs: time.Now().Add(time.Hour).UnixMilli()}
	x.ID = chat.HookID("", x.URL, "room.message", at, false)
	f.refresh(seat, x)
	return x
}

func (f *function) refresh(seat result, x roomlog.HookItem) {
	f.t.Helper()
	if _, err := chat.New(f.rows, chat.Options{}).BeginHook(f.t.Context(), seat.AgentToken, x); err != nil {
		f.t.Fatal(err)
	}
}

// A subscription of a program that has signed in ends with the sign-in.
func TestOutbox_hookOfASignIn_isCalledUntilThatEnds(t *testing.T) {
	t.Parallel()
	f, aws := deploy(t), serveAWS(t)
	key := f.newKey("ann").String()
	_, server := f.behindCloudFront(signsInAt(publicURL)...)
	p := connect(t, server, publicURL, key)
	ann := p.caller().call(t, "create_room", args{"room": "room", "agent_name": "Ann"})
	bob := p.caller().by("/mcp", key).call(t, "join_room", args{"room": "room", "agent_name": "Bob"})
	hook := f.hook(ann)
	hook.Principal, hook.SignIn = ident.KeyPrincipal(p.signIn().Key), p.signIn().ID
	f.refresh(ann, hook)
	p.caller().by("/mcp", key).call(t, "send_message", args{"agent_token": bob.AgentToken, "text": "Are you there?"})

	outbox, payload := f.outbox(aws), json.RawMessage(payloadOf(hook))
	answerOf(t, outbox, payload)
	if len(aws.schedules) != 1 || !strings.Contains(outbox.Output(), "a hook could not be called") {
		t.Errorf("it was not called; the schedules are %+v", aws.schedules)
	}
	f.endSignIn(p)
	clear(aws.schedules)
	outbox = f.outbox(aws)
	answerOf(t, outbox, payload)
	_, err := chat.New(f.rows, chat.Options{}).Store().Hook(t.Context(), hook.ID)
	if !errors.Is(err, table.ErrNotFound) || len(aws.schedules) != 0 {
		t.Errorf("after the end of the sign-in the hook is there (%v), with schedules %+v", err, aws.schedules)
	}
}

// What is for a webhook goes the same way. Its calls fail, too, and it is tried again after a minute.
func TestOutbox_newsOfASeatWithAWebhook_goesTheSameWay(t *testing.T) {
	t.Parallel()
	f, aws := deploy(t), serveAWS(t)
	stream := f.watch()
	spreader, outbox := f.spreader(aws), f.outbox(aws)
	server := f.start(0).FunctionURL()
	ann := join(t, server, "room", "Ann")
	x := f.webhook(person(t, server, ann), "https://127.0.0.1"+hookPath, "", publicURL)
	call(t, server, "send_message", args{"agent_token": ann.AgentToken, "text": "to myself"})

	news, _ := stream.next(3) // the webhook, the event that began it, and the message
	payload := payloadOf(x)
	got := answerOf(t, spreader, records{news})
	if got != allDone || !slices.Equal(aws.invoked, []string{payload}) {
		t.Fatalf("answered %s, and invoked with %q; want %q once", got, aws.invoked, payload)
	}
	began := time.Now()
	answerOf(t, outbox, json.RawMessage(payload))
	if len(aws.schedules) != 1 {
		t.Errorf("the schedules are %+v", aws.schedules)
	}
	for _, s := range aws.schedules {
		at, err := time.Parse(atSecond, s.ScheduleExpression)
		wait := at.Sub(began)
		if err != nil || wait < time.Minute || wait > 90*time.Second || s.Target.Input != payload {
			t.Errorf("again %v after the call, by %+v, %v", wait, s, err)
		}
	}
}

// webhook gives a person a webhook, as a server with an address does for a principal.
func (f *function) webhook(token, url, principal, server string) roomlog.HookItem {
	f.t.Helper()
	rooms := chat.New(f.rows, chat.Options{})
	at, err := rooms.WebhookSeat(f.t.Context(), token)
	if err != nil {
		f.t.Fatal(err)
	}
	x := roomlog.HookItem{Room: at.Room, Seat: at.Seat, Form: room.FormWebhook, Principal: principal,
		URL: url, Secret: "whsec_c2VjcmV0IG9mIGEgaG9vaywgdGhhdCBpcyBsb25n", Server: server + "/mcp",
		UntilMs: time.Now().Add(60 * 24 * time.Hour).UnixMilli()}
	x.ID = chat.HookID(principal, x.URL, string(x.Form), at, false)
	if err := rooms.Webhook(f.t.Context(), token, x); err != nil {
		f.t.Fatal(err)
	}
	return x
}

// Lambda goes on at the record that is named. What cannot be read would never be.
func TestOutbox_invocationThatIsRefused_bringsTheStreamBackToItsFirstRecord(t *testing.T) {
	t.Parallel()
	f, aws := deploy(t), serveAWS(t)
	stream := f.watch()
	const calls = `{"s":%d,"h":"%[1]d"}`
	var many, first []string // of which one invocation looks at sixteen
	for k := range 16 {
		many = append(many, fmt.Sprintf(calls, k+1))
		first = append(first, fmt.Sprintf(`{"room":"abcdefg","seat":%d,"hook":"%[1]d"}`, k+1))
	}
	for n, data := range []string{`["secret text`, `[` + strings.Join(many, ",") + `]`,
		`[` + many[3] + `,{"s":17,"h":"17"}]`, `[{"s":18,"h":"18"},` + many[0] + `]`} {
		if err := f.rows.Write(t.Context(), table.Put(table.Item{Key: roomlog.EventKey("abcdefg", int64(n+1)),
			Data: []byte(`{"call":` + data + `}`)}, table.IfAbsent)); err != nil {
			t.Fatal(err)
		}
	}
	news, _ := stream.next(4)
	var third struct {
		DynamoDB struct{ SequenceNumber string } `json:"dynamodb"`
	}
	if err := json.Unmarshal(news[2], &third); err != nil {
		t.Fatal(err)
	}
	aws.refuse = `"18"`
	spreader := f.spreader(aws)
	want := fmt.Sprintf(`{"batchItemFailures":[{"itemIdentifier":%q}]}`, third.DynamoDB.SequenceNumber)
	if got := answerOf(t, spreader, records{news}); got != want {
		t.Errorf("answered %s; want %s", got, want)
	}
	if !slices.Equal(aws.invoked, []string{hooksOf(first...)}) {
		t.Errorf("invoked with %q", aws.invoked)
	}
	if log := spreader.Output(); !strings.Contains(log, "cannot be read") || strings.Contains(log, "secret text") {
		t.Errorf("the log is %s", log)
	}
}

// The table may be out of reach for a while: Lambda repeats what fails, and then gives it to the dead letters.
func TestOutbox_lookThatFails_isAnErrorOfTheInvocation(t *testing.T) {
	t.Parallel()
	f, aws := deploy(t), serveAWS(t)
	outbox := f.outbox(aws, "PARLEY_TABLE=no-such-table")
	for event, says := range map[string]string{
		hooksOf(named("abcdefg", 1)): `no table "no-such-table"`,
		named("abcdefg", 1):          "names no hooks to look at",
	} {
		if _, err := outbox.Invoke(t.Context(), []byte(event)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want %s", event, err, says)
		}
	}
}

// named names a hook in the payload of an invocation.
func named(room string, hook int) string {
	return fmt.Sprintf(`{"room":%q,"seat":1,"hook":"%032d"}`, room, hook)
}

// Lambda repeats an invocation as a whole, and at last gives all of it to the dead letters.
func TestOutbox_hookWithAMalformedItem_failsNoOther(t *testing.T) {
	t.Parallel()
	f, aws := deploy(t), serveAWS(t)
	server := f.start(0).FunctionURL()
	ann, bob := join(t, server, "room", "Ann"), join(t, server, "room", "Bob")
	hook := f.hook(ann)
	call(t, server, "send_message", args{"agent_token": bob.AgentToken, "text": "Are you there?"})
	for n, data := range []string{"not JSON", `{"v":1,"room":7}`, `{"v":9999}`} {
		if err := f.rows.Write(t.Context(), table.Put(table.Item{Data: []byte(data), Key: table.Key{
			Partition: roomlog.HooksPartition, Sort: fmt.Sprintf("%032d", n)}}, table.IfAbsent)); err != nil {
			t.Fatal(err)
		}
	}
	outbox := f.outbox(aws)
	whole := fmt.Sprintf(`{"room":%q,"seat":%d,"hook":%q}`, hook.Room, hook.Seat, hook.ID)
	answerOf(t, outbox, json.RawMessage(hooksOf(named("abcdefg", 0), whole, named("abcdefg", 1), named("abcdefg", 2),
		`{"room":"abcdefg","seat":1}`, `{"room":"abcdefg","seat":1,"hook":"a b"}`)))

	var again []string
	for _, x := range aws.schedules {
		again = append(again, x.Target.Input)
	}
	slices.Sort(again)
	want := []string{hooksOf(named("abcdefg", 0)), hooksOf(named("abcdefg", 1)), hooksOf(named("abcdefg", 2)),
		hooksOf(whole)}
	slices.Sort(want)
	if !slices.Equal(again, want) {
		t.Errorf("the schedules are for %q; want %q", again, want)
	}
	if log := outbox.Output(); !strings.Contains(log, "a hook could not be called") {
		t.Errorf("the hook beside them was not called: %s", log)
	}
	if _, err := outbox.Invoke(t.Context(), []byte(hooksOf(named("abcdefg", 0)))); err == nil {
		t.Error("a look at a malformed hook alone is no error, so that nobody would hear of it")
	}
}
