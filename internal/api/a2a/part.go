package a2a

import (
	"cmp"
	"encoding/json"
	"strings"

	wire "github.com/a2aproject/a2a-go/v2/a2a"

	"github.com/parley-chat/parley/internal/base/sanitize"
)

// file is the file of a raw part.
type file struct {
	name string
	data []byte
}

// content is the content of the parts of a message: texts, data as JSON, and a file.
type content struct {
	text string
	file *file // nil: none
}

// isBlank reports whether the message says nothing: its agent only listens.
func (c content) isBlank() bool { return c.text == "" && c.file == nil }

const noText = "The message has no text. Nothing was said: give it a part with text."

// contentOf returns the content of parts. The error is an error of A2A.
func contentOf(parts wire.ContentParts) (got content, err error) {
	// Each part is a text or the one file: contentOf leaves nothing out in silence.
	var texts []string
	for _, p := range parts {
		if p == nil {
			continue
		}
		switch c := p.Content.(type) {
		case wire.Text:
			texts = append(texts, strings.TrimPrefix(string(c), sanitize.ByteOrderMark))
		case wire.Data:
			data, err := json.Marshal(c.Value)
			if err != nil {
				return got, wire.NewError(wire.ErrInvalidParams, "A data part is not JSON. Nothing was said.")
			}
			texts = append(texts, string(data))
		case wire.Raw:
			if got.file != nil {
				return got, wire.NewError(wire.ErrUnsupportedContentType, "A message carries one file at most, and "+
					"this one has several raw parts. Nothing was said: send a message for each.")
			}
			if len(c) == 0 {
				return got, wire.NewError(wire.ErrInvalidParams, "The raw part is empty. Nothing was said.")
			}
			name := strings.TrimPrefix(p.Filename, sanitize.ByteOrderMark)
			got.file = &file{cmp.Or(name, "file"+ending(p.MediaType)), c}
		case wire.URL:
			return got, wire.NewError(wire.ErrUnsupportedContentType, "This server fetches nothing, so it takes no "+
				"url parts. Nothing was said: send the file itself in a raw part, or the address in a text part.")
		default:
			return got, wire.NewError(wire.ErrUnsupportedContentType, "This room takes text, data and raw parts. "+
				"Nothing was said: say it in one of those.")
		}
	}

	// An agent with a message of blanks only listens; a message without parts is a mistake.
	got.text = strings.Join(texts, "\n\n")
	if strings.TrimSpace(got.text) == "" {
		got.text = ""
	}
	if len(parts) == 0 {
		return got, wire.NewError(wire.ErrInvalidParams, noText)
	}
	return got, nil
}

// ending returns the ending of the name of a file that has a media type and no name.
func ending(mediaType string) string {
	kind, _, _ := strings.Cut(strings.ToLower(mediaType), ";")
	switch strings.TrimSpace(kind) {
	case "text/plain":
		return ".txt"
	case "text/markdown":
		return ".md"
	case "text/csv":
		return ".csv"
	case "text/html":
		return ".html"
	case "application/json":
		return ".json"
	case "application/pdf":
		return ".pdf"
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	}
	return ".bin"
}
