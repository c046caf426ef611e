package tools

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/room"
)

func TestResult_ofASeat_showsHiddenAgreementsAndInvite(t *testing.T) {
	seat := chat.Seated{
		Status: chat.StatusJoined, Token: ident.Token{Room: "r00m000", Seat: 1, Secret: ident.NewSecret()}.String(),
		Name: "Ann", Hidden: 3, Cursor: "c9", Now: at,
		Room: chat.Room{Name: "den", Type: room.Group, Capacity: 2,
			Agents: []chat.AgentView{{Name: "Ann", You: true}}},
		Agreements: []chat.Agreement{{ID: "m2", Text: "blue", By: "Bob", At: at}},
	}
	text := string(results.JSON(usual().viewSeated(t.Context(), seat, "")))
	for _, want := range []string{`"status":"joined"`, `"room":{"id":"r00m000","name":"den",`,
		`"hidden":3,"agreements":[{"id":"m2","text":"blue","by":"Bob",`, `"invite":"Call join_room`} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in %s", want, text)
		}
	}
	for name, change := range map[string]func(*chat.Room){
		"full":   func(r *chat.Room) { r.Agents = append(r.Agents, chat.AgentView{Name: "Bob"}) },
		"paired": func(r *chat.Room) { r.Paired = true },
		"closed": func(r *chat.Room) { r.Closed = true },
	} {
		closed := seat
		change(&closed.Room)
		if text := string(results.JSON(usual().viewSeated(t.Context(), closed, ""))); strings.Contains(text, `"invite"`) {
			t.Errorf("%s: there is an invite in %s", name, text)
		}
	}
}

func TestPassword_ofAnInvite_isTheOneThatWasUsed(t *testing.T) {
	for _, c := range [][3]string{{"den", "", ""}, {"den", "pw", "pw"}, {"den:pw", "", "pw"}, {"den:p:w", "", "p:w"},
		{"den:pw", "pw", "pw"}} {
		if got := passwordOf(c[0], c[1]); got != c[2] {
			t.Errorf("passwordOf(%q, %q) = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
