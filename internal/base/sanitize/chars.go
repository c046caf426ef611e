package sanitize

import "fmt"

// FirstChars returns the first n characters of s.
func FirstChars(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Quote returns a text of a client so that a refusal can repeat the text: quoted, and cut after 100 bytes.
func Quote(text string) string {
	const most = 100
	if len(text) > most {
		text = text[:most] + "..."
	}
	return fmt.Sprintf("%q", text)
}
