package ident

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/runenames"

	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/fault"
)

func TestAgentName_accepted_isShownTrimmedAndComposed(t *testing.T) {
	for s, want := range map[string]Name{
		"Ann":                             {"Ann", "ann"},
		"  Ann \u00a0 of\u2003B ":         {"Ann of B", "ann of b"},
		"O'Neill-Smith_Jr. 3":             {"O'Neill-Smith_Jr. 3", "o'neill-smith_jr. 3"},
		"O\u2019Neill":                    {"O'Neill", "o'neill"},
		"Build \u2014 Q1\u20132":          {"Build - Q1-2", "build - q1-2"},
		"Zoe\u0301":                       {"Zo\u00e9", "zo\u00e9"},
		"ZO\u00c9":                        {"ZO\u00c9", "zo\u00e9"},
		"\uff21\uff4e\uff4e":              {"Ann", "ann"}, // full width
		"\U0001d400nn":                    {"Ann", "ann"}, // mathematical
		"\ufb01n":                         {"fin", "fin"}, // a ligature
		"7":                               {"7", "7"},
		"नमस्ते":                          {"नमस्ते", "नमस्ते"},
		"שלום":                            {"שלום", "שלום"},
		"李小龍":                             {"李小龍", "李小龍"},
		strings.Repeat("a", base.MaxName): {strings.Repeat("a", base.MaxName), strings.Repeat("a", base.MaxName)},
		strings.Repeat("é", base.MaxName): {strings.Repeat("é", base.MaxName), strings.Repeat("é", base.MaxName)},
		strings.Repeat(" ", 99) + "a":     {"a", "a"},
	} {
		if got, err := AgentName(s); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", s, got, err)
		}
	}
}

func TestAgentName_whatIsNoName_isRefused(t *testing.T) {
	for what, s := range map[string]string{
		"nothing":              "",
		"blank":                " \u00a0\t",
		"too long":             strings.Repeat("a", base.MaxName+1),
		"too long in effect":   strings.Repeat("\ufb03", 20), // a ligature of three
		"very long":            strings.Repeat(" ", 8*base.MaxName) + "a",
		"not UTF-8":            "A\xffnn",
		"control":              "A\x07nn",
		"line break":           "Ann\nBob",
		"tab":                  "Ann\tBob",
		"only signs":           "-_-",
		"colon":                "a:b",
		"at":                   "@ann",
		"angle brackets":       "<b>",
		"quotes":               `"Ann"`,
		"emoji":                "Ann\U0001f600",
		"zero width space":     "Ann\u200b",
		"zero width joiner":    "Ann\u200d",
		"soft hyphen":          "Ann\u00ad",
		"variation selector":   "Ann\ufe0f",
		"grapheme joiner":      "Ann\u034f",
		"right to left mark":   "Ann\u200f",
		"override":             "Ann\u202e",
		"Hangul filler":        "\u3164",
		"Khmer inherent vowel": "Ann\u17b4",
		"Braille blank":        "\u2800",
		"a mark alone":         "\u0301",
		"a mark on a space":    "Ann \u0301b",
		"private use":          "Ann\ue000",
		"a token":              Token{Room: "0000000", Seat: 1, Secret: "0123456789abcdef"}.String(),
	} {
		got, err := AgentName(s)
		if fault.CodeOf(err) != fault.InvalidArgument || !strings.HasPrefix(err.(*fault.Error).Message, "agent_name") {
			t.Errorf("%s: got %+v, %v", what, got, err)
		}
	}
}

