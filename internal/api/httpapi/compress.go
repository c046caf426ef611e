package httpapi

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// compressAbove is the size in bytes above which an answer is compressed: a smaller one fits into one packet as it is.
const compressAbove = 1 << 10

// mayCompress reports whether an answer with this header may be compressed: the answer is JSON, and its maker has
// called [mcp.AllowCompression]. A sign of life sends the header before, so what follows stays plain.
func mayCompress(h http.Header) bool {
	return h.Get("Content-Type") == jsonType && slices.Contains(h["Vary"], "Accept-Encoding")
}

// sendHeld sends the answer that ex holds, compressed if the client asks for gzip.
func (s *server) sendHeld(ex *exchange, r *http.Request) {
	text := ex.held.Bytes()
	ex.held = nil
	if len(text) > compressAbove && asksForGzip(r.Header) {
		text = s.zippers.compress(text)
		ex.Header().Set("Content-Encoding", "gzip")
	}
	ex.setWriteDeadline()
	ex.ResponseWriter.WriteHeader(ex.status)
	_, _ = ex.Write(text) // fails only if the client has left
}

// asksForGzip reports whether a client wants gzip no less than the plain text (RFC 9110, section 12.5.3). A client
// without the header takes any coding, but may have no program for it.
func asksForGzip(header http.Header) bool {
	weights := map[string]float64{}
	for part := range strings.SplitSeq(strings.Join(header.Values("Accept-Encoding"), ","), ",") {
		coding, params, err := mediaType(part)
		if err == nil {
			weights[strings.TrimPrefix(coding, "x-")] = weightOf(params)
		}
	}
	weight, named := weights["gzip"]
	if !named {
		weight = weights["*"]
	}
	return weight > 0 && weight >= weights["identity"]
}

// compressLevel is the level of gzip. The default takes twice the time for 7 percent fewer bytes of the list of tools,
// and at the fastest level a compressor takes half as much memory again.
const compressLevel = 3

// zippers compress answers. A compressor holds 800 KB, so at most four are at work, and none waits for a client: each
// writes into memory.
type zippers struct {
	places chan struct{} // an element for each at work
	idle   *sync.Pool    // of *gzip.Writer
}

func newZippers() zippers {
	return zippers{make(chan struct{}, min(4, runtime.GOMAXPROCS(0))), &sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, compressLevel) // the level exists
		return w
	}}}
}

func (z zippers) compress(text []byte) []byte {
	z.places <- struct{}{}
	defer func() { <-z.places }()
	w := z.idle.Get().(*gzip.Writer)
	defer z.idle.Put(w)
	var to bytes.Buffer
	w.Reset(&to)
	_, _ = w.Write(text) // a Buffer takes all
	_ = w.Close()
	return to.Bytes()
}
