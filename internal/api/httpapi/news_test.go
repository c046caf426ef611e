package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/observe/meter"
)

// newsHall is a hall with the address of news, and the token of the person behind Ann.
func newsHall(t *testing.T) (h *hall, person string) {
	t.Helper()
	var rooms *chat.Service
	h = newHall(t, meter.Options{MaxWaits: 1}, func(_ *chat.Options, o *Options) {
		o.News = func(ctx context.Context, asked tools.NewsAsked, by tools.Admission) mcp.Outcome {
			set := tools.New(rooms, pairing.New(rooms, pairing.Options{}), tools.Options{Log: o.Logger})
			return set.News(ctx, asked, by)
		}
	})
	rooms = h.rooms
	claim, ok := ident.ParseLinkCode(h.ann.Watch)
	person = ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
	_, err := rooms.Supervise(t.Context(), chat.SuperviseRequest{Token: person, Claim: h.ann.Watch})
	if err != nil || !ok {
		t.Fatal(err)
	}
	return h, person
}

func (h *hall) news(method, kind, body string) (*http.Response, string) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+NewsPath, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	return h.do(r)
}

func TestNews_takesOneFormAlone(t *testing.T) {
	h, person := newsHall(t)
	seat := fmt.Sprintf(`{"token":%q}`, person)
	for _, c := range []struct {
		what, method, kind, body string
		status                   int
		code                     string
	}{
		{"a call", "POST", "application/json; charset=utf-8", `{"seats":[` + seat + `],"new_field":1}`, 200, ""},
		{"100 seats", "POST", "application/json", `{"seats":[` + seat + strings.Repeat(","+seat, 99) + `]}`, 200, ""},
		{"101 seats", "POST", "application/json", `{"seats":[` + seat + strings.Repeat(","+seat, 100) + `]}`, 400,
			"invalid_argument"},
		{"none", "POST", "application/json", `{"seats":[]}`, 400, "invalid_argument"},
		{"another method", "GET", "", "", 405, "invalid_argument"},
		{"a form", "POST", "application/x-www-form-urlencoded", "seats=" + person, 415, "invalid_argument"},
		{"a text", "POST", "text/plain", `{"seats":[` + seat + `]}`, 415, "invalid_argument"},
		{"no JSON", "POST", "application/json", `{"seats":`, 400, "invalid_argument"},
		{"a list", "POST", "application/json", `[` + seat + `]`, 400, "invalid_argument"},
		{"another type", "POST", "application/json", `{"seats":"` + person + `"}`, 400, "invalid_argument"},
		{"two of a key", "POST", "application/json", `{"seats":[],"seats":[` + seat + `]}`, 400, "invalid_argument"},
		{"65 KB", "POST", "application/json", `{"seats":[` + seat + `]}` + strings.Repeat(" ", 64<<10), 413,
			"invalid_argument"},
	} {
		resp, body := h.news(c.method, c.kind, c.body)
		var got struct {
			Code  string
			Seats []results.NewsSeat
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || resp.StatusCode != c.status || got.Code != c.code ||
			resp.Header.Get("Content-Type") != "application/json" || resp.Header.Get("Cache-Control") != "no-store" ||
			c.status == 200 && len(got.Seats) != 1 {
			t.Errorf("%s: %d %v %s", c.what, resp.StatusCode, resp.Header, body)
		}
		if strings.Contains(body, person) {
			t.Errorf("%s: the answer holds the token: %s", c.what, body)
		}
	}
	if log := h.log.String(); strings.Contains(log, person) || !strings.Contains(log, NewsPath) {
		t.Errorf("the log:\n%s", log)
	}
}

// A call for news takes one of the places for waits, as others do.
func TestNews_counts_amongTheWaitingCalls(t *testing.T) {
	h, person := newsHall(t)
	var first struct{ Seats []results.NewsSeat }
	_, body := h.news("POST", "application/json", fmt.Sprintf(`{"seats":[{"token":%q}]}`, person))
	if err := json.Unmarshal([]byte(body), &first); err != nil || len(first.Seats) != 1 {
		t.Fatalf("%v in %s", err, body)
	}
	known := first.Seats[0]
	call := fmt.Sprintf(`{"wait_seconds":25,"seats":[{"token":%q,"after":%q,"tag":%q}]}`, person,
		known.Messages[len(known.Messages)-1].ID, known.Tag)
	waits := make(chan string, 1)
	go func() {
		_, body := h.news("POST", "application/json", call)
		waits <- body
	}()
	h.awaitWaits(1)
	if resp, body := h.news("POST", "application/json", call); resp.StatusCode != 503 ||
		resp.Header.Get("Retry-After") != "10" || !strings.Contains(body, "unavailable") {
		t.Errorf("beside another wait: %d %v %s", resp.StatusCode, resp.Header, body)
	}
	h.say(h.bob, "well")
	if body := <-waits; !strings.Contains(body, "well") {
		t.Errorf("the first: %s", body)
	}
	h.awaitWaits(0)
}
