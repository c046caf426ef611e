package picture

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Head is how many bytes of a file TypeOf reads.
const Head = 4096

// The types of a text, and of a file of unknown type.
const (
	Text    = "text/plain"
	Unknown = "application/octet-stream"
)

// kind is a type of file that the server tells apart.
type kind struct {
	media  string
	ending string // of a saved file
	at     int    // where magic stands
	magic  string // the bytes with which such a file begins; ? stands for any byte
}

// kinds lists the types. No browser or desktop runs a file of these types.
var kinds = []kind{
	{"image/png", ".png", 0, "\x89PNG\r\n\x1a\n"},
	{"image/jpeg", ".jpg", 0, "\xff\xd8\xff"},
	{"image/gif", ".gif", 0, "GIF87a"},
	{"image/gif", ".gif", 0, "GIF89a"},
	{"image/webp", ".webp", 0, "RIFF????WEBP"},
	{"application/pdf", ".pdf", 0, "%PDF-"},
	{"application/zip", ".zip", 0, "PK\x03\x04"},
	{"application/zip", ".zip", 0, "PK\x05\x06"}, // empty
	{"application/gzip", ".gz", 0, "\x1f\x8b\x08"},
	{"application/x-bzip2", ".bz2", 0, "BZh?1AY&SY"},
	{"application/x-xz", ".xz", 0, "\xfd7zXZ\x00"},
	{"application/zstd", ".zst", 0, "\x28\xb5\x2f\xfd"},
	{"application/x-7z-compressed", ".7z", 0, "7z\xbc\xaf\x27\x1c"},
	{"application/x-tar", ".tar", 257, "ustar"},
	{"application/vnd.sqlite3", ".sqlite", 0, "SQLite format 3\x00"},
	{"application/vnd.apache.parquet", ".parquet", 0, "PAR1"},
	{"audio/mpeg", ".mp3", 0, "ID3"},
	{"audio/wav", ".wav", 0, "RIFF????WAVE"},
	{"audio/ogg", ".ogg", 0, "OggS"},
	{"audio/flac", ".flac", 0, "fLaC"},
	{"video/mp4", ".mp4", 4, "ftyp"},
	{"video/webm", ".webm", 0, "\x1a\x45\xdf\xa3"},
}

// archives lists the types that are zip archives. The name tells the type of a zip; a zip with a false name is still a
// zip.
var archives = []kind{
	{media: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ending: ".docx"},
	{media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ending: ".xlsx"},
	{media: "application/vnd.openxmlformats-officedocument.presentationml.presentation", ending: ".pptx"},
	{media: "application/vnd.oasis.opendocument.text", ending: ".odt"},
	{media: "application/vnd.oasis.opendocument.spreadsheet", ending: ".ods"},
	{media: "application/vnd.oasis.opendocument.presentation", ending: ".odp"},
	{media: "application/epub+zip", ending: ".epub"},
}

// TypeOf returns the media type of a file, from a fixed list: by the first bytes (head holds Head bytes, or all), and
// by the name only among kinds of zip archives. Every text is Text, whatever the text means to a browser or a shell:
// HTML, SVG, scripts.
func TypeOf(name string, head []byte) string {
	head = head[:min(len(head), Head)]
	if isText(head) && !bytes.HasPrefix(head, []byte("%PDF-")) {
		return Text
	}
	for _, k := range kinds {
		if !k.begins(head) {
			continue
		}
		if k.media == "application/zip" {
			return archive(name)
		}
		return k.media
	}
	return Unknown
}

// begins reports whether a file that begins with head is of the kind.
func (k kind) begins(head []byte) bool {
	if len(head) < k.at+len(k.magic) {
		return false
	}
	for i := range len(k.magic) {
		if k.magic[i] != '?' && k.magic[i] != head[k.at+i] {
			return false
		}
	}
	return true
}

// archive returns the type of a zip archive with a name.
func archive(name string) string {
	ending := strings.ToLower(path.Ext(name))
	for _, k := range archives {
		if k.ending == ending {
			return k.media
		}
	}
	return "application/zip"
}

// isText reports whether a file begins as UTF-8 text without control characters, apart from white space and the escape
// character of terminal colors. The last character may be cut.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		switch {
		case r == utf8.RuneError && n == 1:
			return !utf8.FullRune(head)
		case r < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", r), r == '\x7f':
			return false
		}
		head = head[n:]
	}
	return true
}

// IsText reports whether a file of a type is shown as text.
func IsText(media string) bool { return media == Text }

// textEndings lists the endings that a saved text may keep. Nothing runs a file with such an ending.
var textEndings = []string{".json", ".jsonl", ".yaml", ".yml", ".toml", ".csv", ".tsv", ".md", ".log", ".sql", ".diff",
	".patch", ".proto"}

// Ending returns the ending for the name of a saved file of a type, such as ".png"; "" for Unknown and types outside
// the list. name, which an agent chose, counts only among kinds of texts.
func Ending(name, media string) string {
	if media == Text {
		ending := strings.ToLower(path.Ext(name))
		if slices.Contains(textEndings, ending) {
			return ending
		}
		return ".txt"
	}
	for _, list := range [][]kind{kinds, archives} {
		for _, k := range list {
			if k.media == media {
				return k.ending
			}
		}
	}
	return ""
}
