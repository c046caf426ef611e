package pairing

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/table"
)

// FuzzTicket reads a ticket in any form.
func FuzzTicket(f *testing.F) {
	f.Add("lobby", int64(1767225600000), "0000000000000000", "d1jj-0000000000")
	f.Add("", int64(-1), "zzzzzzzzzzzzzzzz", "-")
	f.Add("\xff", int64(1)<<50, "", "0")
	f.Fuzz(func(t *testing.T, queue string, atMs int64, secret, written string) {
		if got, err := parseTicket(written); err == nil {
			if again, err := parseTicket(got.String()); err != nil || again != got {
				t.Fatalf("%q reads as %+v, and that as %+v, %v", written, got, again, err)
			}
		} else if fault.CodeOf(err) != fault.InvalidArgument && fault.CodeOf(err) != fault.TokenInvalid {
			t.Fatalf("%q: %v", written, err)
		}
		made := ticket{queue: queue, atMs: atMs & (1<<50 - 1), secret: fitSecret(secret)}
		got, err := parseTicket(made.String())
		if table.CheckKey(made.key()) != nil || queue == "" {
			if err == nil {
				t.Fatalf("%+v cannot be stored, and is read as %+v", made, got)
			}
			return
		}
		if err != nil || got != made || !ident.HoldsToken("<"+made.String()+">") {
			t.Fatalf("%q reads as %+v, %v", made, got, err)
		}
	})
}

// fitSecret makes a well-formed secret of any text.
func fitSecret(s string) string {
	b := []byte(strings.Repeat("0", ident.SecretChars))
	for i := range min(len(b), len(s)) {
		b[i] = ident.Alphabet[s[i]&31]
	}
	return string(b)
}
