package ident

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Skeleton is what a name looks like to a reader: two names with like skeletons can be taken for each other.
//
// The base is the skeleton of Unicode's UTS #39, in which the prototype of all similar letters replaces each letter.
// The skeleton is taken before case is folded: "BiII" and "Bill" are alike only as written. Signs are as spaces: "Ann s
// Claude" is like "Ann's Claude".
type Skeleton struct {
	words    string // the name with one space in the place of signs
	skeleton string // of words, folded
	whole    string // the skeleton of the name with its signs, folded
	exotic   bool   // the name has a letter beyond ASCII
}

// SkeletonOf returns the skeleton of a name as shown.
func SkeletonOf(shown string) Skeleton {
	w := words(shown)
	return Skeleton{w, fold(skeleton(w)), fold(skeleton(shown)), !IsASCII(shown)}
}

// loose returns the skeleton with one letter for all letters that look alike in some case.
func (l Skeleton) loose() string { return inSomeCase.Replace(l.skeleton) }

// capital returns the folded skeleton of the name in capitals.
func (l Skeleton) capital() string { return fold(skeleton(strings.ToUpper(l.words))) }

// Like reports whether two skeletons are alike. If a name has a letter beyond ASCII, its case hides nothing: "SАM" with
// a Cyrillic А is drawn like SAM, a spelling of Sam, but the prototype of a small m is rn.
func (l Skeleton) Like(m Skeleton) bool {
	return l.skeleton == m.skeleton || l.whole == m.whole ||
		(l.exotic || m.exotic) && (l.loose() == m.loose() || l.capital() == m.capital())
}

// inSomeCase merges letters of folded skeletons that look alike in one case. The prototypes of some letters are small
// capitals; the prototype of м is a turned w.
var inSomeCase = strings.NewReplacer(
	"i", "l", "rn", "m",
	"ᴀ", "a", "ʙ", "b", "ᴅ", "d", "ᴇ", "e", "ɢ", "g", "ʜ", "h", "ᴊ", "j", "к", "k", "ʟ", "l", "ʍ", "m", "ᴘ", "p", "ʀ",
	"r", "ᴛ", "t",
)

// Respelled reduces a name to the part that hardly any respelling changes: the loose skeleton without spaces and signs,
// and without digits that stand for letters. Bans are stored with the result, so stored bans keep their meaning if
// Respelled changes.
func Respelled(shown string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.M, unicode.Nd) {
			return r
		}
		return -1
	}, digitsForLetters.Replace(inSomeCase.Replace(fold(skeleton(shown)))))
}

var digitsForLetters = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s")

// skeleton is the algorithm of UTS #39, section 4, without its treatment of mixed directions. A name contains no
// characters that the algorithm would ignore.
func skeleton(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if prototype, found := prototypes()[r]; found {
			b.WriteString(prototype)
		} else {
			b.WriteRune(r)
		}
	}
	return norm.NFD.String(b.String())
}

// words returns the words of a shown name, with one space between them. Spaces and signs part words, except signs that
// look like letters. Letters never part words, even letters that look like signs.
func words(shown string) string {
	return strings.Join(strings.FieldsFunc(shown, func(r rune) bool {
		return !isOfWord(r) && !strings.ContainsFunc(prototypes()[r], isOfWord)
	}), " ")
}

// isOfWord reports whether r is a letter, a mark or a number. Modifier letters are excluded: most look like an
// apostrophe.
func isOfWord(r rune) bool {
	return unicode.In(r, unicode.L, unicode.M, unicode.N) && !unicode.Is(unicode.Lm, r)
}

func fold(s string) string {
	if IsASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFD.String(cases.Fold().String(s))
}

//go:embed confusables.txt
var confusables string

// prototypes returns the prototype of each letter that is not its own prototype. The lines of confusables are "letter
// prototype"; see scripts/confusables.
var prototypes = sync.OnceValue(func() map[rune]string {
	all := map[rune]string{}
	for line := range strings.Lines(confusables) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		r, size := utf8.DecodeRuneInString(line)
		all[r] = strings.TrimSuffix(line[size+len(" "):], "\n")
	}
	return all
})

// IsASCII reports whether a text has ASCII alone.
func IsASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}
