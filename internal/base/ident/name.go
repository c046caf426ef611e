package ident

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/fault"
)

// Name is the name of an agent, a room or a queue.
type Name struct {
	Shown string // as the owner wrote the name, normalized
	Key   string // two names with the same key are the same name
}

// AgentName checks the name of an agent: a nickname (RFC 8266) that nobody can mistake for the server, a user or
// anybody else. The error is a *fault.Error of InvalidArgument.
func AgentName(s string) (Name, error) { return actorName("agent_name", s) }

// PersonName checks the name of the person behind an agent by the rules of AgentName.
func PersonName(s string) (Name, error) { return actorName("person_name", s) }

// actorName checks the name of an agent or a person. field names the argument in the error.
func actorName(field, s string) (Name, error) {
	n, err := Nickname(field, s)
	if err != nil {
		return Name{}, err
	}
	if n.isReserved() || n.isOther() || n.hasTitle() || n.holdsUser() {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s: this name could pass for the server, for its "+
			"operator, for a user or for somebody else. Choose another, such as one that says whose agent you are.",
			field)
	}
	return n, nil
}

// Actor returns who did something in the seat of an agent: the agent or, if byPerson, the person behind the agent, by
// name if the person has one. A person without an agent has the name of the seat. No name contains a comma, or "'s
// owner", so no agent passes for a person.
func Actor(agent string, byPerson bool, person string) string {
	switch {
	case !byPerson || person == agent:
		return agent
	case person == "":
		return agent + "'s owner"
	}
	return person + ", for " + agent
}

// RoomName checks the name of a room. A room may be about a server, but not have just that name. The error is a
// *fault.Error of InvalidArgument.
func RoomName(s string) (Name, error) { return placeName("room", s) }

// QueueName checks the name of a queue by the rules of RoomName. Tickets are made of the key, so the key must follow
// the rules, too. The error is a *fault.Error of InvalidArgument.
func QueueName(s string) (Name, error) {
	n, err := placeName("queue", s)
	if err != nil {
		return Name{}, err
	}
	if _, err := placeName("queue", n.Key); err != nil {
		return Name{}, err
	}
	return n, nil
}

// placeName checks the name of a room or a queue. field names the argument in the error.
func placeName(field, s string) (Name, error) {
	n, err := Nickname(field, s)
	if err != nil {
		return Name{}, err
	}
	if n.isReserved() {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s: this name could pass for the server, for its "+
			"operator or for a user. Choose one that says what the talk is about.", field)
	}
	if isNearlyInvite(n.Shown) {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s: this looks like an invite with a mistake in it. "+
			"Nothing was done: have your user copy the whole link again, from http to the end; or, for a new name, "+
			"choose one that says what the talk is about.", field)
	}
	return n, nil
}

// Addressed returns the name in an address, which may begin with an @, also a wide or a small one: models write "@Bob".
func Addressed(s string) string {
	s = strings.TrimSpace(s)
	if r, size := utf8.DecodeRuneInString(s); strings.ContainsRune("@\uff20\ufe6b", r) {
		return s[size:]
	}
	return s
}

// apostrophe is the typographic apostrophe, which programs write for '.
const apostrophe = "\u2019"

// WithPlainApostrophes returns s with ' for each typographic apostrophe, as names have it.
func WithPlainApostrophes(s string) string { return strings.ReplaceAll(s, apostrophe, "'") }

// plainDashes makes a hyphen of the dashes that phones and programs write for two hyphens.
var plainDashes = strings.NewReplacer("\u2013", "-", "\u2014", "-")

// Nickname checks a name by the profile of RFC 8266, narrowed to letters with their marks, digits, spaces and ' - _ .
// only, without small capitals, so that names can be compared, shown and said. field names the argument in the error, a
// *fault.Error of InvalidArgument.
func Nickname(field, s string) (Name, error) {
	if strings.TrimSpace(s) == "" {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s is missing: give a name of 1 to %d characters.", field,
			base.MaxName)
	}
	if !utf8.ValidString(s) {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s is not valid UTF-8.", field)
	}
	if len(s) > 8*base.MaxName {
		return Name{}, tooLong(field)
	}
	shown, err := precis.Nickname.String(plainDashes.Replace(WithPlainApostrophes(s)))
	if err != nil {
		return Name{}, badLetters(field)
	}
	if err := RefuseSecret(field, shown); err != nil {
		return Name{}, err
	}
	if utf8.RuneCountInString(shown) > base.MaxName {
		return Name{}, tooLong(field)
	}
	if !plain(shown) {
		return Name{}, badLetters(field)
	}
	if !signsFit(shown) {
		return Name{}, fault.Refuse(fault.InvalidArgument, "%s: one of its letters looks like a comma or a colon. Use "+
			"such a letter only in a name whose letters are all of its script, or leave it out.", field)
	}
	// The key is made from shown and not from s, so that two names that look the same have the same key.
	key, err := precis.Nickname.CompareKey(shown)
	if err != nil {
		return Name{}, badLetters(field)
	}
	return Name{Shown: shown, Key: key}, nil
}

