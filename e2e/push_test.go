package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/outbound/outbox"
	"github.com/parley-chat/parley/internal/outbound/outcall"
	"github.com/parley-chat/parley/internal/outbound/webpush"
	"github.com/parley-chat/parley/internal/outbound/webpush/webpushtest"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// The library that others decrypt with reads what is encrypted here, of each length.
func TestPush_everyClientOfWebPush_decryptsTextsOfEachLength(t *testing.T) {
	browser := webpushtest.NewBrowser(t)
	private, auth := browser.Secrets()
	subscribed, err := webpush.ParseSubscription(browser.Subscription("https://push.example/"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := installNode(t).command("node", filepath.Join("clients", "node", "push.cjs"), "decrypt")
	var given, want bytes.Buffer
	for _, n := range []int{0, 1, 17, 408, 409, 410, 416, 916, 2000, 3916, webpush.MaxText} {
		text := strings.Repeat("é1", n)[:n]
		if n%3 == 2 {
			text = strings.Repeat("a", n)
		}
		text = strings.ToValidUTF8(text, "x")
		body, err := subscribed.Browser.Encrypt([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_ = json.NewEncoder(&given).Encode(map[string]string{"private": private, "auth": auth,
			"body": base64.RawURLEncoding.EncodeToString(body)})
		_ = json.NewEncoder(&want).Encode(text)
	}
	cmd.Stdin, cmd.Stderr = &given, os.Stderr
	if got, err := cmd.Output(); err != nil || string(got) != want.String() {
		t.Errorf("%v: it reads\n%.2000s, want\n%.2000s", err, got, want.String())
	}
}

// A browser and a push service that others have written: the browser subscribes, a message of its agent waits, and the
// service takes the signed call, decrypts it, and shows it. Once the browser has unsubscribed, the hook ends.
func TestPush_everyClientOfWebPush_isToldWhatWaits(t *testing.T) {
	port := freePort(t)
	host := "localhost:" + port
	cmd := installNode(t).command("node", filepath.Join("clients", "node", "push.cjs"), "serve", port)
	cmd.Stderr = os.Stderr
	says, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	post := func(path string, body any, into any) (status int, err error) {
		text, _ := json.Marshal(body)
		resp, err := http.Post("http://"+host+path, "application/json", bytes.NewReader(text))
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		if into != nil {
			err = json.NewDecoder(resp.Body).Decode(into)
		}
		return resp.StatusCode, err
	}
	if line, err := bufio.NewReader(says).ReadString('\n'); !strings.HasPrefix(line, "Server running") {
		t.Fatalf("it says %q: %v", line, err)
	}

	clock := clockwork.NewFakeClockAt(time.Now()) // the service looks at its own clock
	rooms := chat.New(sqlitetest.Open(t, clock), chat.Options{Clock: clock, SingleProcess: true})
	dispatcher := outbox.New(outbox.Options{Rooms: rooms, Out: outcall.New(outcall.Options{Loopback: true}),
		Public: "https://parley.example/mcp", SingleProcess: true, PushServices: []string{host}, Clock: clock,
		Logger: slog.New(slog.DiscardHandler)})
	ctx := context.Background()
	key, err := dispatcher.PushKey(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var subscribed struct{ Data json.RawMessage }
	if status, err := post("/subscribe", map[string]string{"userVisibleOnly": "true", "applicationServerKey": key},
		&subscribed); err != nil || status != http.StatusOK {
		t.Fatal(status, err, string(subscribed.Data))
	}
	var browser struct {
		Hash string `json:"clientHash"`
	}
	_ = json.Unmarshal(subscribed.Data, &browser)

	// Its person adds the browser, and decides what the agent says.
	ann, err := rooms.CreateRoom(ctx, chat.CreateRequest{Room: "tea", AgentName: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	link, _ := ident.ParseLinkCode(ann.Watch)
	person := ident.Token{Room: link.Room, Seat: link.Seat, Secret: ident.NewSecret(), Person: true}.String()
	yes := true
	for _, req := range []chat.SuperviseRequest{{Token: person, Claim: ann.Watch}, {Token: person, Approve: &yes}} {
		if _, err := rooms.Supervise(ctx, req); err != nil {
			t.Fatal(err)
		}
	}
	subscription, err := webpush.ParseSubscription(string(subscribed.Data))
	if err != nil {
		t.Fatal(err)
	}
	id, err := dispatcher.AddPush(ctx, person, outbox.AddedPush{Subscription: subscription, Words: true})
	if err != nil {
		t.Fatal(err)
	}
	seat, _, err := rooms.PushSeat(ctx, person)
	if err != nil {
		t.Fatal(err)
	}
	waits := func(text string) {
		t.Helper()
		if got, err := rooms.Send(ctx, chat.SendRequest{Token: ann.Token, Text: text}); err != nil || got.Sent {
			t.Fatal(got, err)
		}
		if _, err := dispatcher.Deliver(ctx, seat.Room, seat.Agent.Seat, id); err != nil {
			t.Fatal(err)
		}
	}
	shown := func() (texts []string) {
		t.Helper()
		var got struct{ Data struct{ Messages []string } }
		if status, err := post("/get-notifications", browser, &got); err != nil || status != http.StatusOK {
			t.Fatal(status, err)
		}
		return got.Data.Messages
	}
	waits("May I merge PR 12?")
	texts := shown()
	if len(texts) != 1 || !strings.Contains(texts[0], "Ann waits for you: May I merge PR 12?") ||
		!strings.Contains(texts[0], fmt.Sprintf("https://parley.example/r/%s#m", seat.Room)) {
		t.Errorf("shown are %q", texts)
	}
	if status, err := post("/expire-subscription/"+browser.Hash, struct{}{}, nil); err != nil ||
		status != http.StatusOK {
		t.Fatal(status, err)
	}
	clock.Advance(3 * time.Minute)
	waits("And PR 13?")
	hooks, err := rooms.Supervise(ctx, chat.SuperviseRequest{Token: person})
	if err != nil || len(hooks.Hooks) != 0 || len(shown()) != 1 {
		t.Errorf("after it has unsubscribed: %+v, %v, shown are %q", hooks.Hooks, err, shown())
	}
}
