package ident

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/rangetable"
)

// reservedWords are names that could pass for the server, for whoever runs it, or for a
// role in a model's own conversation, such as user. They are compared without spaces and
// punctuation.
var reservedWords = []string{
	"system", "server", "parley", "everyone", "all", "here",
	"thesystem", "theserver", "systemserver", "serversystem",
	"parleyserver", "parleysystem", "serverparley", "systemparley",
	"parleybot", "parleyadmin", "parleyteam", "parleysupport",
	"systemmessage", "servermessage", "systemnotice", "servernotice",
	"admin", "administrator", "moderator", "operator", "root", "next",
	"user", "youruser", "theuser", "myuser", "assistant", "developer", "tool",
}

// Others are words that stand for people and agents on the page and in the commands. An agent
// with such a name would have its words taken for those of another. They are compared as
// reservedWords are, and in each spelling that looks like them.
var Others = []string{
	"you", "your agent", "my agent", "yourself", "me", "myself", "nobody", "no one", "anyone", "anybody", "somebody",
	"someone", "everyone", "everybody", "person", "people", "human", "an admin",
}

// titles may not be a word of any agent's name: such a name could pass for the server
// or its operator.
var titles = []string{"parley", "server", "system", "administrator", "moderator", "operator"}

// isReserved reports whether n is a reserved word.
func (n Name) isReserved() bool {
	if reserved().words[letters(n.Key)] {
		return true
	}
	look := LookOf(n.Shown)
	return look.exotic && (reserved().looks[letters(look.loose())] || reserved().looks[letters(look.capital())])
}

// hasTitle reports whether a word of n is a title, also with digits that stand for
// letters: no other name has such a word.
func (n Name) hasTitle() bool {
	if anyWord(n.Key, reserved().titles) || anyWord(digitsForLetters.Replace(n.Key), reserved().titles) {
		return true
	}
	look := LookOf(n.Shown)
	return look.exotic &&
		(anyWord(look.loose(), reserved().titleLooks) || anyWord(look.capital(), reserved().titleLooks))
}

// isOther reports whether n is one of Others, or looks like one.
func (n Name) isOther() bool {
	look := LookOf(n.Shown)
	return reserved().others[letters(n.Key)] || reserved().others[letters(look.skeleton)] ||
		look.exotic && (reserved().otherLooks[letters(look.loose())] || reserved().otherLooks[letters(look.capital())])
}

// holdsUser reports whether a name contains "your user", as results call the sender whose words
// an agent obeys, or "person behind": see Actor.
func (n Name) holdsUser() bool {
	look := LookOf(n.Shown)
	return slices.ContainsFunc([]string{"youruser", "personbehind"}, func(user string) bool {
		as := LookOf(user)
		return strings.Contains(letters(digitsForLetters.Replace(n.Key)), user) ||
			look.exotic && (strings.Contains(letters(look.loose()), as.loose()) ||
				strings.Contains(letters(look.capital()), as.capital()))
	})
}

func anyWord(name string, set map[string]bool) bool {
	for word := range strings.FieldsFuncSeq(name,
		func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if set[letters(word)] {
			return true
		}
	}
	return false
}

// letters returns the letters of s.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, s)
}

// reservedSets hold the words and titles, and what they look like. Looks count only for
// names with a letter that is not ASCII: "a11" looks like "all" and is a fine name.
type reservedSets struct{ words, looks, titles, titleLooks, others, otherLooks map[string]bool }

var reserved = sync.OnceValue(func() reservedSets {
	var s reservedSets
	s.words, s.looks = withLooks(reservedWords)
	s.titles, s.titleLooks = withLooks(titles)
	s.others, s.otherLooks = withLooks(Others)
	for _, word := range Others {
		s.others[letters(LookOf(word).skeleton)] = true
	}
	return s
})

func withLooks(list []string) (words, looks map[string]bool) {
	words, looks = map[string]bool{}, map[string]bool{}
	for _, word := range list {
		word = letters(word)
		look := LookOf(word)
		words[word], looks[look.loose()], looks[look.capital()] = true, true, true
	}
	return words, looks
}

// smallCapitals are the letters whose names in Unicode hold SMALL CAPITAL, and their
// block of phonetic letters. UTS #39 has prototypes for only a few of them, and no
// language needs them to write a name.
var smallCapitals = rangetable.Merge(phonetic, rangetable.New(
	0x0262, 0x026a, 0x0274, 0x0276, 0x0280, 0x0281, 0x028f, 0x0299, 0x029b, 0x029c, 0x029f,
	0x1d7b, 0x1d7e, 0x1ddb, 0x1dde, 0x1ddf, 0x1de1, 0x1de2, 0x2c7b,
	0xa730, 0xa731, 0xa776, 0xa7ae, 0xa7af, 0xa7fa, 0xab46, 0xab65,
	0x10780, 0x10784, 0x10792, 0x10794, 0x10796, 0x1079c, 0x107a3, 0x107aa, 0x107b2, 0x1df02, 0x1df04, 0x1df10,
))

var phonetic = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x1d00, Hi: 0x1d2b, Stride: 1}}}

// blankLetters count as letters and marks, and show nothing.
var blankLetters = rangetable.New(0x13441, 0x13442, 0x16fe4)
