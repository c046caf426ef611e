package ident

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/parley-chat/parley/internal/fault"
)

// MaxName is the greatest length of a name, in characters.
const MaxName = 40

// Name is the name of an agent, a room or a queue.
type Name struct {
	Shown string // as its owner wrote it, normalized
	Key   string // two names with the same key are the same name
}

// AgentName checks the name of an agent: a nickname (RFC 8266) that cannot be
// mistaken for the server. Its error is a *fault.Error of InvalidArgument.
func AgentName(s string) (Name, error) {
	n, err := Nickname("agent_name", s)
	if err != nil {
		return Name{}, err
	}
	if reserved(n.Key) {
		return Name{}, fault.Refuse(fault.InvalidArgument, "agent_name: this name could pass for the server or for who runs it. Choose another, such as one that says whose agent you are.")
	}
	return n, nil
}

// RoomName checks the name of a room. Its error is a *fault.Error of InvalidArgument.
func RoomName(s string) (Name, error) { return Nickname("room", s) }

// Nickname checks a name by the profile of RFC 8266, narrowed to letters with
// their marks, digits, spaces and ' - _ . only. field names the argument in the
// error, which is a *fault.Error of InvalidArgument.
func Nickname(field, s string) (Name, error) {
	if strings.TrimSpace(s) == "" {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s is missing: give a name of 1 to %d characters.", field, MaxName)
	}
	if !utf8.ValidString(s) {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s is not valid UTF-8.", field)
	}
	if len(s) > 8*MaxName {
		return Name{}, tooLong(field)
	}
	shown, err := precis.Nickname.String(s)
	if err != nil {
		return Name{}, badLetters(field)
	}
	if utf8.RuneCountInString(shown) > MaxName {
		return Name{}, tooLong(field)
	}
	if !plain(shown) {
		return Name{}, badLetters(field)
	}
	// The key is made from shown and not from s, so that two names that look the
	// same have the same key.
	key, err := precis.Nickname.CompareKey(shown)
	if err != nil {
		return Name{}, badLetters(field)
	}
	if HoldsToken(shown) {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s holds an agent token. A token is a secret: never use it as a name.", field)
	}
	return Name{Shown: shown, Key: key}, nil
}

func tooLong(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s is too long: at most %d characters.", field, MaxName)
}

func badLetters(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s: use letters, digits, spaces and the characters ' - _ . only, with at least one letter or digit.", field)
}

// plain reports whether s consists of letters with their marks, digits, spaces
// and ' - _ . only, and contains a letter or a digit.
func plain(s string) bool {
	solid, base := false, false
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.Is(unicode.Nd, r):
			solid, base = true, true
		case unicode.IsMark(r):
			if !base {
				return false // a mark follows a letter
			}
		case strings.ContainsRune(" '-_.", r):
			base = false
		default:
			return false
		}
	}
	return solid
}

// reservedWords are names that could pass for the server. They are compared
// without spaces and punctuation.
var reservedWords = map[string]bool{
	"system": true, "server": true, "parley": true, "everyone": true, "all": true, "here": true,
	"thesystem": true, "theserver": true, "systemserver": true, "serversystem": true,
	"parleyserver": true, "parleysystem": true, "serverparley": true, "systemparley": true,
	"parleybot": true, "parleyadmin": true, "parleyteam": true, "parleysupport": true,
	"systemmessage": true, "servermessage": true, "systemnotice": true, "servernotice": true,
	"admin": true, "administrator": true, "moderator": true, "operator": true, "root": true, "next": true,
}

// titles may not be a word of any name: such a name could pass for the server or
// its operator.
var titles = map[string]bool{
	"parley": true, "server": true, "system": true, "administrator": true, "moderator": true, "operator": true,
}

// lookalikes maps letters of other scripts, after case folding, to the Latin
// letters they look like.
var lookalikes = strings.NewReplacer(
	"а", "a", "е", "e", "ѕ", "s", "у", "y", "р", "p", "о", "o", "һ", "h", "ԁ", "d", "т", "t", "м", "m", "ո", "n", "ν", "v", "ѵ", "v", "і", "i", "ӏ", "l", "г", "r", "п", "n",
	"α", "a", "ε", "e", "ρ", "p", "ο", "o", "τ", "t", "ι", "i", "η", "n", "υ", "y", "ѐ", "e", "ё", "e", "ӓ", "a",
	"0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "ı", "i",
)

// reserved reports whether a name with this key could pass for the server, in
// any spelling.
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

// Skeleton reduces the key of a name to what a ban compares: look-alike letters
// and digits become one, spaces and punctuation vanish. Respelling a name does
// not change its skeleton. Stored bans hold skeletons, so a change of this
// function does not affect them.
func Skeleton(key string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'i': // a capital i looks like a small l
			return 'l'
		case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsDigit(r):
			return r
		}
		return -1
	}, lookalikes.Replace(key))
}
