package lambdatest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// The call asks for a wait, and each wait would hold an instance.
func TestNews_onLambda_looksAtOnceAndSeesWhatAnotherInstanceWrote(t *testing.T) {
	t.Parallel()
	f := deploy(t)
	here, there := f.start(0), f.start(0)
	seat := join(t, here.FunctionURL(), "tea", "Ann")
	bob := join(t, here.FunctionURL(), "tea", "Bob")
	_, link, _ := strings.Cut(seat.Watch, "#")
	claim, ok := ident.ParseLinkCode(link)
	if !ok {
		t.Fatalf("there is no link to watch: %s", seat.Watch)
	}
	person := ident.Token{Room: claim.Room, Seat: claim.Seat, Secret: ident.NewSecret(), Person: true}.String()
	call(t, here.FunctionURL(), "supervise", args{"agent_token": person, "claim": link})

	news := func(client *http.Client, host, after, tag string) (told results.News) {
		t.Helper()
		body, err := json.Marshal(args{"wait_seconds": 25,
			"seats": []args{{"token": person, "after": after, "tag": tag}}})
		if err != nil {
			t.Fatal(err)
		}
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+host+"/v1/news",
			strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/json")
		began := time.Now()
		resp, err := client.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		text, err := readAll(resp)
		if err == nil {
			err = json.Unmarshal([]byte(text), &told)
		}
		if took := time.Since(began); err != nil || told.PollAfter != 20 || took > 15*time.Second {
			t.Fatalf("%d after %v: %s, %v", resp.StatusCode, took, text, err)
		}
		return told
	}
	url, api := there.FunctionURL(), there.HTTPAPI()
	first := news(url, lambdatest.FunctionURLHost, "", "").Seats
	if len(first) != 1 || first[0].Needs == nil || len(first[0].Needs.Asks) != 0 || len(first[0].Messages) == 0 {
		t.Fatalf("at first: %+v", first)
	}
	after, tag := first[0].Messages[len(first[0].Messages)-1].ID, first[0].Tag
	if quiet := news(api, lambdatest.HTTPAPIHost, after, tag).Seats; len(quiet) != 0 {
		t.Errorf("nothing has happened: %+v", quiet)
	}
	call(t, here.FunctionURL(), "send_message", args{"agent_token": bob.AgentToken, "text": "How warm?",
		"kind": "request", "ask": []string{"Ann"}})
	for host, client := range map[string]*http.Client{lambdatest.FunctionURLHost: url, lambdatest.HTTPAPIHost: api} {
		got := news(client, host, after, tag).Seats
		if len(got) != 1 || got[0].Needs == nil || len(got[0].Needs.Asks) != 1 ||
			got[0].Needs.Asks[0].Text != "How warm?" || len(got[0].Messages) != 1 {
			t.Errorf("%s: a question: %+v", host, got)
		}
	}
}
