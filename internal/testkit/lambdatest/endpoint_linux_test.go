package lambdatest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"iter"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/auth/access"
	accounts "github.com/parley-chat/parley/internal/auth/account"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/core/roomlog"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/outbound/webpush"
	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
)

// slow is an agent behind the server of the Go SDK, which gives a task at once. The agent answers only then.
type slow struct {
	asked atomic.Int32
	given chan struct{} // is closed once the task was given
}

func (s *slow) Execute(_ context.Context, of *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	s.asked.Add(1)
	return func(yield func(a2a.Event, error) bool) {
		if !yield(a2a.NewSubmittedTask(of, of.Message), nil) {
			return
		}
		<-s.given
		yield(a2a.NewStatusUpdateEvent(of, a2a.TaskStateCompleted,
			a2a.NewMessageForTask(a2a.MessageRoleAgent, of, a2a.NewTextPart("So it is."))), nil)
	}
}

func (s *slow) Cancel(context.Context, *a2asrv.ExecutorContext) iter.Seq2[a2a.Event, error] {
	return func(func(a2a.Event, error) bool) {}
}

// serve starts the server of the agent, which is a push service, too.
func (s *slow) serve(t *testing.T, push *webpushtest.Service) *httptest.Server {
	rpc, given := a2asrv.NewJSONRPCHandler(a2asrv.NewHandler(s)), sync.OnceFunc(func() { close(s.given) })
	host := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == pushHost {
			push.ServeHTTP(w, r)
			return
		}
		rpc.ServeHTTP(w, r)
		given()
	}))
	host.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, "example.com", pushHost)}}
	host.StartTLS()
	t.Cleanup(host.Close)
	return host
}

// certificate returns a certificate for names, which no authority has signed.
func certificate(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}, &x509.Certificate{},
		&key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{made}, PrivateKey: key}
}

// An endpoint is called over the internet alone. So the function is built with a dialer that finds the agent at the
// address of the test, in place of that of its host; all else is what AWS runs.
func TestOutbox_messageForAnEndpoint_isAnsweredOnce(t *testing.T) {
	t.Parallel()
	f, aws := deploy(t), serveAWS(t)
	stream := f.watch()
	agent := &slow{given: make(chan struct{})}
	push := webpushtest.NewService(t)
	push.URL = "https://" + pushHost + "/fcm/send/1"
	host := agent.serve(t, push)
	trusted := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
		Bytes: host.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	outbox := f.outboxBuilt(dialing(t), aws, "SSL_CERT_FILE="+trusted, hostIP+"="+host.Listener.Addr().String())
	ann, user := f.asked("https://example.com/", publicURL)

	news, _ := stream.next(2) // the hook, and the message
	if got := answerOf(t, f.spreader(aws), records{news}); got != allDone || len(aws.invoked) != 1 {
		t.Fatalf("answered %s, and invoked with %q; want one", got, aws.invoked)
	}
	for range 2 { // Lambda may invoke twice for one event
		answerOf(t, outbox, json.RawMessage(aws.invoked[0]))
	}
	said, server := 0, f.start(0).FunctionURL()
	for _, m := range call(t, server, "message_history", args{"agent_token": ann}).Messages {
		if m.From == "Bot" && m.Text == "So it is." {
			said++
		}
	}
	if said != 1 || agent.asked.Load() != 1 || len(aws.schedules) != 0 {
		t.Errorf("the agent was asked %d times, and its answer said %d times, with schedules %+v", agent.asked.Load(),
			said, aws.schedules)
	}
	answerOf(t, outbox, json.RawMessage(hooksOf(f.hooksOfPeople()...)))

	// A browser of the agent's person is called when a message of the agent waits.
	browser := f.browser(user, push)
	call(t, server, "supervise", args{"agent_token": user, "approve": true})
	call(t, server, "send_message", args{"agent_token": ann, "text": "May I?"})
	answerOf(t, outbox, json.RawMessage(payloadOf(browser)))
	if calls := push.Calls(); len(calls) != 1 || !strings.Contains(calls[0].Text, "Ann waits for you") ||
		!strings.Contains(calls[0].Text, publicURL+"/r/"+browser.Room+"#m") ||
		calls[0].Claims.Contact != publicURL || calls[0].Claims.Audience != "https://"+pushHost {
		t.Errorf("the browser is called with %+v", calls)
	}
	if len(aws.schedules) != 1 { // of the reminder
		t.Errorf("after the push, the schedules are %+v", aws.schedules)
	}
	clear(aws.schedules)
	call(t, server, "supervise", args{"agent_token": user, "approve": false})

	// Its account has all calls under way that it may have: so the call waits for a schedule.
	var hook struct{ Hooks []struct{ Room string } }
	if err := json.Unmarshal([]byte(aws.invoked[0]), &hook); err != nil {
		t.Fatal(err)
	}
	under := chat.New(f.rows, chat.Options{}).Store().Calling(chat.HookPrefix(hook.Hooks[0].Room))
	for n := range 4 {
		if mine, err := under.Acquire(t.Context(), fmt.Sprint(n), "", time.Now(), time.Now().Add(time.Minute)); !mine {
			t.Fatal(err)
		}
	}
	call(t, server, "send_message", args{"agent_token": ann, "text": "@Bot and this?"})
	answerOf(t, outbox, json.RawMessage(aws.invoked[0]))
	if len(aws.schedules) != 1 {
		t.Errorf("the schedules are %+v", aws.schedules)
	}
	f.outboxTap.usedAll()
}

