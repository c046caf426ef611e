package ident

import (
	"slices"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/rangetable"
)

// serverNames are names that could pass for the server, or for whoever runs it. They are compared without spaces and
// punctuation, and by their look: "ParIey" has a capital I.
var serverNames = []string{
	"system", "server", "parley",
	"thesystem", "theserver", "systemserver", "serversystem",
	"parleyserver", "parleysystem", "serverparley", "systemparley",
	"parleybot", "parleyadmin", "parleyteam", "parleysupport",
	"systemmessage", "servermessage", "systemnotice", "servernotice",
	"admin", "administrator", "moderator", "operator",
}

// reservedWords are names that could pass for all in a room, for words of the server, or for a role in a model's own
// conversation, such as user. They are compared as serverNames are, but by their look only if a letter is not ASCII:
// "a11" looks like "all", and is a fine name.
var reservedWords = []string{
	"everyone", "all", "here", "root", "next",
	"user", "youruser", "theuser", "myuser", "assistant", "developer", "tool",
}

// Others are words that stand for people and agents on the page and in the commands. Words of an agent with such a name
// would pass for words of another. Others are compared as reservedWords are, and in each spelling that looks alike.
var Others = []string{
	"you", "your agent", "my agent", "yourself", "me", "myself", "nobody", "no one", "anyone", "anybody", "somebody",
	"someone", "everyone", "everybody", "person", "people", "human", "an admin",
}

// titles may not be a word of any agent's name: such a name could pass for the server or its operator.
var titles = []string{"parley", "server", "system", "administrator", "moderator", "operator"}

// isReserved reports whether n is a reserved word.
func (n Name) isReserved() bool {
	set := reserved()
	if set.words[letters(n.Key)] || set.servers[letters(n.Key)] {
		return true
	}
	look := SkeletonOf(n.Shown)
	loose, capital := letters(joined(look.loose())), letters(joined(look.capital()))
	return set.serverLooks[loose] || set.serverLooks[capital] ||
		look.exotic && (set.looks[loose] || set.looks[capital])
}

// hasTitle reports whether a word of n is a title or looks like a title, also with digits that stand for letters.
func (n Name) hasTitle() bool {
	if anyWord(n.Key, reserved().titles) ||
		anyWord(joined(digitsForLetters.Replace(n.Key)), reserved().titles) {
		return true
	}
	look := SkeletonOf(n.Shown)
	return anyWord(joined(look.loose()), reserved().titleLooks) ||
		anyWord(joined(look.capital()), reserved().titleLooks)
}

// isOther reports whether n is in Others, or looks like a word of Others.
func (n Name) isOther() bool {
	look := SkeletonOf(n.Shown)
	return reserved().others[letters(n.Key)] || reserved().others[letters(joined(look.skeleton))] ||
		look.exotic && (reserved().otherLooks[letters(joined(look.loose()))] ||
			reserved().otherLooks[letters(joined(look.capital()))])
}

// holdsUser reports whether a name contains or looks like "your user", as results call the sender whose words an agent
// obeys, or "'s owner" or ", for": see Actor. Old agreements have "the person behind".
func (n Name) holdsUser() bool {
	look := SkeletonOf(n.Shown)
	if strings.Contains(look.whole, ", for ") {
		return true
	}
	return slices.ContainsFunc([]string{"youruser", "sowner", "personbehind"}, func(user string) bool {
		as := SkeletonOf(user)
		return strings.Contains(letters(joined(digitsForLetters.Replace(n.Key))), user) ||
			strings.Contains(letters(joined(look.loose())), joined(as.loose())) ||
			strings.Contains(letters(joined(look.capital())), joined(as.capital()))
	})
}

// joined merges two letters that look like one, for reserved names alone: "Clara" is a fine name beside "Dara". The
// skeleton merges "rn" and "m" for all names.
func joined(look string) string { return pairs.Replace(look) }

var pairs = strings.NewReplacer("vv", "w", "cl", "d")

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

// reservedSets hold the words, the titles and their looks.
type reservedSets struct {
	words, looks, servers, serverLooks, titles, titleLooks, others, otherLooks map[string]bool
}

var reserved = sync.OnceValue(func() reservedSets {
	var s reservedSets
	s.words, s.looks = withLooks(reservedWords)
	s.servers, s.serverLooks = withLooks(serverNames)
	s.titles, s.titleLooks = withLooks(titles)
	s.others, s.otherLooks = withLooks(Others)
	for _, word := range Others {
		s.others[letters(joined(SkeletonOf(word).skeleton))] = true
	}
	return s
})

func withLooks(list []string) (words, looks map[string]bool) {
	words, looks = map[string]bool{}, map[string]bool{}
	for _, word := range list {
		word = letters(word)
		look := SkeletonOf(word)
		words[word], looks[joined(look.loose())], looks[joined(look.capital())] = true, true, true
	}
	return words, looks
}

// smallCapitals are the letters whose names in Unicode contain SMALL CAPITAL, and their block of phonetic letters. UTS
// #39 has prototypes for only a few small capitals, and no language needs small capitals in a name.
var smallCapitals = rangetable.Merge(phonetic, rangetable.New(
	0x0262, 0x026a, 0x0274, 0x0276, 0x0280, 0x0281, 0x028f, 0x0299, 0x029b, 0x029c, 0x029f,
	0x1d7b, 0x1d7e, 0x1ddb, 0x1dde, 0x1ddf, 0x1de1, 0x1de2, 0x2c7b,
	0xa730, 0xa731, 0xa776, 0xa7ae, 0xa7af, 0xa7fa, 0xab46, 0xab65,
	0x10780, 0x10784, 0x10792, 0x10794, 0x10796, 0x1079c, 0x107a3, 0x107aa, 0x107b2, 0x1df02, 0x1df04, 0x1df10,
))

var phonetic = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x1d00, Hi: 0x1d2b, Stride: 1}}}

// blankLetters count as letters and marks, and show nothing.
var blankLetters = rangetable.New(0x13441, 0x13442, 0x16fe4)

// colons are the letters and marks that are drawn as two dots or circles: all whose names in Unicode contain VISARGA,
// and similar ones. UTS #39 has a colon as the prototype of only a few.
var colons = rangetable.New(
	0x0903, 0x0983, 0x0a03, 0x0a83, 0x0b03, 0x0b83, 0x0c03, 0x0c83, 0x0d03, 0x0d83, 0x0f7f, 0x1038, 0x17c7, 0x17c8,
	0x1881, 0x1b04, 0x1b82, 0x1ce2, 0x1ce3, 0x1ce4, 0x1ce5, 0x1ce6, 0x1ce7, 0x1ce8, 0x1cf2, 0x1cf3, 0xa881, 0xa983,
	0xaaf5, 0x10a0f, 0x11002, 0x11082, 0x11102, 0x11182, 0x11303, 0x11445, 0x114c1, 0x115be, 0x1163e, 0x116ac, 0x11838,
	0x119df, 0x11a39, 0x11a97, 0x11c3e, 0x11d41, 0x11d96, 0x11f03,
)

// commas are phonetic letters that stand low, such as a comma.
var commas = rangetable.New(0x02cc, 0x02ce, 0x02cf)
