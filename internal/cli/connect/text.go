package connect

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
)

// insertion is an inserted piece of a file.
type insertion struct {
	At   int    `json:"at"` // the offset, in bytes
	Text string `json:"text"`
}

// inserted returns text with the pieces. Each piece's offset counts the pieces before it.
func inserted(text []byte, pieces []insertion) []byte {
	for _, p := range pieces {
		text = slices.Insert(slices.Clone(text), p.At, []byte(p.Text)...)
	}
	return text
}

var errMoved = errors.New("the text has moved")

// cut takes the pieces out again.
func cut(text []byte, pieces []insertion) ([]byte, error) {
	for _, p := range slices.Backward(pieces) {
		end := p.At + len(p.Text)
		if end > len(text) || string(text[p.At:end]) != p.Text {
			return nil, errMoved
		}
		text = slices.Delete(slices.Clone(text), p.At, end)
	}
	return text, nil
}

// sum identifies the content of a file.
func sum(text []byte) string {
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:])
}

// newline returns the line ending of the text.
func newline(text []byte) string {
	if at := slices.Index(text, '\n'); at > 0 && text[at-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