// hooksOfPeople gives the table two hooks: one of a sign-in by a key, and one of an account. Their room has ended.
// It returns what names them.
func (f *function) hooksOfPeople() (names []string) {
	f.t.Helper()
	people := access.New(access.Options{Table: f.rows, Clock: clockwork.NewRealClock(),
		Logger: slog.New(slog.DiscardHandler), Account: func(accounts.Person) bool { return true }})
	cid, err := people.Confirm(f.t.Context(), accounts.Person{Issuer: "https://id.example", Subject: "1", Label: "cid"})
	if err != nil {
		f.t.Fatal(err)
	}
	for n, by := range []string{f.newKey("ann").ID, cid} {
		x := roomlog.HookItem{ID: fmt.Sprintf("%032d", n), Room: "abcdefg", Seat: 1, Server: publicURL + "/mcp",
			Principal: ident.KeyPrincipal(by), SignIn: ident.NewSignInID(),
			UntilMs: time.Now().Add(time.Hour).UnixMilli()}
		if err := f.rows.Write(f.t.Context(), roomlog.PutHook(x)); err != nil {
			f.t.Fatal(err)
		}
		names = append(names, fmt.Sprintf(`{"room":%q,"seat":%d,"hook":%q}`, x.Room, x.Seat, x.ID))
	}
	return names
}

// browser has a browser of a push service called for a person, as the function does that serves.
func (f *function) browser(person string, push *webpushtest.Service) roomlog.HookItem {
	f.t.Helper()
	subscribed, err := webpush.ParseSubscription(push.Subscription())
	if err != nil {
		f.t.Fatal(err)
	}
	rooms := chat.New(f.rows, chat.Options{})
	id, err := outbox.New(outbox.Options{Rooms: rooms, Out: outcall.New(outcall.Options{}), Public: publicURL + "/mcp",
		Clock: clockwork.NewRealClock()}).AddPush(f.t.Context(), person, outbox.AddedPush{Subscription: subscribed})
	if err != nil {
		f.t.Fatal(err)
	}
	hook, err := rooms.Store().Hook(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return hook
}

// asked makes a public room in which an agent has asked an endpoint of a server, and returns the tokens of agent and
// person. That was a day ago and more, so that the answer renews the room, and the hook has less to live than a room.
func (f *function) asked(url, server string) (token, person string) {
	f.t.Helper()
	clock := clockwork.NewFakeClockAt(time.Now().Add(-room.RenewAfter - time.Minute))
	rooms := chat.New(f.rows, chat.Options{Clock: clock})
	ann, err := rooms.CreateRoom(f.t.Context(), chat.CreateRequest{Room: "room", AgentName: "Ann", Public: true})
	if err != nil {
		f.t.Fatal(err)
	}
	link, _ := ident.ParseLinkCode(ann.Watch)
	person = ident.Token{Room: link.Room, Seat: link.Seat, Secret: ident.NewSecret(), Person: true}.String()
	if _, err := rooms.Supervise(f.t.Context(), chat.SuperviseRequest{Token: person, Claim: ann.Watch}); err != nil {
		f.t.Fatal(err)
	}
	if _, err := rooms.AddAgent(f.t.Context(), person, "Bot", roomlog.HookItem{URL: url,
		Secret: "whsec_c2VjcmV0IG9mIGEgaG9vaywgdGhhdCBpcyBsb25n", Server: server + "/mcp",
		UntilMs: time.Now().Add(room.Life - time.Hour).UnixMilli()}); err != nil {
		f.t.Fatal(err)
	}
	if _, err := rooms.Send(f.t.Context(), chat.SendRequest{Token: ann.Token, Text: "@Bot is it so?"}); err != nil {
		f.t.Fatal(err)
	}
	return ann.Token, person
}

// hostIP is the address of each host, and the name of the variable that says where that really is.
const hostIP = "1.1.1.1"

// dialing builds the outbox with a dialer that believes this.
func dialing(t *testing.T) (path string) {
	t.Helper()
	dial, err := filepath.Abs(filepath.Join("..", "..", "outbound", "outcall", "dial.go"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(dial)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for was, is := range map[string]string{
		`net.DefaultResolver.LookupNetIP(ctx, "ip", host)`: fmt.Sprintf("[]netip.Addr{netip.MustParseAddr(%q)}, nil", hostIP),
		`net.JoinHostPort(ip.Unmap().String(), port)`:      "os.Getenv(ip.String())",
		"import (": "import (\n\"os\"",
	} {
		if strings.Count(text, was) != 1 {
			t.Fatalf("%s has no %s", dial, was)
		}
		text = strings.Replace(text, was, is, 1)
	}
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{dial: write("dial.go", text)}})
	if err != nil {
		t.Fatal(err)
	}
	return buildAs(t, "outbox-dialing", "functions/outbox", "-overlay", write("overlay.json", string(overlay)))
}
