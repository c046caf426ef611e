package ident

import "strings"

// spell writes the low 5*n bits of v as the prefix and n characters of [Alphabet]. n is at most 13; the first of 13
// characters has only four bits of v.
func spell(prefix byte, v uint64, n int) string {
	var buf [1 + 13]byte
	buf[0] = prefix
	for i := n; i > 0; i-- {
		buf[i] = Alphabet[v&31]
		v >>= 5
	}
	return string(buf[:1+n])
}

// unspell parses the output of spell, in any case and with space around it. ok is false for any other length, prefix or
// character, and for a number above 64 bits. Only ASCII letters have a case here: the Kelvin sign is no "k".
func unspell(prefix byte, s string, n int) (v uint64, ok bool) {
	s = strings.TrimSpace(s)
	if len(s) != 1+n || lower(s[0]) != prefix {
		return 0, false
	}
	for i := 1; i < len(s); i++ {
		digit := strings.IndexByte(Alphabet, lower(s[i]))
		if digit < 0 || v>>59 != 0 {
			return 0, false
		}
		v = v<<5 | uint64(digit)
	}
	return v, true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
