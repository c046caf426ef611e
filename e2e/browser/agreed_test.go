package browser

import (
	"crypto/sha256"
	"fmt"
	"testing"
)

// What was agreed on a file is told by its name, size and digest, also of what it replaced, and who removed one.
func TestAgreements_onFiles_sayWhichBytes(t *testing.T) {
	s := onFile(t)
	ann, bob := s.agent("plans", "Ann"), s.agent("plans", "Bob")
	agreeOn := func(text string, replaces any) string {
		id := ann.shares("api.json", []byte(text), args{"kind": "proposal", "reply_to": replaces})
		bob.call("send_message", args{"kind": "agree", "reply_to": id})
		return id
	}
	page := s.person().open(bob.watch)
	first := agreeOn("{}", nil)
	page.sees(fmt.Sprintf("api.json, 2 bytes, SHA-256 %x", sha256.Sum256([]byte("{}"))))
	second := agreeOn("[]\n", first)
	page.sees(fmt.Sprintf("In place of api.json, 2 bytes, SHA-256 %x", sha256.Sum256([]byte("{}"))))
	ann.call("update_room", args{"redact": second})
	page.sees("Removed by Ann")
}