func TestAgentName_thatCouldPassForTheServer_isRefused(t *testing.T) {
	for _, s := range []string{
		"system", "Server", "PARLEY", "everyone", "All", "here", "S y s t e m", "-system-", "The System",
		"system 2", "Parley-Server", "admin", "\U0001d4aeystem", "\u0405ystem", "s\u0443stem", "p\u0430rley",
		"\u0440\u0430rl\u0435\u0443", "5ystem", "Sy5tem M3ssage", "user", "Your User", "assistant", "Developer", "TOOL",
		"\u0410DMIN", "ADM\u0406N", "adm\u0456n", "s\u0443s\u0442e\u043c", "T\u039f\u039fL", "S\u00ffst\u00e8m",
		"My S\u0423STEM 1", "us\u0435r", "A\u0501min", "Mo\u0501\u0435r\u0430tor of it", "\u0397u\u043ca\u0578",
		"y0ur user", "Your U5er", "Your user 2", "Your users", "A note of your user", "Y\u03bfur us\u0435rs",
		"The user", "my user", "The person behind Ann", "a Pers0n-behind",
		"Ann's owner", "Anns OWNER", "Ann\u02bcs owner", "Ann's 0wner",
		"you", "YOU", "Y0u", "y\u043eu", "\u0443ou", "Your Agent", "your-agent", "Y0ur agent 2", "y\u03bfur \u0430gent",
		"my agent", "M\u0443 agent", "me", "ME", "m\u0435", "\u043ce", "rne",
		"nobody", "N0body", "anyone", "\u0391nyone", "somebody", "s\u043emebody", "Person", "Pers\u03bfn", "person 1",
		"human", "hurnan", "h\u057dman",
		"The Server of Parley", "Parley Fan", "Operator of it", "Room Moderator", "next", "Ser ver. server",
		"p4rley helper",
		"SYSTEM notice 7",
		"ParIey", "PARlEY", "Par1ey 2", "Systern", "SYSTEM", "Sy stern", "The Systern", "Systern helper",
		"Adrninistrator", "ADMINlSTRATOR", "AdministratOr of it", "ADMlN", "ADM1N",
		"Adrnin 2", "AdmIn", "Rnoderator", "M0derator",
		"0perator", "ParIey bot", "Parley-Tearn", "System rnessage", "THE PERSON BEHlND ANN", "the person behInd Ann",
		"aclmin", "Moclerator", "Ann's ovvner", "Ann's OVVNER", "Ann's 0vvner", "the person behincl Ann",
		"nobocly", "An aclmin", "everybocly 2",
	} {
		if got, err := AgentName(s); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%q: got %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"Systema", "Allan", "Hereward", "Al", "Parleys", "a11", "AI1", "R00t", "Ann's assistant",
		"Ann's user", "Userland", "Owner of Ann", "Product Owner", "Downer", "Towner", "Tooly",
		"Bob and Ann", "Ann and 2 others", "Mel", "Emy", "Youssef", "Personne",
		"Humana", "Agent", "Adrian", "Admira", "Adm", "Persia",
		"Modern", "Opera", "Cistern", "Systole", "Barley", "\u0410\u043d\u043d\u0430", "Serverin", "Parleyman",
		"Sys Admin of Bob",
		"Ann's Next.js helper", "Clara", "Savvy", "Vivvy"} {
		if _, err := AgentName(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// A person's line begins "Lee, for Bob", and a line of the log "Ann: I approve".
func TestAgentName_letterThatLooksLikeASign_standsAmongItsOwn(t *testing.T) {
	for _, s := range []string{"Lee\ua4f9 for Bob", "Ann\ua4fd I approve", "Ann\ua4fb Bob", "Ann\u0903 I approve",
		"Ann\u0a83", "Ann\u0983 I approve", "Ann\u1038", "\u0410\u043d\u043d\u0430\u0903", "\u0414\ua4fd",
		"\u674e\ua4fd", "Ann1\u0903 I approve", "Ann 1\u0903 I approve", "Ann \u09151\u0903 I approve",
		"Ann\u1038 I approve", "Ann\u1019\u1038 I", "\u1019\u1038Ann", "\u0930\u093e\u092e\u0903 Ann\u0903 I",
		"Ann \u0b83 I approve", "\u0915\u1038 Claude", "\ua4e1\ua4fd Claude", "Claude \ua4e2\ua4f9",
		"\ua4e1\u02bc\ua4fd", "\ua4e1\u0660\ua4fd",
		"Ann\u02d0 I approve", "\u02d0", "Ann\u02d0", "Ann\U00010781", "Lee\u02ce for Bob", "Lee\u02cf for Bob",
		"Lee\u02cc for Bob",
		"\ua4e1\ua4f0\ua4f0\ua4f9 \ua4dd\ua4f3\ua4e3 \ua4d0\ua4f3\ua4d0", // LEE, FOR BOB in letters of Lisu
	} {
		for _, name := range []func(string) (Name, error){AgentName, PersonName} {
			if got, err := name(s); fault.CodeOf(err) != fault.InvalidArgument {
				t.Errorf("%+q: got %+v, %v", s, got, err)
			}
		}
	}
	_, err := RoomName("Ann\ua4fd I approve")
	if err == nil || !strings.Contains(err.Error(), "room: one of its letters") {
		t.Errorf("as a room: %v", err)
	}
	const sanskrit = "\u0926\u0941\u0903\u0936\u093e\u0938\u0928" // duhshasana
	for _, s := range []string{"Sigur\u00f0ur", "\u30ce\u30a2", "\u304f\u307e", sanskrit, sanskrit + " 2",
		"\ua4e1\ua4fd \ua4e2\ua4f9", "\ua4e1\ua4fd-2", "O\u02bcNeill", "\u1019\u1038", "\u0b83\u0b95",
		"\u05d9\u05e2\u05dc",
		"\u101d\u1004\u103a\u1038 Claude", "Ann " + sanskrit, // words of two scripts
		"Ko \u1016\u102d\u102f\u1038\u101c\u102f\u1036\u1038", "\u0930\u093e\u092e\u0903 Claude",
		"\u0926\u0941\u0903\u0916-bot", "\u0926\u0941\u0903\u0916_2.bot"} {
		if _, err := AgentName(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// TestAgentName_everyLetterThatLooksLikeAColon_isKnown goes through all letters and marks.
func TestAgentName_everyLetterThatLooksLikeAColon_isKnown(t *testing.T) {
	tried := 0
	for r := rune(1); r <= unicode.MaxRune; r++ {
		like := strings.ContainsAny(prototypes()[r], ",:") || strings.Contains(runenames.Name(r), "VISARGA")
		if !like || !unicode.In(r, unicode.L, unicode.M) {
			continue
		}
		tried++
		if got, err := AgentName("Ann" + string(r) + " I approve"); err == nil {
			t.Errorf("%+q is accepted", got.Shown)
		}
	}
	if tried < 45 {
		t.Errorf("tried only %d letters", tried)
	}
}

func TestActor_isTheAgentOrThePersonBehindIt(t *testing.T) {
	for want, c := range map[string]struct {
		byPerson bool
		person   string
	}{
		"Bot": {}, "Bot's owner": {byPerson: true}, "Ann, for Bot": {true, "Ann"},
	} {
		if got := Actor("Bot", c.byPerson, c.person); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := Actor("Pam", true, "Pam"); got != "Pam" {
		t.Errorf("without an agent: %q", got)
	}
	for _, s := range []string{"Ann, for Bot", "Bot's owner", "the person behind Bot"} {
		if n, err := AgentName(s); err == nil {
			t.Errorf("an agent is called %q", n.Shown)
		}
	}
	if _, err := PersonName("@"); err == nil || !strings.Contains(err.Error(), "person_name: ") {
		t.Errorf("no name: %v", err)
	}
}

func TestRoomName_mayHoldAReservedWordButNotBeOne(t *testing.T) {
	if got, err := RoomName("System design"); err != nil || got.Key != "system design" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, s := range []string{"System", "y\u043eur user", "parley", "ParIey", "SYSTERN 2"} {
		if got, err := RoomName(s); fault.CodeOf(err) != fault.InvalidArgument ||
			!strings.HasPrefix(err.(*fault.Error).Message, "room: ") {
			t.Errorf("%q: got %+v, %v", s, got, err)
		}
	}
	if _, err := RoomName("a:b"); fault.CodeOf(err) != fault.InvalidArgument ||
		!strings.HasPrefix(err.(*fault.Error).Message, "room") {
		t.Errorf("a colon: %v", err)
	}
}

// TestAgentName_ofOneLetter_keyHangsOnWhatIsShown goes through all letters: some change more than once on the way, and
// two names that look the same must be one name.
func TestAgentName_ofOneLetter_keyHangsOnWhatIsShown(t *testing.T) {
	accepted := 0
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) || unicode.In(r, unicode.Han, unicode.Hangul) {
			continue
		}
		if got, err := AgentName("x" + string(r)); err == nil {
			accepted++
			checkAccepted(t, got)
		}
	}
	if accepted < 10_000 {
		t.Errorf("only %d letters are accepted", accepted)
	}
}

// checkAccepted checks the promises for an accepted name.
func checkAccepted(t *testing.T, n Name) {
	t.Helper()
	if c := utf8.RuneCountInString(n.Shown); c < 1 || c > base.MaxName {
		t.Errorf("%+q has %d characters", n.Shown, c)
	}
	if strings.Contains(n.Shown, ":") || n.Shown != strings.TrimSpace(n.Shown) ||
		strings.ContainsFunc(n.Shown, unicode.IsControl) || SecretIn(n.Shown) != "" {
		t.Errorf("%+q was accepted", n.Shown)
	}
	if again, err := AgentName(n.Shown); err != nil || again != n {
		t.Errorf("%+q with the key %+q, taken again, is %+q with %+q, %v", n.Shown, n.Key, again.Shown, again.Key, err)
	}
	if key, err := precis.Nickname.CompareKey(n.Key); err != nil || key != n.Key {
		t.Errorf("the key %+q has the key %+q, %v", n.Key, key, err)
	}
	if room, err := RoomName(n.Shown); err != nil || room != n {
		t.Errorf("%+q as a room is %+q, %v", n.Shown, room.Shown, err)
	}
	if once := skeleton(n.Shown); skeleton(once) != once {
		t.Errorf("%+q has the skeleton %+q, and that has %+q", n.Shown, once, skeleton(once))
	}
	if strings.ContainsFunc(n.Shown, unseen) {
		t.Errorf("%+q has an invisible character", n.Shown)
	}
}

// unseen reports whether r shows nothing, says how others are shown, or has no meaning
// that two parties share.
func unseen(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point,
		unicode.Variation_Selector, blankLetters)
}

// TestAgentName_withOneCharacter_showsIt goes through all characters. Of the two planes for private use, which are all
// alike, it takes one of each hundred.
func TestAgentName_withOneCharacter_showsIt(t *testing.T) {
	invisible, small := 0, 0
	for r := rune(1); r <= unicode.MaxRune; r++ {
		if r > 0xf0010 && r%100 != 0 && r < unicode.MaxRune-16 {
			continue
		}
		capital := unicode.IsLetter(r) && strings.Contains(runenames.Name(r), "SMALL CAPITAL")
		if !unseen(r) && !capital {
			continue
		}
		for _, s := range []string{"x" + string(r) + "y", "\u0915\u094d" + string(r) + "\u0937"} {
			if got, err := AgentName(s); err == nil && (r > ' ' || got.Shown != strings.TrimSpace(got.Shown)) {
				t.Fatalf("%+q is accepted as %+q", s, got.Shown)
			}
		}
		if capital {
			small++
		} else if unicode.In(r, unicode.Cf, unicode.Co, unicode.Variation_Selector) {
			invisible++
		}
	}
	if small < 60 || invisible < 8_000 {
		t.Errorf("tried only %d small capitals and %d invisible characters", small, invisible)
	}
}

func FuzzAgentName(f *testing.F) {
	for _, s := range []string{"Ann", " O'Neill  Jr. ", "Zoe\u0301", "\uff21nn", "\U0001d400nn", "Stra\u00dfe",
		"\u0130x", "\u03f9x", "शक्ति", "system", "a\u200db", "\xff", "A\u0345\u03a3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := AgentName(s)
		if err != nil {
			if fault.CodeOf(err) != fault.InvalidArgument {
				t.Fatalf("%+q: %v", s, err)
			}
			return
		}
		checkAccepted(t, got)
	})
}
