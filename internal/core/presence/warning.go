package presence

import "strings"

// warning says of which likely credential a reader was warned last: its fingerprint and, behind a space, the
// idempotency key of a call of the page; "": the reader was not warned.
//
//  1. Bob was warned of a credential, and says the same again: Bob means it, and the message is sent.
//  2. The page was warned of a credential, and repeats the call with its key: nobody has read the warning.
type warning string

// confirm reports whether the reader was warned of the credential with this fingerprint. A call of the page has a key.
// If confirmed is false, the reader counts as warned from now on.
func (w *warning) confirm(fingerprint, key string) (confirmed bool, when WriteTime) {
	if warned, by, _ := strings.Cut(string(*w), " "); warned == fingerprint {
		return key == "" || key != by, Never // 1, 2
	}
	*w = warning(strings.TrimSpace(fingerprint + " " + key))
	return false, BeforeAnswer
}
