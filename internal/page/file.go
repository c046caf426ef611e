package page

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"sync"
)

// File is what is served at an address. All answers share its bytes.
type File struct {
	header http.Header
	size   int
	zipped func() []byte // with gzip
}

// Size returns how many bytes of it are sent.
func (f File) Size() int { return f.size }

// Serve answers with the file. It is compressed for every client, also for one that does not
// say that it takes gzip: all browsers do, and no other form costs as little.
func (f File) Serve(w http.ResponseWriter) {
	maps.Copy(w.Header(), f.header)
	_, _ = w.Write(f.zipped()) // fails only if the client has left
}

// newFile returns the file with a name, which is read when somebody wants it: most functions
// never serve one, and a copy of all takes a fortieth of their start.
func newFile(kind, cache, name string) (File, error) {
	about, err := fs.Stat(served, name)
	if err != nil {
		return File{}, fmt.Errorf("page: %w", err)
	}
	header := http.Header{"Content-Type": {kind}, "Content-Encoding": {"gzip"}, "Cache-Control": {cache}}
	return File{header, int(about.Size()), sync.OnceValue(func() []byte {
		zipped, _ := served.ReadFile(name) // it is there
		return zipped
	})}, nil
}
