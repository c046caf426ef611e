package shell

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli"
	"github.com/parley-chat/parley/internal/cli/client"
)

// PutRequest is a file to share.
type PutRequest struct {
	Path    string // - reads In
	In      io.Reader
	Name    string // the name that others see; "": the name of the file
	Note    string
	To      []string
	ReplyTo string
	Kind    string // proposal, or ""
}

// Put shares a file.
func (s *Shell) Put(ctx context.Context, which Which, req PutRequest) error {
	return s.inPerson(which, func(s *session) error {
		file, size, err := openFile(ctx, req)
		if err != nil {
			return err
		}
		defer file.Close()
		if req.Name == "" {
			req.Name = filepath.Base(req.Path)
			if _, ok := file.(piped); ok { // as of /dev/fd/63
				req.Name = "stdin"
			}
		}
		sent, r, err := s.shareFile(ctx, req, file, size)
		if err != nil {
			return err
		}
		if sent.Credential != "" {
			return fail(failed, "Nothing was shared: the file or the note holds what looks like %s, which others "+
				"would read. Share it again if they are meant to have it.", sent.Credential)
		}
		return s.handSent(ctx, r, sent, "Nothing was shared", func() {
			file := fileOf(results.File{Name: results.Text(req.Name), Size: size})
			switch {
			case sent.Sent && s.isAgents() && req.Kind != "":
				s.out.print("Proposed %s: %s. All who are asked vote.", file, sent.ID)
			case sent.Sent && s.isAgents():
				s.out.print("Shared %s: %s.", file, sent.ID)
			case sent.Sent && !s.out.Screen.Terminal:
				s.out.copy("%s", sent.ID)
			case sent.Sent:
				s.out.print("Shared %s, in the room %s as %s: %s. To get it, others put their own name in place of %s:"+
					"\n  %s",
					file, s.seat.Room, s.seat.Name, sent.ID, s.seat.Name, s.command("get "+idOr(sent.ID)))
			case sent.Status == "pending":
				s.out.hint("The file waits for %s's owner, as draft %s.", s.seat.Name, sent.ID)
			}
		})
	})
}

