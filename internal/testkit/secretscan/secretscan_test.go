package secretscan

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
)

func TestFind_seesEachKindOfSecretWhereverItIsPrinted(t *testing.T) {
	const logKey = "00112233445566778899aabbccddeeff"
	token := ident.Token{Room: ident.NewRoomID(), Seat: 2, Secret: ident.NewSecret()}
	person := token
	person.Person = true
	for kind, secret := range map[string]string{
		"a token or a ticket": token.String(),
		"a person's token":    person.String(),
		"a claim":             ident.NewLinkCode(logKey, token.Room, 2, 5, 0).String(),
		"an invite":           ident.NewInvite(logKey, token.Room, 1).String(),
		"a key":               ident.NewKey().String(),
		"a token of a sign-in": ident.NewSignInSecret(ident.AccessToken, ident.NewKey().ID,
			ident.NewSignInID()).String(),
		"the id of a context":          ident.NewStay(logKey, token.Room, 2, 5).String(),
		"a token that looks at a room": ident.NewView(logKey, token.Room, 2, 5).String(),
		"a task":                       ident.NewStay(logKey, token.Room, 2, 5).TaskID(),
	} {
		quoted, _ := json.Marshal(map[string]string{"at": "https://parley.example/k/" + secret + "/mcp"})
		for _, text := range []string{secret, strings.ToUpper(secret), string(quoted), "lobby-" + secret,
			`level=INFO path=/i/` + secret, "Bearer " + secret + "\n"} {
			err := Find("before " + text + " after")
			if err == nil || !strings.Contains(err.Error(), kind) || strings.Contains(err.Error(), secret) {
				t.Errorf("%s in %.12q...: %v", kind, text, err)
			}
		}
	}
	for _, text := range []string{"", "pk_YOUR_KEY", ident.NewRoomID(), ident.NewEventID(), ident.HashSecret("x"),
		"/k/{key}/mcp"} {
		if err := Find(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSink_secretThatArrivesInPieces_isReportedOnce(t *testing.T) {
	var reports []error
	s := &Sink{Report: func(err error) { reports = append(reports, err) }}
	secret := ident.NewKey().String()
	for _, part := range []string{"one line\nkey=" + secret[:9], secret[9:], "\n", "the end"} {
		fmt.Fprint(s, part)
	}
	if len(reports) != 1 {
		t.Errorf("%d reports: %v", len(reports), reports)
	}
}
