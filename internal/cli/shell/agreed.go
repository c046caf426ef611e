package shell

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/cli/client"
)

// The exit codes about agreed files, beside those of all commands. Of several files the lower one counts.
const (
	otherFile   = 3
	noAgreement = 6
)

// agreedFile says how a file stands with the agreements of a room.
type agreedFile struct {
	Path   string `json:"path"`
	Code   int    `json:"code"` // 0 if an agreement in force is on it; else an exit code
	Sum    string `json:"sha256,omitempty"`
	Listed string `json:"listed_sha256,omitempty"`
	ID     string `json:"id,omitempty"` // of the agreement in force
	Says   string `json:"says"`
	by     string // who agreed on ID, and when
}

// candidate is an agreement on a digest for a path: the digest of the agreed file or, with list, the digest that the
// agreed list has for the path.
type candidate struct {
	results.Message
	digest string
	list   bool
}

// onRecord are the agreements of a room, the newest first.
type onRecord struct {
	*session
	all     []results.Message
	files   []candidate                  // the agreed files among all
	sums    map[string]map[string]string // digests by path in the lists that were read, by the id of the agreement
	expired string                       // the ids of agreed lists whose bytes have expired, a blank before each
}

// agreements reads the agreements of the room.
func (s *session) agreements(ctx context.Context) (*onRecord, error) {
	all, _, err := s.latest(ctx, math.MaxInt, args{"agreed": true})
	s.next = "" // drops the hint of how to read the agreements, which are read here
	o := &onRecord{session: s, sums: map[string]map[string]string{}}
	for _, e := range slices.Backward(all) {
		o.all = append(o.all, e.Message)
		if e.File != nil && e.File.Sum != "" {
			o.files = append(o.files, candidate{e.Message, e.File.Sum, false})
		}
	}
	return o, err
}

// candidates returns the agreements on a digest for path, files before lists. A list costs two calls, so no list is
// read once an agreement in force is on this digest.
func (o *onRecord) candidates(ctx context.Context, path, digest string) (on []candidate, err error) {
	on = slices.Clip(o.files)
	if slices.ContainsFunc(on, func(g candidate) bool { return g.ReplacedBy == "" && g.digest == digest }) {
		return on, nil
	}
	for _, m := range o.all {
		sums, err := o.sumsOf(ctx, m)
		if err != nil {
			return nil, err
		}
		if sums[path] != "" {
			on = append(on, candidate{m, sums[path], true})
			if sums[path] == digest && m.ReplacedBy == "" {
				break
			}
		}
	}
	return on, nil
}

