package lambdatest_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/testkit/lambdatest"
)

// What takes most bytes as JSON in a string of JSON: a name, a description, and texts of
// which three fill an answer.
var (
	wideName = strings.Repeat("𐐨", 36)
	quotes   = strings.Repeat(`"`, 2000)
	longText = strings.Repeat(`"`, 1325)
)

// crowd fills a room with agents and says what is longest in an answer. It returns a seat
// with a cursor from before the last agent joined.
func crowd(t *testing.T, client *http.Client, name string, agents int) (seat result) {
	t.Helper()
	speaker := call(t, client, "create_room",
		args{"room": name, "agent_name": "A", "capacity": 100, "description": quotes})
	var joined []result
	for k := range agents - 1 {
		seat := call(t, client, "join_room", args{"room": name, "agent_name": fmt.Sprint(wideName, k)})
		call(t, client, "wait_for_message",
			args{"agent_token": seat.AgentToken, "cursor": seat.Cursor, "wait_seconds": 0,
				"activity": quotes[:core.MaxActivity]})
		joined = append(joined, seat)
	}
	for k := range 12 {
		call(t, client, "send_message", args{"agent_token": speaker.AgentToken, "text": fmt.Sprint(longText, k)})
	}
	return joined[len(joined)-2]
}

// What the answers of a day can cost at most is computed from this.
func TestCostPage_longestAnswers_areNoLonger(t *testing.T) {
	t.Parallel()
	i := deploy(t).start(0, "PARLEY_UNITS_PER_MINUTE=0", "PARLEY_MESSAGES_PER_MINUTE=0", "PARLEY_BYTES_PER_MINUTE=0",
		"PARLEY_ROOMS_PER_HOUR=0")
	client := i.FunctionURL()
	large, small := crowd(t, client, "large", 100), crowd(t, client, "small", core.AgentsShown)
	for k := range 50 {
		call(t, client, "create_room", args{"room": fmt.Sprint(wideName, k), "agent_name": wideName, "public": true,
			"description": quotes})
	}
	_, page := open(t, client, http.MethodGet, "https://"+lambdatest.FunctionURLHost+"/", "gzip")
	wait := func(seat result) string {
		return toolCall("wait_for_message", args{"agent_token": seat.AgentToken, "cursor": seat.Cursor,
			"wait_seconds": 0})
	}
	requests := map[string]string{
		"tools/list":           `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
		"room_info":            toolCall("room_info", args{"agent_token": large.AgentToken}),
		"message_history":      toolCall("message_history", args{"agent_token": large.AgentToken}),
		"a wait":               wait(large),
		"a wait of ten agents": wait(small),
		"list_rooms":           toolCall("list_rooms", args{}),
		"join_room":            toolCall("join_room", args{"agent_token": large.AgentToken}),
		"the front page":       "/",
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="(assets/([^/]+)/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		requests[m[1]], requests["the licenses"] = "/"+m[1], "/assets/"+m[2]+"/vendor-licenses.txt"
		requests["a later script"] = "/assets/" + m[2] + "/pages.js"
	}
	if len(requests) != 15 {
		t.Fatalf("the page names other files: %s", page)
	}
	for what, body := range requests {
		for range 3 { // what an instance remembers costs no reads
			length, read := costOf(t, i, body)
			t.Logf("%s: %d bytes, %v read units", what, length, read)
			if most := answerBytes + answerBytesPerRead*read; float64(length) > most {
				t.Errorf("%s: an answer of %d bytes; the sums take at most %.0f", what, length, most)
			}
		}
	}
}

// costOf makes a request with body, or one of a browser for a path, and returns the length of
// the answer and the units that it read.
func costOf(t *testing.T, i *lambdatest.Instance, body string) (length int, read float64) {
	t.Helper()
	q := mcpRequest(t, body)
	if strings.HasPrefix(body, "/") {
		q.Method, q.URL.Path = http.MethodGet, body
		q.Header.Set("Accept", "text/html")
	}
	before := len(i.Output())
	resp, err := i.FunctionURL().Do(q)
	if err != nil {
		t.Fatal(err)
	}
	text, err := readAll(resp)
	if err != nil || resp.StatusCode != http.StatusOK || strings.Contains(text, `"isError":true`) ||
		strings.Contains(text, `"error":`) {
		t.Fatal(resp.Status, text, err)
	}
	_, requests := lines(t, i.Output()[before:])
	for _, r := range requests {
		read += r.ReadUnits1
	}
	return len(text), read
}
