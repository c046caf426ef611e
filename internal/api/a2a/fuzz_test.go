package a2a

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// FuzzRead reads any message of a client: an accepted message has something to say, a valid key, and no seat or a
// seat in the form of the server.
func FuzzRead(f *testing.F) {
	stay := ident.NewStay("key", "abcdefg", 3, 4)
	for _, parts := range []string{`[{"text":"hi"}]`, `[{"data":{"a":[1,null]}},{"text":""}]`, `[{"raw":"eA=="}]`,
		`[null]`, `[{"url":"https://example.org"}]`, `[]`, `[{"text":" \n"}]`} {
		for _, id := range []string{"m1", "", strings.Repeat("x", 200), "\\u0000", stay.String()} {
			f.Add(`{"message":{"messageId":"` + id + `","role":"ROLE_USER","contextId":"` + stay.String() +
				`","taskId":"` + stay.TaskID() + `","parts":` + parts + `}}`)
		}
	}
	f.Add(`{"message":{"messageId":"m","role":"user","parts":[{"text":"x"}]}}`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, body string) {
		var req wire.SendMessageRequest
		if json.Unmarshal([]byte(body), &req) != nil {
			return
		}
		in, err := read(&req)
		if err != nil {
			if said := err.Error(); !strings.Contains(said, "Nothing was said") && said != noTask {
				t.Errorf("refused with %q", said)
			}
			return
		}
		if _, ok := ident.ParseContextID(in.token); in.token != "" && !ok {
			t.Errorf("in the seat %q", in.token)
		}
		if n := utf8.RuneCountInString(in.key); n == 0 || n > core.MaxKey || room.HasControls(in.key, "") ||
			ident.SecretIn(in.key) != "" {
			t.Errorf("the key is %q", in.key)
		}
		if in.isBlank() && in.token == "" {
			t.Errorf("%q says nothing", body)
		}
	})
}
