package sanitize

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestEscape_whatReadersNeed_stays(t *testing.T) {
	for _, text := range []string{
		"", "plain\ttext\n", "ü 日本 Ελλάδα", "e\u0301 \u0323",
		"👩\u200d👧", "👨\u200d👩\u200d👧\u200d👦", "👩🏽\u200d💻", "❤\ufe0f\u200d🔥", "🏳\ufe0f\u200d🌈", "1\ufe0f⃣ #\ufe0f⃣",
		"☎\ufe0e ☎\ufe0f", "ℹ\ufe0f ↔\ufe0f ‼\ufe0f 〰\ufe0f ©\ufe0f", "🇩🇪",
		"می\u200cخواهم", "क्\u200cष क्\u200dष", "ന്\u200d ", "ශ්\u200dරී", "ᠮᠣᠩᠭᠤᠯ ᠪᠠᠭ\u180bᠰᠢ", "\u0600\u0661\u0662",
	} {
		if got := Escape(text, "\t\n"); got != text {
			t.Errorf("%+q is shown as %+q", text, got)
		}
	}
}

func TestEscape_whatHides_isSeen(t *testing.T) {
	for text, want := range map[string]string{
		"a\u200bb\ufeffc\u2060d\u00ade\u3164":   `a\u200bb\ufeffc\u2060d\xade\u3164`,
		"\u202egnp.exe\u2066\u2069\u200e\u061c": `\u202egnp.exe\u2066\u2069\u200e\u061c`,
		"tags \U000e0049\U000e0067 \U000e0001":  `tags \U000e0049\U000e0067 \U000e0001`,
		// three flags have this form, and anything else can
		"🏴\U000e0067\U000e007f":                   `🏴\U000e0067\U000e007f`,
		"😀\ufe0f\ufe0e\ufe00\U000e0100":           "😀\ufe0f" + `\ufe0e\ufe00\U000e0100`,
		"a\ufe0f b\u200dc \u200c日\u200d本":         `a\ufe0f b\u200dc \u200c日\u200d本`,
		"👩\u200d\u200c\u200d👧":                    "👩\u200d" + `\u200c\u200d👧`,
		"葛\U000e0100":                             `葛\U000e0100`,
		"\ue000\U000f0000\U0010ffff\uffff\u2028":  `\ue000\U000f0000\U0010ffff\uffff\u2028`,
		"\x1b[2J \u009b\u0085\x00\x7f":            `\x1b[2J \x9b\x85\x00\x7f`,
		"raw \xff\xf3\xa0\x81":                    "raw \ufffd\ufffd\ufffd\ufffd",
		"m\u180b \u115f\u1160\u17b4\U000e0fff":    `m\u180b \u115f\u1160\u17b4\U000e0fff`,
		"\U0001d173\u2064\ufff9\U00013430\u180e.": `\U0001d173\u2064\ufff9\U00013430\u180e.`,
	} {
		if got := Escape(text, ""); got != want {
			t.Errorf("%+q is shown as %+q, want %+q", text, got, want)
		}
	}
}

// pieces are the parts of drawn texts: joiners, marks and selectors, hidden characters, and others.
var pieces = []rune("aé1#\n 日مخकᠮ👩❤🏳🏽🇩🇪🏴" +
	"\u0301\u094d\u20e3\u200b\u200c\u200d\ufe0e\ufe0f\u180b\u202e\u2028\ufeff\U000e0041\U000e007f")

func TestEscapeAfter_partsOfAnyCut_makeTheEscapedWhole(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(r, "text"))
		parts := ""
		for from := 0; from < len(text); {
			n := Seam(text[from:], firstRunes(text[from:], rapid.IntRange(1, 9).Draw(r, "part")))
			if n <= 0 {
				r.Fatalf("a part of no bytes of %+q", text[from:])
			}
			parts += EscapeAfter(text[:from], text[from:from+n], "\n\u2028")
			from += n
		}
		if whole := Escape(text, "\n\u2028"); parts != whole {
			r.Fatalf("%+q: the parts make %+q, the whole is %+q", text, parts, whole)
		}
	})
}

// firstRunes returns how many bytes the first n characters have.
func firstRunes(text string, n int) (bytes int) {
	for range n {
		_, size := utf8.DecodeRuneInString(text[bytes:])
		bytes += size
	}
	return bytes
}

