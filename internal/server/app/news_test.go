package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/server/app"
)

// Where keys are needed, the token of a person admits its seat, and no more; it is no key for the others of the call.
func TestApp_news_areForEachSeatThatItsOwnTokenAdmits(t *testing.T) {
	a, tab := onTable(t, app.Config{Settings: app.Settings{Access: "keys", TrustProxy: true}})
	defer a.Close()
	const home = "192.0.2.1"
	ann := "/k/" + addKey(t, tab, "Ann") + "/mcp"
	made := callFrom(t, a.Handler, home, ann, "create_room", map[string]any{"room": "tea", "agent_name": "Ann"})
	_, claim, _ := strings.Cut(made.Watch, "#")
	link, _ := ident.ParseLinkCode(claim)
	person := ident.Token{Room: link.Room, Seat: link.Seat, Secret: ident.NewSecret(), Person: true}
	callBearing(t, a.Handler, home, "/mcp", claim, "supervise",
		map[string]any{"agent_token": person.String(), "claim": claim})
	forged, nowhere := person, person
	forged.Secret, nowhere.Room = ident.NewSecret(), ident.NewRoomID()

	tokens := []string{forged.String(), person.String(), nowhere.String(), made.AgentToken, person.String()[:9]}
	var asked struct {
		Seats []map[string]string `json:"seats"`
	}
	for _, token := range tokens {
		asked.Seats = append(asked.Seats, map[string]string{"token": token})
	}
	body, err := json.Marshal(asked)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://parley.example/v1/news", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Forwarded-For", home)
	w := httptest.NewRecorder()
	a.Handler.ServeHTTP(w, r.WithContext(t.Context()))
	var told results.News
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || len(told.Seats) != len(tokens) {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	for n, want := range []string{"key_invalid", "", "room_not_found", "not_allowed", "token_invalid"} {
		one := told.Seats[n]
		if got := one.Refused; want == "" && (got != nil || one.Info == nil || one.Info.Room.Name != "tea") ||
			want != "" && (got == nil || got.Code != want || one.Info != nil) {
			t.Errorf("seat %d: %+v, want %q", n, one, want)
		}
	}
}
