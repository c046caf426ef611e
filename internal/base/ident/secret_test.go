package ident

import (
	"strings"
	"testing"
	"time"
)

// secrets returns a secret of each kind, with the function that reads it.
func secrets() map[string]struct {
	text string
	read func(string) bool
} {
	type secret = struct {
		text string
		read func(string) bool
	}
	const logKey = "00112233445566778899aabbccddeeff"
	agent := Token{Room: NewRoomID(), Seat: 3, Secret: NewSecret()}
	person := Token{Room: agent.Room, Seat: 3, Secret: NewSecret(), Person: true}
	claim := NewLinkCode(logKey, agent.Room, 3, 17, 0)
	invite := NewInvite(logKey, agent.Room, 2)
	key := NewKey()
	upload := NewUploadCode(agent.Room, 3)
	ticket := NewTicket(logKey, agent.Room, 3, 17, "m4x0q7c", time.Unix(1_800_000_000, 0))
	stay := NewStay(logKey, agent.Room, 3, 17)
	view := NewView(logKey, agent.Room, 3, 17)
	access := NewSignInSecret(AccessToken, key.ID, NewSignInID())
	refresh := NewSignInSecret(RefreshToken, key.ID, access.ID).Next(RefreshToken, NewSecret())
	code := NewSignInSecret(SignInCode, key.ID, access.ID)
	signIn := func(want SignInSecret) func(string) bool {
		return func(s string) bool { got, ok := ParseSignIn(s); return ok && got == want }
	}
	return map[string]secret{
		"context": {stay.String(), func(s string) bool { got, err := ParseToken(s); return err == nil && got == stay }},
		"task":    {stay.TaskID(), func(s string) bool { got, ok := ParseTaskID(s); return ok && got == stay }},
		"agent": {agent.String(), func(s string) bool {
			got, err := ParseToken(s)
			return err == nil && got == agent
		}},
		"person": {person.String(), func(s string) bool {
			got, err := ParseToken(s)
			return err == nil && got == person
		}},
		"claim": {claim.String(), func(s string) bool { got, ok := ParseLinkCode(s); return ok && got.Is(claim) }},
		"invite": {invite.String(), func(s string) bool {
			got, ok := ParseInvite(s)
			return ok && got.Number == 2 && got.Of(logKey)
		}},
		"upload": {upload.String(), func(s string) bool { got, ok := ParseUploadCode(s); return ok && got == upload }},
		"ticket": {ticket.String(), func(s string) bool {
			got, ok := ParseTicket(s)
			return ok && got == ticket && got.Of(logKey, 17)
		}},
		"view": {view.String(), func(s string) bool {
			got, ok := ParseView(s)
			return ok && got == view && got.Of(logKey)
		}},
		"access":  {access.String(), signIn(access)},
		"refresh": {refresh.String(), signIn(refresh)},
		"code":    {code.String(), signIn(code)},
		"key":     {key.String(), func(s string) bool { got, ok := ParseKey(s); return ok && got == key }},
	}
}

func TestSecrets_areReadByTheirOwnReaderOnly(t *testing.T) {
	all := secrets()
	for kind, x := range all {
		if !x.read(x.text) || !x.read(" "+strings.ToUpper(x.text)+"\n") {
			t.Errorf("%s: %q is not read back", kind, x.text)
		}
		for other, y := range all {
			if other != kind && y.read(x.text) {
				t.Errorf("%s is read as %s", kind, other)
			}
		}
	}
}

func TestSecrets_anyChangedCharacter_isNoticedWithoutTheTable(t *testing.T) {
	for kind, x := range secrets() {
		for i := range x.text {
			for _, c := range []byte{'0', 'z'} {
				changed := x.text[:i] + string(c) + x.text[i+1:]
				_, token := ParseToken(changed)
				_, claim := ParseLinkCode(changed)
				_, invite := ParseInvite(changed)
				_, key := ParseKey(changed)
				_, upload := ParseUploadCode(changed)
				_, ticket := ParseTicket(changed)
				_, task := ParseTaskID(changed)
				_, signIn := ParseSignIn(changed)
				_, view := ParseView(changed)
				if changed != x.text && (token == nil || claim || invite || key || upload || ticket || task || signIn ||
					view) {
					t.Errorf("%s: %q, changed at %d, still has the form of a secret", kind, changed, i)
				}
			}
		}
	}
}

func TestSecretIn_namesEachSecretThatNoTextMayHold(t *testing.T) {
	names := map[string]string{"agent": "an agent token", "person": "a person's token", "claim": "a link to a seat",
		"key": "a key", "upload": "the address of an upload", "ticket": "the address of a download",
		"context": "the id of a context or a task", "task": "the id of a context or a task",
		"view":   "a token that looks at a room",
		"access": "a token of a sign-in", "refresh": "a token of a sign-in", "code": "a token of a sign-in"}
	for kind, x := range secrets() {
		want := names[kind] // none for an invite, which a member may hand on
		texts := []string{x.text, "take " + strings.ToUpper(x.text) + "!", "https://parley.example/r/room#" + x.text,
			"https://parley.example/k/" + x.text + "/mcp", "?to=https%3A%2F%2Fparley.example%2f" + x.text + "%2Fmcp"}
		for i := 1; i < len(x.text); i++ {
			if SecretIn(x.text[:i]+" - "+x.text[i:]) == "" { // one part in a thousand passes for another secret
				texts = append(texts, "It is: "+x.text[:i]+" "+x.text[i:]+"!")
			}
		}
		for _, text := range texts {
			if got := SecretIn(text); got != want {
				t.Errorf("%s: %q holds %q, want %q", kind, text, got, want)
			}
		}
	}
	if text := "pk_" + strings.Repeat("0", 34); SecretIn(text) != "" {
		t.Errorf("%q is no key", text)
	}
}