// openFile opens the file to share, and returns its size in bytes. openFile reads a pipe to the end first.
func openFile(ctx context.Context, req PutRequest) (io.ReadSeekCloser, int64, error) {
	if req.Path == "-" {
		return readPipe(ctx, req.In, "Standard input")
	}
	file, err := os.Open(req.Path)
	if err != nil {
		return nil, 0, fail(usage, "%s", client.Cannot("read", req.Path, err))
	}
	about, err := file.Stat()
	switch {
	case err != nil:
	case about.IsDir():
		err = fail(usage, "%s is a folder. Pack it, for example with tar, and share that.", req.Path)
	case !about.Mode().IsRegular(): // such as /dev/fd/63 of <(…)
		defer file.Close()
		return readPipe(ctx, file, req.Path)
	case about.Size() == 0:
		err = fail(usage, "%s is empty, so there is nothing to share.", req.Path)
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	return file, about.Size(), nil
}

// readPipe reads a pipe until the pipe or ctx ends. name is what people call the pipe.
func readPipe(ctx context.Context, in io.Reader, name string) (io.ReadSeekCloser, int64, error) {
	all, err := readAll(ctx, in, cli.MaxPiped+1)
	switch {
	case err != nil:
		return nil, 0, err
	case len(all) == 0:
		return nil, 0, fail(usage, "There is nothing to share: %s is empty.",
			strings.Replace(name, "Standard", "standard", 1))
	case len(all) > cli.MaxPiped:
		return nil, 0, fail(usage, "%s is larger than %s, the limit for a file.", name, size(cli.MaxPiped))
	}
	return piped{bytes.NewReader(all)}, int64(len(all)), nil
}

// piped is the content of a pipe.
type piped struct{ *bytes.Reader }

func (piped) Close() error { return nil }

// shareFile asks for an upload, and uploads the file. If the connection breaks, nobody knows whether the server has the
// file: then shareFile uploads again, at the same address, which takes the file once.
func (s *session) shareFile(ctx context.Context, req PutRequest, file io.ReadSeeker, size int64) (
	sent results.Sent, r result, err error) {
	a := args{"name": req.Name, "size": size, "idempotency_key": rand.Text()}
	a.set("note", req.Note)
	a.set("reply_to", req.ReplyTo)
	a.set("kind", req.Kind)
	a.list("to", req.To)
	var asked results.Shared
	r, err = s.act(ctx, "share_file", a, &asked)
	switch {
	case err != nil:
		return sent, r, err
	case asked.Upload == nil:
		return sent, r, r.into(&sent)
	}
	s.next = "" // which says how to upload
	door, ok := client.UploadDoor(asked.Upload.Page)
	if !ok {
		return sent, r, errors.New("the server does not say where to put the file")
	}
	again := s.again()
	err = s.persist(ctx, again, func() error {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		shown := s.out.progress(s.clock, size)
		defer shown.end()
		r = result{}
		return s.client.Put(ctx, door, io.TeeReader(io.LimitReader(file, size), shown), size, &r)
	})
	if err != nil {
		return sent, r, err
	}
	s.heed(r)
	return sent, r, r.into(&sent)
}

// again says whether to repeat a failed transfer: for as long as a restart of the server takes, counted from the first
// failure.
func (s *session) again() func(error) bool {
	var until time.Time
	return func(err error) bool {
		if until.IsZero() {
			until = s.clock.Now().Add(sendFor)
		}
		return passing(err) && !s.clock.Now().After(until)
	}
}

// GetRequest asks for the file of a message.
type GetRequest struct {
	ID    string
	Path  string // a file, a folder, or - for standard output; "" is here, under the server's name
	Force bool   // replace an existing file
}

// savedName matches the name that the server gives to a saved file. The name holds nothing that an agent chose.
var savedName = regexp.MustCompile(`^.* -o '(parley-[A-Za-z0-9]+(?:\.[a-z0-9]{1,8})?)' `)

// Get saves a file that somebody shared.
func (s *Shell) Get(ctx context.Context, which Which, req GetRequest) error {
	return s.with(which, func(s *session) error {
		var got results.GotFile
		r, err := s.call(ctx, "get_file", args{"id": req.ID}, &got)
		if err != nil {
			return err
		}
		door, ok := client.DownloadDoor(got.Download)
		name := savedName.FindStringSubmatch(got.Download)
		if !ok || name == nil {
			return errors.New("the server does not say where the file is")
		}
		if req.Path == "-" {
			return s.pour(ctx, door, got.File)
		}
		path := target(req.Path, name[1])
		if err := s.save(ctx, door, got.File, path, req.Force); err != nil {
			return err
		}
		delete(r, "download") // a used secret
		delete(r, "next")     // tells of the secret
		s.next = ""
		r["saved"], _ = json.Marshal(path)
		return s.out.show(r, func() { s.out.print("%s: %s, from %s", path, fileOf(got.File), got.From) })
	})
}

// target is where a file is put.
func target(given, name string) string {
	if given == "" {
		return name
	}
	if about, err := os.Stat(given); err == nil && about.IsDir() {
		return filepath.Join(given, name)
	}
	return given
}

// pour writes a file to standard output, which must be no terminal: the file could act on the terminal.
func (s *session) pour(ctx context.Context, door client.Door, file results.File) error {
	switch {
	case s.out.JSON:
		return fail(usage, "--json and -o - cannot be used together: the file goes to standard output.")
	case s.out.Screen.Terminal:
		return fail(usage, "A file from others could act on your terminal: give -o PATH, or pipe it on.")
	}
	shown := s.out.progress(s.clock, file.Size)
	defer shown.end()
	return s.client.Get(ctx, door, file.Size, io.MultiWriter(unescaped(s.out.Screen.Out), shown))
}

// save downloads a file. At any time the file at path is whole or unchanged.
func (s *session) save(ctx context.Context, door client.Door, file results.File, path string, force bool) error {
	exists := fail(failed, "%s already exists and was not changed. Give another path with -o, or --force to "+
		"replace it.", path)
	mode := fs.FileMode(0) // of the replaced file
	switch about, err := os.Lstat(path); {
	case err != nil: // path does not exist
	case about.Mode().IsRegular() && force:
		mode = about.Mode().Perm()
	case !about.Mode().IsRegular(): // such as a link, or /dev/null
		return fail(failed, "%s already exists and is not a regular file. Give another path with -o, or - for "+
			"standard output.", path)
	default:
		return exists
	}
	s.sweep(filepath.Dir(path))
	part := filepath.Join(filepath.Dir(path), ".parley-"+rand.Text()+".part")
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return client.Cannot("save to", filepath.Dir(path), err)
	}
	defer os.Remove(part) // unless part has its final name by then
	err = s.persist(ctx, s.again(), func() error {
		if err := errors.Join(out.Truncate(0), seekStart(out)); err != nil {
			return err
		}
		shown := s.out.progress(s.clock, file.Size)
		defer shown.end()
		return s.client.Get(ctx, door, file.Size, io.MultiWriter(out, shown))
	})
	if err == nil && mode != 0 {
		err = out.Chmod(mode)
	}
	err = errors.Join(err, out.Close())
	switch {
	case errors.As(err, new(*fs.PathError)):
		return client.Cannot("save to", filepath.Dir(path), err)
	case err != nil:
		return err
	}
	if force {
		return os.Rename(part, path)
	}
	claim, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // somebody may have been faster
	switch {
	case errors.Is(err, fs.ErrExist):
		return exists
	case err != nil:
		return err
	}
	if err := errors.Join(claim.Close(), os.Rename(part, path)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// partLife is how long sweep leaves a part alone, which may belong to a running command.
const partLife = 24 * time.Hour

// sweep removes the parts that killed commands left in a folder.
func (s *session) sweep(folder string) {
	left, _ := filepath.Glob(filepath.Join(folder, ".parley-"+strings.Repeat("?", len(rand.Text()))+".part"))
	for _, part := range left {
		if about, err := os.Lstat(part); err == nil && about.Mode().IsRegular() &&
			s.clock.Since(about.ModTime()) > partLife {
			_ = os.Remove(part) // a later sweep tries again
		}
	}
}

func seekStart(f io.Seeker) error {
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// progressEvery is how often a terminal is told how far a transfer is.
const progressEvery = 200 * time.Millisecond

// progress shows on a terminal how much of a file is there. progress counts the bytes that are written to it.
type progress struct {
	out        *Output
	clock      clockwork.Clock
	done, size int64
	at         time.Time // of the last line
	wide       int       // of the last line
}

func (o *Output) progress(clock clockwork.Clock, size int64) *progress {
	return &progress{out: o, clock: clock, size: size, at: clock.Now()}
}

// Write implements io.Writer. Write never fails.
func (p *progress) Write(b []byte) (int, error) {
	p.done += int64(len(b))
	if now := p.clock.Now(); p.out.Progress && now.Sub(p.at) >= progressEvery {
		p.at = now
		p.line(size(p.done) + " of " + size(p.size))
	}
	return len(b), nil
}

// line replaces the line that progress wrote before.
func (p *progress) line(text string) {
	_, _ = io.WriteString(p.out.Notes, "\r"+text+strings.Repeat(" ", max(0, p.wide-len(text)))) // the command goes on
	p.wide = len(text)
}

// end takes the line away.
func (p *progress) end() {
	if p.wide > 0 {
		p.line("")
		_, _ = io.WriteString(p.out.Notes, "\r")
	}
}
