package a2a

import (
	"cmp"
	"encoding/json"
	"strings"

	wire "github.com/a2aproject/a2a-go/v2/a2a"
)

// file is what a raw part brings.
type file struct {
	name string
	data []byte
}

// content is what the parts of a message say: texts and, as JSON, data, and a file.
type content struct {
	text string
	file *file // nil: none
}

// isBlank reports whether nothing is said: the agent only listens.
func (c content) isBlank() bool { return c.text == "" && c.file == nil }

const noText = "The message has no text. Nothing was said: give it a part with text."

// contentOf returns what parts say. The error is one of A2A.
func contentOf(parts wire.ContentParts) (got content, err error) {
	// Each part is a text or the one file: nothing that a client sends is left out in silence.
	var texts []string
	for _, p := range parts {
		if p == nil {
			continue
		}
		switch c := p.Content.(type) {
		case wire.Text:
			texts = append(texts, string(c))
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
			got.file = &file{cmp.Or(p.Filename, "file"+ending(p.MediaType)), c}
		case wire.URL:
			return got, wire.NewError(wire.ErrUnsupportedContentType, "This server fetches nothing, so it takes no "+
				"url parts. Nothing was said: send the file itself in a raw part, or the address in a text part.")
		default:
			return got, wire.NewError(wire.ErrUnsupportedContentType, "This room takes text, data and raw parts. "+
				"Nothing was said: say it in one of those.")
		}
	}

	// A message of blanks only listens, and one without parts is a mistake.
	got.text = strings.Join(texts, "\n\n")
	if strings.TrimSpace(got.text) == "" {
		got.text = ""
	}
	if len(parts) == 0 {
		return got, wire.NewError(wire.ErrInvalidParams, noText)
	}
	return got, nil
}

// ending returns how the name of a file ends that has a media type and no name.
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