// RefuseSecret refuses a name that holds a secret or an invite: agents paste links where a name belongs, and all would
// read the name. field names the argument in the error, a *fault.Error of InvalidArgument.
func RefuseSecret(field, name string) error {
	switch what := SecretIn(name); {
	case what == "":
	case field == "room":
		return fault.Refuse(fault.InvalidArgument, "%s holds %s. That is a secret, and no name: give the name of the "+
			"room or, to join it, an invite link of somebody there.", field, what)
	default:
		return fault.Refuse(fault.InvalidArgument, "%s holds %s. That is a secret, and no name: choose another.", field,
			what)
	}
	if _, ok := InviteIn(name); ok {
		return fault.Refuse(fault.InvalidArgument, "%s holds an invite, which is no name: it is only good to join "+
			"its room.", field)
	}
	return nil
}

func tooLong(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s is too long: at most %d characters.", field, base.MaxName)
}

func badLetters(field string) error {
	return fault.Refuse(fault.InvalidArgument, "%s: use ordinary letters, digits, spaces and the characters ' - _ . "+
		"only, and at least one letter or digit.", field)
}

// betweenWords are the signs of names between words.
const betweenWords = " '-_."

// plain reports whether s consists of letters with their marks, digits, spaces
// and ' - _ . only, and contains a letter or a digit.
func plain(s string) bool {
	solid, base := false, false
	for _, r := range s {
		switch {
		case unicode.In(r, smallCapitals, blankLetters):
			return false
		case unicode.IsLetter(r), unicode.Is(unicode.Nd, r):
			solid, base = true, true
		case unicode.IsMark(r):
			if !base {
				return false // a mark follows a letter
			}
		case strings.ContainsRune(betweenWords, r):
			base = false
		default:
			return false
		}
	}
	return solid
}

// signsFit reports whether the letters and marks of s that look like a comma or a colon belong to somebody's own
// language, in a name wholly of their script. Elsewhere "Ann\ua4fd I approve" passes for a line of Ann's. A visarga is
// part of a word, in Burmese of every third, and follows a letter of its script: only the word must be of the script,
// so a name such as "\u101d\u1004\u103a\u1038 Claude" is allowed.
func signsFit(s string) bool {
	for i, r := range s {
		if !likeSign(r) {
			continue
		}
		if unicode.In(r, unicode.Common, unicode.Inherited) {
			return false // no language's own
		}
		script := ScriptOf(r)
		foreign := func(other rune) bool { return isForeign(other, script) }
		if !strings.ContainsFunc(s, foreign) {
			continue
		}
		word := s[strings.LastIndexAny(s[:i], betweenWords)+1:]
		if end := strings.IndexAny(word, betweenWords); end >= 0 {
			word = word[:end]
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		if !unicode.In(r, colons) || !unicode.Is(script, before) || strings.ContainsFunc(word, foreign) {
			return false
		}
	}
	return true
}

// likeSign reports whether a letter or a mark looks like a comma or a colon.
func likeSign(r rune) bool {
	return r > unicode.MaxASCII && (unicode.In(r, colons, commas) || strings.ContainsAny(prototypes()[r], ",:"))
}

// ScriptOf returns the script of a letter or a mark.
func ScriptOf(r rune) *unicode.RangeTable {
	for _, script := range unicode.Scripts {
		if unicode.Is(script, r) {
			return script
		}
	}
	return new(unicode.RangeTable)
}

// isForeign reports whether r belongs to another script. Digits, spaces and signs of all scripts belong to none.
func isForeign(r rune, script *unicode.RangeTable) bool {
	return !unicode.Is(script, r) && !unicode.Is(unicode.Inherited, r) &&
		(unicode.IsLetter(r) || !unicode.Is(unicode.Common, r))
}
