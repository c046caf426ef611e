package sanitize

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
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
		// three flags are written so, and anything else can be
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

// FuzzEscape holds a text to what is promised: what is hidden is gone or allowed or one
// character after a visible one, the rest is as it was, and Len is enough.
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