// sumsOf returns the digests by path in an agreed list of sha256sum. It returns nil for any other file, for a list that
// has expired, and for a list with two digests for one path, which sha256sum never accepts.
func (o *onRecord) sumsOf(ctx context.Context, m results.Message) (map[string]string, error) {
	if got, read := o.sums[m.ID]; read || m.File == nil || m.File.Size > maxList ||
		!strings.HasPrefix(m.File.Type, "text/") {
		return got, nil
	}
	o.sums[m.ID] = nil
	text, err := o.download(ctx, m)
	if fault.CodeOf(err) == fault.InvalidArgument {
		o.expired += " " + idOr(m.ID)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, wrong := sumsIn(text)
	ok := wrong == 0
	got := map[string]string{}
	for _, line := range list {
		if got[line.path] != "" && got[line.path] != line.digest {
			ok = false
		}
		got[line.path] = line.digest
	}
	if ok {
		o.sums[m.ID] = got
	}
	return o.sums[m.ID], nil
}

// download returns the bytes of an agreed file, and refuses other bytes than those that were agreed on.
func (o *onRecord) download(ctx context.Context, m results.Message) (string, error) {
	var got results.GotFile
	_, err := o.call(ctx, "get_file", args{"id": m.ID, "download": true}, &got)
	o.next = "" // drops the hint of how to download the file, which is done here
	if err != nil {
		return "", err
	}
	door, ok := client.DownloadDoor(got.Download)
	if !ok {
		return "", errors.New("the server does not say where the file is")
	}
	var text bytes.Buffer
	if err := o.client.Get(ctx, door, m.File.Size, &text); err != nil {
		return "", err
	}
	if digestOf(text.String()) != m.File.Sum {
		return "", fail(failed, "The server gives other bytes for %s than those that were agreed on. Nothing was done.",
			idOr(m.ID))
	}
	return text.String(), nil
}

// newest returns the last of the agreements that have replaced each other since m; m itself if none has replaced it.
func (o *onRecord) newest(m results.Message) results.Message {
	for range o.all {
		newer := slices.IndexFunc(o.all, func(x results.Message) bool { return x.ID == m.ReplacedBy })
		if m.ReplacedBy == "" || newer < 0 {
			break
		}
		m = o.all[newer]
	}
	return m
}

// agreedBy says who agreed on m, and when.
func agreedBy(m results.Message) string {
	by := "agreed, as " + named([]string{who(m)}, "") + " proposed" // older servers do not list who agreed
	if len(m.AgreedBy) > 0 {
		by = "agreed by " + named(m.AgreedBy, ", ")
	}
	if len(m.NoSay) > 0 {
		by += ", without " + named(m.NoSay, ", ") + ", who had no say"
	}
	return HarmlessLine(by + ", " + m.At + ", " + idOr(m.ID))
}

// check says how a file stands. listed is its digest in the list of the repository, "" for a file that is to be listed.
func (o *onRecord) check(ctx context.Context, c *checkout, file, listed string) (agreedFile, error) {
	f := agreedFile{Path: file, Listed: listed, Code: otherFile}
	got, missing := c.read(file)
	if missing != nil && listed == "" {
		return f, fail(usage, "%s.", capital(client.Cannot("read", file, missing).Error()))
	}
	f.Sum = got.digest

	// The agreement that fits best decides what is said, and which command helps.
	on, err := o.candidates(ctx, file, f.Sum)
	if err != nil {
		return f, err
	}
	g, fit := best(on, file, listed, got)
	now := o.newest(g.Message)
	if fit < noFit {
		f.ID, f.by = idOr(now.ID), agreedBy(now)
	}
	says, help := " is not what was "+f.by+".", o.howToGet(c, file, now, g.list)
	switch {
	case fit == inForce && listed != "" && listed != f.Sum:
		says = " is what was " + f.by + ", but " + listPath + " has another digest."
		help = "To list it: " + o.command("agreed --write "+c.argument(file))
	case fit == inForce:
		f.Code, says, help = 0, ": "+f.by, ""
	case fit == outdated:
		says = " was replaced by what was " + f.by + "."
	case fit == noFit:
		says, help = ": this room has no agreement on these bytes."+o.whyMissing(), "To propose them: "+
			o.command("put "+c.argument(file)+" --propose")
		if f.Sum == listed || listed == "" {
			f.Code = noAgreement
		}
	case errors.Is(missing, fs.ErrNotExist):
		says = " is missing, and was " + f.by + "."
	case missing != nil:
		says = " is no plain file that can be read here, as was " + f.by + "."
	case fit == lineEnds:
		says = " differs only by line ends, or by the last one, from what was " + f.by + "."
	}
	f.Says = HarmlessLine(strings.TrimSpace(strconv.Quote(file) + says + " " + help))
	return f, nil
}

// The ways in which an agreement fits a file, the best first.
const (
	inForce    = iota // in force, on the bytes of the file
	outdated          // replaced, on the bytes of the file
	lineEnds          // in force, on the same text with other line ends, or another last one
	asListed          // in force or replaced, on the digest that the list of the repository has
	otherBytes        // in force, on other bytes for this path, or on a file of this name
	noFit
)

// best returns the candidate that fits a file best, and how it fits. Of equals it returns the first.
func best(on []candidate, file, listed string, got content) (best candidate, fit int) {
	fit = noFit
	for _, g := range on {
		how, valid := noFit, g.ReplacedBy == ""
		switch {
		case valid && g.digest == got.digest:
			how = inForce
		case g.digest == got.digest:
			how = outdated
		case valid && slices.Contains(got.near, g.digest):
			how = lineEnds
		case g.digest == listed:
			how = asListed
		case valid && (g.list || string(g.File.Name) == path.Base(file)):
			how = otherBytes
		}
		if how < fit {
			best, fit = g, how
		}
	}
	return best, fit
}

// whyMissing says why an agreement that the room once had may be missing.
func (o *onRecord) whyMissing() (why string) {
	if slices.ContainsFunc(o.all, func(m results.Message) bool { return m.Redacted }) {
		why = " Something that was agreed on was removed: " + o.command("history --agreed") + "."
	}
	if o.expired != "" {
		why += " These lists have expired, and may have it:" + o.expired + "."
	}
	return why
}

// howToGet says how to get the file of an agreement in force or, with list, the agreed list that has the file.
func (o *onRecord) howToGet(c *checkout, file string, now results.Message, list bool) string {
	id := idOr(now.ID)
	switch {
	case now.File == nil:
		return "That has no file: " + o.command("history --agreed")
	case list:
		return "To get that list: " + o.command("get "+id)
	}
	return "To get that: " + o.command("get "+id+" -o "+c.argument(file)+" --force") + "; to propose yours: " +
		o.command("put "+c.argument(file)+" --propose --reply-to "+id)
}

// argument writes a path below the top as the argument of a command, relative to the current folder.
func (c *checkout) argument(file string) string {
	if from, err := filepath.Rel(filepath.FromSlash(c.below), filepath.FromSlash(file)); err == nil {
		file = from
	}
	return argument(file, "FILE")
}

// Agreed says how files stand with the agreements of a room: the named files, or all that the repository lists. With
// write it adds the named files to the list, but none unless an agreement in force is on each of them.
func (s *Shell) Agreed(ctx context.Context, which Which, files []string, write bool) error {
	return s.with(which, func(s *session) error {
		c, err := openCheckout()
		if err != nil {
			return err
		}
		defer c.top.Close()
		lines, err := s.chosen(c, files, write)
		if err != nil {
			return err
		}
		list, code, err := s.compare(ctx, c, lines)
		if err != nil {
			return err
		}
		if write && code == 0 {
			if err := s.addTo(c, list); err != nil {
				return err
			}
		}
		if err := s.showAgreed(list); err != nil || code == 0 {
			return err
		}
		if write {
			return fail(code, "Not all of these files are what is agreed on, so none was listed.")
		}
		return fail(code, "Not all of these files are listed as they are agreed on.")
	})
}

// chosen returns the lines of the list for the files that the person has named, or all lines if none is named. With
// write it returns a line to add for each named file, without a digest.
func (s *session) chosen(c *checkout, files []string, write bool) (lines []sum, err error) {
	if len(files) == 0 {
		lines = c.sums
	}
	for _, given := range files {
		file := path.Join(c.below, filepath.ToSlash(given))
		switch {
		case strings.ContainsAny(file, "\r\n\\"): // a clone may bring folders with such names
			return nil, fail(usage, "The path of %s has a line end or a backslash, which sha256sum writes in a form "+
				"of its own. Rename it.", strconv.Quote(file))
		case !filepath.IsLocal(given) || slices.Contains(strings.Split(filepath.ToSlash(given), "/"), ".."):
			return nil, fail(usage, "%s: name a file in or below the current folder, without .. in its path.",
				strconv.Quote(given))
		}
		listed := []sum{{path: file}}
		if !write {
			listed = slices.DeleteFunc(slices.Clone(c.sums), func(line sum) bool { return line.path != file })
		}
		if len(listed) == 0 {
			return nil, fail(noAgreement, "%s does not list %s. To list it, once it is agreed on: %s", listPath,
				strconv.Quote(file), s.command("agreed --write "+c.argument(file)))
		}
		lines = append(lines, listed...)
	}
	if len(lines) == 0 {
		return nil, fail(noAgreement, "%s lists no file. To list one that is agreed on: %s", listPath,
			s.command("agreed --write FILE"))
	}
	return lines, nil
}

// compare says how files stand. The code is the lowest of the files that are wrong; 0 if none is.
func (s *session) compare(ctx context.Context, c *checkout, lines []sum) (list []agreedFile, code int, err error) {
	o, err := s.agreements(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, line := range lines {
		f, err := o.check(ctx, c, line.path, line.digest)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, f)
		if f.Code != 0 {
			code = min(f.Code, cmp.Or(code, f.Code))
		}
	}
	return list, code, nil
}

// addTo adds files to the list of the repository. It reads the list again under a lock, so lines that other commands of
// the person have added meanwhile stay.
func (s *session) addTo(c *checkout, files []agreedFile) error {
	err := client.WithLock(s.file.Path(), func() error {
		if err := c.load(); err != nil {
			return err
		}
		for _, f := range files {
			c.add(f.Path, f.Sum, f.by, client.Shown(s.place.Base))
		}
		return c.write()
	})
	if err == nil {
		s.out.hint("Commit %s. To check it, at the top of the repository: sha256sum --strict -c %[1]s", listPath)
	}
	return err
}

// showAgreed prints how files stand, and tells a run of GitHub Actions of those that are wrong.
func (s *session) showAgreed(list []agreedFile) error {
	for _, f := range list {
		if f.Code != 0 {
			s.out.annotate(f.Path, f.Says)
		}
	}
	files, _ := json.Marshal(list) // it is strings and numbers
	return s.out.show(result{"files": files}, func() {
		for _, f := range list {
			s.out.print("%s", f.Says)
		}
	})
}
