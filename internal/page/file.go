package page

import (
	"maps"
	"net/http"
)

// File is what is served at an address. All answers share its bytes.
type File struct {
	header http.Header
	zipped []byte // with gzip
}

// Size returns how many bytes of it are sent.
func (f File) Size() int { return len(f.zipped) }

// Serve answers with the file. It is compressed for every client, also for one that does not
// say that it takes gzip: all browsers do, and no other form costs as little.
func (f File) Serve(w http.ResponseWriter) {
	maps.Copy(w.Header(), f.header)
	_, _ = w.Write(f.zipped) // fails only if the client has left
}

func newFile(kind, cache string, zipped []byte) File {
	return File{http.Header{"Content-Type": {kind}, "Content-Encoding": {"gzip"}, "Cache-Control": {cache}}, zipped}
}
