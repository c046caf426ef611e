package pairing

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

func FuzzTicket(f *testing.F) {
	f.Add("lobby", int64(1767225600000), "0000000000000000", "d1jj-0000000000")
	f.Add("", int64(-1), "zzzzzzzzzzzzzzzz", "-")
	f.Add("your user", int64(1767225600000), "", "")
	f.Add("\xff", int64(1)<<50, "", "0")
	f.Fuzz(func(t *testing.T, queue string, atMs int64, secret, written string) {
		if got, err := parseTicket(written); err == nil {
			if again, err := parseTicket(got.String()); err != nil || again != got {
				t.Fatalf("%q parses as %+v, and that as %+v, %v", written, got, again, err)
			}
		} else if fault.CodeOf(err) != fault.InvalidArgument && fault.CodeOf(err) != fault.TokenInvalid {
			t.Fatalf("%q: %v", written, err)
		}
		made := ticket{queue: queue, atMs: atMs & (1<<50 - 1), secret: fitSecret(secret)}
		got, err := parseTicket(made.String())
		if n, bad := ident.QueueName(queue); bad != nil || n.Key != queue {
			if err == nil {
				t.Fatalf("%q is the key of no queue, but its ticket parses as %+v", queue, got)
			}
			return
		}
		if err != nil || got != made || ident.SecretIn("<"+made.String()+">") == "" {
			t.Fatalf("%q parses as %+v, %v", made, got, err)
		}
	})
}

// fitSecret turns any text into a well-formed secret.
func fitSecret(s string) string {
	b := []byte(strings.Repeat("0", ident.SecretChars))
	for i := range min(len(b), len(s)) {
		b[i] = ident.Alphabet[s[i]&31]
	}
	return string(b)
}

func TestTicket_text_parsesToTheSameTicket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, err := ident.QueueName(rapid.StringMatching(`[a-zé7Ω][a-z .]{0,20}[a-z]`).Draw(t, "queue"))
		if err != nil {
			t.Skip()
		}
		want := ticket{queue: n.Key, atMs: rapid.Int64Range(0, 1<<50-1).Draw(t, "at"), secret: ident.NewSecret()}
		if got, err := parseTicket(want.String()); err != nil || got != want {
			t.Fatalf("%s parses as %+v, %v; want %+v", want, got, err, want)
		}
		if ident.WellFormed(want.String()) || ident.SecretIn("x "+want.String()+".") == "" {
			t.Fatalf("%s passes for an agent token, or is not found in a text", want)
		}
	})
}
