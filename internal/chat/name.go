package chat

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// name is a name of an agent or a room: as shown, and the key by which it is
// compared. Two names with one key are the same name.
type name struct {
	shown string
	key   string
}

// agentName checks the name of an agent: a nickname in the sense of RFC 8266.
func agentName(s string) (name, error) {
	n, err := nickname("agent_name", s)
	if err != nil {
		return name{}, err
	}
	if reserved(n.key) {
		return name{}, refuse(InvalidArgument, "agent_name: this name could pass for the server or for who runs it. Choose another, such as one that says whose agent you are.")
	}
	return n, nil
}

// roomName checks the name of a room by the same profile.
func roomName(s string) (name, error) { return nickname("room", s) }

func nickname(field, s string) (name, error) {
	if strings.TrimSpace(s) == "" {
		return name{}, refuse(InvalidArgument, "%s is missing: give a name of 1 to %d characters.", field, MaxName)
	}
	if !utf8.ValidString(s) {
		return name{}, refuse(InvalidArgument, "%s is not valid UTF-8.", field)
	}
	if len(s) > 8*MaxName {
		return name{}, tooLong(field)
	}
	shown, err := precis.Nickname.String(s)
	if err != nil {
		return name{}, badLetters(field)
	}
	if utf8.RuneCountInString(shown) > MaxName {
		return name{}, tooLong(field)
	}
	if !plain(shown) {
		return name{}, badLetters(field)
	}
	// Of what is shown, not of s: two names that look the same have one key.
	key, err := precis.Nickname.CompareKey(shown)
	if err != nil {
		return name{}, badLetters(field)
	}
	if holdsToken(shown) {
		return name{}, refuse(InvalidArgument, "%s holds an agent token. A token is a secret: never use it as a name.", field)
	}
	return name{shown: shown, key: key}, nil
}

func tooLong(field string) error {
	return refuse(InvalidArgument, "%s is too long: at most %d characters.", field, MaxName)
}

func badLetters(field string) error {
	return refuse(InvalidArgument, "%s: use letters, digits, spaces and the characters ' - _ . only, with at least one letter or digit.", field)
}

// plain reports whether s is made of letters with their marks, digits, spaces
// and ' - _ . only, and has a letter or digit.
func plain(s string) bool {
	solid, base := false, false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.Is(unicode.Nd, r):
			solid, base = true, true
		case unicode.IsMark(r):
			if !base {
				return false // a mark needs a letter to stand on
			}
		case strings.ContainsRune(" '-_.", r):
			base = false
		default:
			return false
		}
	}
	return solid
}

// reservedWords are the names that could pass for the server, reduced.
var reservedWords = map[string]bool{
	"system": true, "server": true, "parley": true, "everyone": true, "all": true, "here": true,
	"thesystem": true, "theserver": true, "systemserver": true, "serversystem": true,
	"parleyserver": true, "parleysystem": true, "serverparley": true, "systemparley": true,
	"parleybot": true, "parleyadmin": true, "parleyteam": true, "parleysupport": true,
	"systemmessage": true, "servermessage": true, "systemnotice": true, "servernotice": true,
	"admin": true, "administrator": true, "moderator": true, "operator": true, "root": true, "next": true,
}

// titles may stand in no name as a word of its own: with them it could pass for the
// server, or for who runs it.
var titles = map[string]bool{
	"parley": true, "server": true, "system": true, "administrator": true, "moderator": true, "operator": true,
}

// lookalikes are the letters of other scripts that read as one of a reserved
// word, after case folding.
var lookalikes = strings.NewReplacer(
	"а", "a", "е", "e", "ѕ", "s", "у", "y", "р", "p", "о", "o", "һ", "h", "ԁ", "d", "т", "t", "м", "m", "ո", "n", "ν", "v", "ѵ", "v", "і", "i", "ӏ", "l", "г", "r", "п", "n",
	"α", "a", "ε", "e", "ρ", "p", "ο", "o", "τ", "t", "ι", "i", "η", "n", "υ", "y", "ѐ", "e", "ё", "e", "ӓ", "a",
	"0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "ı", "i",
)

// reserved reports whether a name with this key could pass for the server, in
// another spelling too.
func reserved(key string) bool {
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, s)
	}
	for _, spelling := range []string{key, lookalikes.Replace(key)} {
		words := strings.FieldsFunc(spelling, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
		if reservedWords[letters(spelling)] || slices.ContainsFunc(words, func(w string) bool { return titles[w] }) {
			return true
		}
	}
	return false
}