// A cluster of 20 KiB is cut somewhere, and each cut makes parts that are shown as the whole.
func TestEscapeAfter_clusterOf20KiB_isCutAnywhere(t *testing.T) {
	for _, unit := range []string{"👩\u200d", "❤\ufe0f\u200d", "\u200d", "a\u200d\u200d", "\u0301", "\u094d\u200c",
		"\ufe0f", "ᠮ\u180b"} {
		text := "x" + strings.Repeat(unit, 20<<10/len(unit))
		whole := Escape(text, "")
		for cut := range text {
			if cut > 100 && cut < len(text)-100 && cut%997 > 12 {
				continue
			}
			if parts := EscapeAfter("", text[:cut], "") + EscapeAfter(text[:cut], text[cut:], ""); parts != whole {
				t.Fatalf("%+q, cut at %d: %+q", unit, cut, parts[:200])
			}
		}
	}
}

func TestSeam_tearsNothingFromWhatItBelongsTo(t *testing.T) {
	far := strings.Repeat("\u0301", 40)
	for _, c := range []struct {
		text string
		n    int
		want string // before the cut
	}{
		{"abcdef", 3, "abc"},
		{"abc", 3, "abc"},
		{"ab e\u0301f", 4, "ab "},
		{"ab \u0645\u200c\u062e", 5, "ab "},
		{"ab \u0645\u200c\u062e", 8, "ab "},
		{"ab \u2764\ufe0f\u200d\U0001f525", 9, "ab "},
		{"ab \u2764\ufe0f\u200d\U0001f525", 12, "ab "},
		{"ab \u0915\u094d\u0937", 6, "ab "},
		{"ab e" + far + "f", 4 + 30, "ab "},
		{"e" + far + "f", 1 + 30, "e" + far[:30]},       // the text has no better place
		{"ab e" + far + "f", 4 + 70, "ab e" + far[:70]}, // here the better place is too far
	} {
		if got := c.text[:Seam(c.text, c.n)]; got != c.want {
			t.Errorf("%+q at %d is cut behind %+q, want %+q", c.text, c.n, got, c.want)
		}
	}
}

// clusters are texts that a reader sees as one character each.
var clusters = []string{"a", "日", "\n", "e\u0301", "क\u094d", "ی\u200cخ", "ᠮ\u180b", "1\ufe0f\u20e3",
	"❤\ufe0f\u200d🔥", "👩🏽\u200d💻", "🏳\ufe0f\u200d🌈", "🇩🇪", "🇫🇷",
	"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"}

func TestSeam_inAnyText_tearsNoCluster(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text, ends := "x", map[int]bool{1: true}
		for _, c := range rapid.SliceOfN(rapid.SampledFrom(clusters), 0, 40).Draw(r, "clusters") {
			text += c
			ends[len(text)] = true
		}
		n := firstRunes(text, rapid.IntRange(1, utf8.RuneCountInString(text)).Draw(r, "characters"))
		if at := Seam(text, n); !ends[at] || at > n {
			r.Fatalf("%+q at %d is cut before %+q", text, n, text[at:])
		}
	})
}

// FuzzEscape checks the promises for a text: a hidden character is gone or allowed or alone after a visible character,
// the rest is unchanged, and EscapedLen suffices.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"plain", "👩\u200d👧 ❤\ufe0f", "a\u200b\u200d\u200d", "می\u200cخواهم", "\xff\U000e0041",
		"\u180b\u180b", "1\ufe0f\u20e3\ufe0f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Escape(text, "\n")
		most := 0
		for _, r := range text {
			most += EscapedLen(r)
		}
		if len(got) > most || !utf8.ValidString(got) || Escape(got, "\n") != got {
			t.Fatalf("%+q is shown as %+q of at most %d bytes", text, got, most)
		}
		before := rune(-1)
		for _, r := range got {
			if IsHidden(r) && r != '\n' {
				if !unicode.In(r, unicode.Join_Control, unicode.Variation_Selector) && r != '\u180e' {
					t.Fatalf("%+q holds %U", got, r)
				}
				if before < 0 || IsHidden(before) && before != emojiSelector {
					t.Fatalf("%+q holds %U after %U", got, r, before)
				}
			}
			before = r
		}
		if utf8.ValidString(text) && !strings.ContainsFunc(text, IsHidden) && got != text {
			t.Fatalf("%+q hides nothing, and is shown as %+q", text, got)
		}
	})
}

func BenchmarkEscape(b *testing.B) {
	for name, text := range map[string]string{
		"ASCII": strings.Repeat("plain text ", 3000), "Chinese": strings.Repeat("日本", 5000),
		"emoji": strings.Repeat("❤\ufe0f ", 4000), "tags": strings.Repeat("\U000e0041", 8000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Escape(text, "")
			}
		})
	}
}
