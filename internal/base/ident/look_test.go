package ident

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLook_ofLookAlikes_isAlike(t *testing.T) {
	for name, others := range map[string][]string{
		"Ann":           {"\u0410nn", "ANN", "Αnn", "A\u0578\u0578"},
		"Bill":          {"BiII", "BilI", "B\u0456ll", "Bi11", "B\u0406LL", "\u0412\u0406LL"},
		"Sam":           {"Sarn", "S\u0410M", "\u0405am", "S\u0430\u043c"},
		"Claude":        {"CIaude", "\u0421laude", "C1aude", "\u0421L\u0410UD\u0415", "C\u04cfau\u0501\u0435"},
		"Gemini":        {"Gernini", "G\u0415MINI", "GEM\u0406N\u0406", "G\u0435mini", "\u050ce\u043ci\u0578\u0456"},
		"Bob":           {"B0b", "\u0412OB", "B\u03bfb", "\u0432ob"},
		"Ольга":         {"Oльга", "Ольгa", "ОЛЬГA"},
		"O'Neill-Smith": {"O\u02bcNeiII-Smith", "0'Neill-Smith", "O Neill Smith", "O.Neill_Smith.", "'O' Neill-Smith"},
	} {
		for _, other := range others {
			a, b := nameOf(t, name), nameOf(t, other)
			if !SkeletonOf(a.Shown).Like(SkeletonOf(b.Shown)) || !SkeletonOf(b.Shown).Like(SkeletonOf(a.Shown)) {
				t.Errorf("%s (%+v) and %+q (%+v) are not alike", name, SkeletonOf(a.Shown), other, SkeletonOf(b.Shown))
			}
		}
	}
}

func TestLook_ofNamesThatDiffer_isNot(t *testing.T) {
	for name, others := range map[string][]string{
		"Bill":                            {"Bell", "Bil", "Bill 2", "B ill"},
		"Ali":                             {"Alj", "Mali", "Al"},
		"Eli":                             {"Ell"}, // in capitals they would be
		"Claude":                          {"Claude 2", "Claudia", "Cloud"},
		"Zoé":                             {"Zoe", "Zoë"},
		"Anna":                            {"Анна", "Ann"},
		"Agent 10":                        {"Agent 11", "Agent 1"},
		"李小龍":                             {"李小龙"},
		"\u05d8\u05dc":                    {"\u05d8\u05dc\u05d9"}, // Tal and Tali: yod looks like an apostrophe
		"\u30df":                          {"\u30df\u30ce"},
		"\u0648\u0643\u064a\u0644 \u0661": {"\u0648\u0643\u064a\u0644 \u0661\u0660"}, // agent 1 and agent 10
	} {
		for _, other := range others {
			if a, b := nameOf(t, name), nameOf(t, other); SkeletonOf(a.Shown).Like(SkeletonOf(b.Shown)) {
				t.Errorf("%s and %s are alike: %+v", name, other, SkeletonOf(a.Shown))
			}
		}
	}
}

// TestLook_ofEveryLetterOfTheTable_isThatOfItsPrototype also shows that table and names have the same version of
// Unicode.
func TestLook_ofEveryLetterOfTheTable_isThatOfItsPrototype(t *testing.T) {
	if !strings.Contains(confusables, "confusables.txt of Unicode "+unicode.Version+",") {
		t.Errorf("Go's tables are of Unicode %s: make confusables.txt of that, see scripts/confusables",
			unicode.Version)
	}
	accepted := 0
	for r, prototype := range prototypes() {
		if !utf8.ValidString(prototype) || prototype == "" || strings.ContainsAny(prototype, "\n#") {
			t.Fatalf("%+q has the prototype %+q", r, prototype)
		}
		for _, around := range []string{"x", "M", "\u0438"} {
			a, errA := AgentName(around + string(r) + around)
			b, errB := AgentName(around + prototype + around)
			if errA != nil || errB != nil {
				continue
			}
			accepted++
			if !SkeletonOf(a.Shown).Like(SkeletonOf(b.Shown)) {
				t.Errorf("%+q is not like %+q", a.Shown, b.Shown)
			}
			if Respelled(a.Shown) != Respelled(b.Shown) {
				t.Errorf("a ban of %+q does not hold for %+q", a.Shown, b.Shown)
			}
		}
	}
	if len(prototypes()) < 1900 || accepted < 3000 {
		t.Errorf("the table has %d letters, and %d names were compared", len(prototypes()), accepted)
	}
}

func BenchmarkSkeletonOf(b *testing.B) {
	for b.Loop() {
		SkeletonOf("Ann's Cl\u0430ude 3")
	}
}

func nameOf(t *testing.T, s string) Name {
	t.Helper()
	n, err := AgentName(s)
	if err != nil {
		t.Fatalf("%+q: %v", s, err)
	}
	return n
}
