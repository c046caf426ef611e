package picture

import (
	"slices"
	"strings"
	"testing"
)

func TestTypeOf_looksAtTheBytes(t *testing.T) {
	tar := make([]byte, 512)
	copy(tar, "notes.txt")
	copy(tar[257:], "ustar\x0000")
	const sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	for _, c := range []struct{ name, head, want string }{
		{"a.txt", "plain", Text},
		{"empty", "", Text},
		{"colors.log", "\x1b[31mred\x1b[0m\r\n\tß", Text},
		{"bom.csv", "\ufeffa,b\n", Text},
		// A browser or a shell would run these.
		{"x.html", "<!DOCTYPE html><script>alert(1)</script>", Text},
		{"x.svg", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`, Text},
		{"x.png", "#!/bin/sh\nrm -rf ~\n", Text},
		{"x.gif", "GIF89a/*aaaa*/=1;alert(document.domain)//", Text},
		{"x.js", "PAR1=1;ID3=2", Text},
		{"utf16.html", "\xff\xfe<\x00s\x00c\x00r\x00i\x00p\x00t\x00>\x00", Unknown},
		{"x.exe", "MZ\x90\x00\x03", Unknown},
		{"x.txt", "\x7fELF\x02\x01\x01\x00", Unknown},
		{"latin1.txt", "caf\xe9 au lait", Unknown},
		{"x.html", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"},
		{"x.png", "\xff\xd8\xff\xe0\x00\x10JFIF\x00", "image/jpeg"},
		{"x", "GIF89a\x01\x00\x01\x00\x80\x00\x00", "image/gif"},
		{"x", "RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"},
		{"x", "RIFF\x24\x00\x00\x00WAVEfmt \x00", "audio/wav"},
		{"x", "RIFF\x24\x00\x00\x00AVI LIST", Unknown},
		{"x", "RIFF\x24\x00", Unknown}, // cut
		{"x.html", "%PDF-1.7\n1 0 obj", "application/pdf"},
		{"x", "PK\x03\x04\x14\x00", "application/zip"},
		{"x.docm", "PK\x03\x04\x14\x00", "application/zip"},
		{"Q3.XLSX", "PK\x03\x04\x14\x00", sheet},
		{"x.xlsx", "a,b\n1,2\n", Text},
		{"x.xlsx", "\x00\x01\x02", Unknown},
		{"x", "BZh91AY&SY\x00", "application/x-bzip2"},
		{"x", string(tar), "application/x-tar"},
		{"x", "\x00\x00\x00\x18ftypisom", "video/mp4"},
	} {
		if got := TypeOf(c.name, []byte(c.head)); got != c.want {
			t.Errorf("%s, %.40q: %s, want %s", c.name, c.head, got, c.want)
		}
	}
}

func TestTypeOf_headThatEndsWithinACharacter_isText(t *testing.T) {
	text := strings.Repeat("x", Head-2) + "€ and \x00 more"
	for _, head := range []string{text, text[:Head], text[:Head-1]} {
		if got := TypeOf("x", []byte(head)); got != Text {
			t.Errorf("%d bytes: %s", len(head), got)
		}
	}
	if got := TypeOf("x", []byte("x\xe2\x82x")); got != Unknown {
		t.Errorf("half a character in the middle: %s", got)
	}
}

func TestEnding_isOneThatNothingRuns(t *testing.T) {
	fixed := []string{"", ".7z", ".bz2", ".docx", ".epub", ".flac", ".gif", ".gz", ".jpg", ".mp3", ".mp4", ".odp",
		".ods", ".odt", ".ogg", ".parquet", ".pdf", ".png", ".pptx", ".sqlite", ".tar", ".txt", ".wav", ".webm",
		".webp", ".xlsx", ".xz", ".zip", ".zst"}
	var got []string
	all := slices.Concat(kinds, archives, []kind{{media: Text, ending: ".txt"}, {media: Unknown}})
	for _, k := range all {
		if got := Ending("x.sh", k.media); got != k.ending {
			t.Errorf("%s is saved as %s", k.media, got)
		}
		got = append(got, k.ending)
	}
	slices.Sort(got)
	got = slices.Compact(got)
	if !slices.Equal(got, fixed) {
		t.Errorf("the endings are %q, want %q", got, fixed)
	}
	for _, media := range []string{"text/html", "image/svg+xml", "application/x-sh", `image/png; x=".sh"`, ""} {
		if got := Ending("x.json", media); got != "" || IsText(media) {
			t.Errorf("%s has the ending %q", media, got)
		}
	}
	for name, want := range map[string]string{"a.json": ".json", "rows.JSONL": ".jsonl", "a.yaml": ".yaml",
		"a.yml": ".yml", "a.toml": ".toml", "a.b.csv": ".csv", "a.tsv": ".tsv",
		"README.md": ".md", "a.log": ".log", "a.sql": ".sql",
		"a.diff": ".diff", "a.patch": ".patch", "a.proto": ".proto",
		".json": ".json", "a.html": ".txt", "a.sh": ".txt",
		"a.json.sh": ".txt", "a.svg": ".txt", "json": ".txt", "a.json ": ".txt", "a.txt": ".txt", "": ".txt",
		"a.png": ".txt", "a.js": ".txt", "a.json/": ".txt"} {
		if got := Ending(name, Text); got != want {
			t.Errorf("the text %q is saved as %s, want %s", name, got, want)
		}
	}
	if !IsText(Text) || IsText(Unknown) {
		t.Error("text is not told from the rest")
	}
}
