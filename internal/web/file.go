package web

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"strings"
	"sync"
)

// File is what is served at an address. All answers share its bytes.
type File struct {
	header http.Header
	size   int
	data   func() []byte
}

// Size returns how many bytes of it are sent.
func (f File) Size() int { return f.size }

// filled returns the file with something in place of its blanks.
func (f File) filled(blanks *strings.Replacer) File {
	text := []byte(blanks.Replace(string(f.data())))
	return File{f.header, len(text), func() []byte { return text }}
}

// Serve answers with the file and a status: a document and a picture as they are, since programs read them too, and
// another asset with gzip, which all browsers take, also where the client does not say so: what a day can cost at most
// counts on that.
func (f File) Serve(w http.ResponseWriter, status int) {
	maps.Copy(w.Header(), f.header)
	w.WriteHeader(status)
	_, _ = w.Write(f.data()) // fails only if the client has left
}

// newFile returns the file with a name, which is read when somebody wants it: most functions
// never serve one, and a copy of all takes a fortieth of their start.
func newFile(kind, cache, name string) (File, error) {
	about, err := fs.Stat(served, name)
	if err != nil {
		return File{}, fmt.Errorf("page: %w", err)
	}
	header := http.Header{"Content-Type": {kind}, "Cache-Control": {cache}}
	if path.Ext(name) == ".gz" {
		header.Set("Content-Encoding", "gzip")
	}
	return File{header, int(about.Size()), sync.OnceValue(func() []byte {
		data, _ := served.ReadFile(name) // it is there
		return data
	})}, nil
}
