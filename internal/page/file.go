package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// file is a text as it is served.
type file struct {
	kind   string // its media type
	plain  string
	zipped func() []byte // with gzip
}

func newFile(kind, text string) file {
	return file{kind, text, sync.OnceValue(func() []byte { return zip(text) })}
}

func zip(text string) []byte {
	var to bytes.Buffer
	w := gzip.NewWriter(&to)
	_, _ = io.WriteString(w, text) // a buffer takes everything
	_ = w.Close()
	return to.Bytes()
}

// serve answers with the text, as the client takes it.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Add("Vary", "Accept-Encoding")
	if !takesGzip(r.Header) {
		_, _ = io.WriteString(w, f.plain) // fails only if the client has left
		return
	}
	h.Set("Content-Encoding", "gzip")
	_, _ = w.Write(f.zipped()) // likewise
}

// takesGzip reports whether a client wants gzip (RFC 9110, section 12.5.3).
func takesGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		_, q, _ := strings.Cut(weight, "=")
		value, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return err != nil || value > 0
	}
	return false
}
