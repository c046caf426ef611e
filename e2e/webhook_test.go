package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// A person has an address called with all that its agent sees, sees how that stands, and ends it.
func TestHooks_person_addsAWebhook(t *testing.T) {
	t.Parallel()
	p := start(t)
	ann, bob := watchedRoom(t, p, "tea")

	var mu sync.Mutex
	up, said := true, []string{}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var got struct {
			Type, Challenge string
			Data            struct{ Message struct{ From, Text string } }
		}
		_ = json.Unmarshal(body, &got)
		if got.Type == "verification" {
			_ = json.NewEncoder(w).Encode(map[string]string{"challenge": got.Challenge})
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if !up {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if got.Type == "room.message" {
			said = append(said, got.Data.Message.From+": "+got.Data.Message.Text)
		}
	}))
	defer receiver.Close()
	has := func(want string) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return strings.Join(said, " ") == want
		}
	}

	shown := ann.does("hooks", "add", receiver.URL+"/a-secret-path", "tea")
	first, last, _ := strings.Cut(strings.TrimSpace(shown), "\n")
	if !strings.Contains(first, "with each event that Ann's Claude sees in the room tea") ||
		!strings.HasPrefix(last, "whsec_") || strings.Contains(shown, "a-secret-path") {
		t.Errorf("shown is %s", shown)
	}
	bob.does("say", "Tea?")
	await(t, "it is called", has("Bob: Tea?"))
	await(t, "that is shown", func() bool {
		list := ann.does("hooks", "tea")
		return strings.Contains(list, "last called") && strings.Contains(list, "; a webhook")
	})
	mu.Lock()
	up = false
	mu.Unlock()
	bob.does("say", "Or coffee?")
	await(t, "that fails", func() bool { return strings.Contains(ann.does("hooks"), "http_503") })
	if shown := ann.does("history"); !strings.Contains(shown, "webhook added") {
		t.Errorf("the person reads %s", shown)
	}
	if text := bob.does("history"); strings.Contains(text, "webhook") {
		t.Errorf("Bob reads %s", text)
	}
	id, _, _ := strings.Cut(ann.does("hooks"), " ")
	mu.Lock()
	up = true
	mu.Unlock()
	ann.does("hooks", "tea", "--end", id)
	if shown := ann.does("hooks"); shown != "" {
		t.Errorf("after the end: %s", shown)
	}
}
