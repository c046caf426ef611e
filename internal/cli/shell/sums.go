package shell

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/parley-chat/parley/internal/cli"
	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/prove"
)

// The list of the agreed files of a repository, below its top.
const (
	listFolder = ".parley"
	listName   = "agreed"
	listPath   = listFolder + "/" + listName
	maxList    = 1 << 20           // bytes of a list, also of one that was shared
	listBy     = "# agreed"        // begins the first of the two comments that add writes above a line
	listRoom   = "# in a room of " // begins the second
)

// sum is a line of a list in the form of sha256sum. The path is relative to the top of a repository, with slashes.
type sum struct{ digest, path string }

// sumLine matches a line that sha256sum writes for a file name without line ends and backslashes. A star stands before
// the name of a file that was read as binary.
var sumLine = regexp.MustCompile(`^([0-9a-fA-F]{64}) [ *]([^\x00\r\n\\]+)$`)

// sumsIn returns the sums of a list. wrong is the number of the first line that is no sum, no comment and not empty; 0
// if there is none. sha256sum --check takes other forms, too, but a line in another form may change how sha256sum reads
// the next lines.
func sumsIn(text string) (list []sum, wrong int) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		match := sumLine.FindStringSubmatch(line)
		switch {
		case match != nil && match[2] != "-": // sha256sum takes - for its standard input
			list = append(list, sum{strings.ToLower(match[1]), cleaned(match[2])})
		case line != "" && line[0] != '#' && wrong == 0:
			wrong = n
		}
	}
	return list, wrong
}

// cleaned returns a path in its shortest form. A path with .. stays as it is: behind a link, .. leads elsewhere.
func cleaned(file string) string {
	if strings.Contains(file, "..") {
		return file
	}
	return path.Clean(file)
}

// checkout is the repository in which a command runs. Others decide which files and links a clone has, except for .git.
// So files are opened only below the top, and none through a link.
type checkout struct {
	top   *os.Root
	below string // where the command runs below the top, with slashes; "" is the top
	text  string // the list
	sums  []sum
}

// openCheckout opens the repository of the current folder, with its list. Git is not started.
func openCheckout() (*checkout, error) {
	top, below, err := prove.Top(".")
	if err != nil {
		return nil, fail(usage, "%s. Run this in a clone or worktree of your own.", capital(err.Error()))
	}
	c := &checkout{below: below}
	c.top, err = os.OpenRoot(top)
	if err != nil {
		return nil, client.Cannot("open", top, err)
	}
	return c, c.load()
}

// load reads the list, if there is one.
func (c *checkout) load() error {
	c.text, c.sums = "", nil
	file, err := openPlain(c.top, listPath)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, errNotPlain):
		return refuseList()
	case err != nil:
		return client.Cannot("read", listPath, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxList+1))
	if err != nil {
		return client.Cannot("read", listPath, err)
	}
	wrong := 0
	c.text = string(text)
	c.sums, wrong = sumsIn(c.text)
	switch {
	case len(text) > maxList:
		return fail(failed, "%s is larger than %s. Nothing was done: remove what is no line of yours.", listPath,
			size(maxList))
	case wrong > 0:
		return fail(failed, "Line %d of %s is no line of sha256sum: a digest of 64 hex digits, two blanks and a "+
			"path. Nothing was done: remove that line first.", wrong, listPath)
	}
	return nil
}

func refuseList() error {
	return fail(failed, "%s is no plain file in a plain folder: perhaps this clone has brought a link. Nothing was "+
		"done: look where it leads, and remove it.", listPath)
}

// errNotPlain is the error for a path that is no plain file, or that leads through a link.
var errNotPlain = errors.New("it is a link, or no plain file in plain folders")

// openPlain opens a plain file below root to which no link leads, also if somebody changes the folders meanwhile.
func openPlain(root *os.Root, file string) (*os.File, error) {
	for folder := path.Dir(file); folder != "."; folder = path.Dir(folder) {
		if info, err := root.Lstat(folder); err != nil || !info.IsDir() {
			return nil, cmp.Or(err, errNotPlain)
		}
	}
	before, err := root.Lstat(file)
	if err != nil || !before.Mode().IsRegular() {
		return nil, cmp.Or(err, errNotPlain)
	}
	open, err := root.Open(file)
	if err != nil {
		return nil, err
	}
	if opened, err := open.Stat(); err != nil || !os.SameFile(opened, before) {
		return nil, errors.Join(errNotPlain, err, open.Close())
	}
	return open, nil
}

// content is a file of a checkout.
type content struct {
	digest string
	near   []string // digests with other line ends, with and without the last; none of a file too large to share
}

// read returns the digests of a plain file.
func (c *checkout) read(path string) (got content, err error) {
	file, err := openPlain(c.top, path)
	if err != nil {
		return got, err
	}
	defer file.Close()
	hash := sha256.New()
	bytes, err := io.ReadAll(io.TeeReader(io.LimitReader(file, cli.MaxPiped+1), hash))
	if err == nil && len(bytes) > cli.MaxPiped {
		_, err = io.Copy(hash, file)
	} else {
		text := strings.TrimSuffix(strings.ReplaceAll(string(bytes), "\r\n", "\n"), "\n")
		for _, one := range []string{text, text + "\n"} {
			got.near = append(got.near, digestOf(one), digestOf(strings.ReplaceAll(one, "\n", "\r\n")))
		}
	}
	got.digest = hex.EncodeToString(hash.Sum(nil))
	return got, err
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// add adds a line to the list, below two comments, in place of all lines for the path and such comments of theirs.
func (c *checkout) add(path, digest, by, server string) {
	var lines []string
	for line := range strings.Lines(c.text) {
		if had, _ := sumsIn(line); len(had) == 0 || had[0].path != path {
			lines = append(lines, strings.TrimSuffix(line, "\n")+"\n")
		} else if n := len(lines); n > 1 && strings.HasPrefix(lines[n-1], listRoom) &&
			strings.HasPrefix(lines[n-2], listBy) {
			lines = lines[:n-2]
		}
	}
	c.text = strings.Join(lines, "") + "# " + by + "\n" + listRoom + HarmlessLine(server) + "\n" + digest + "  " +
		path + "\n"
}

// write replaces the list in the repository, whole or not at all. It refuses a folder .parley that is a link, also one
// that somebody puts there meanwhile. A killed command leaves a file .agreed.part, which the next command replaces.
func (c *checkout) write() error {
	if err := c.top.Mkdir(listFolder, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return client.Cannot("make", listFolder, err)
	}
	before, err := c.top.Lstat(listFolder)
	if err != nil || !before.IsDir() {
		return refuseList()
	}
	folder, err := c.top.OpenRoot(listFolder)
	if err != nil {
		return client.Cannot("open", listFolder, err)
	}
	defer folder.Close()
	if opened, err := folder.Stat("."); err != nil || !os.SameFile(opened, before) {
		return refuseList()
	}
	part := "." + listName + ".part"
	_ = folder.Remove(part) // if it stays, OpenFile fails
	file, err := folder.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return client.Cannot("write to", listFolder, err)
	}
	_, err = file.WriteString(c.text)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = folder.Rename(part, listName)
	}
	if err != nil {
		_ = folder.Remove(part) // the list is as it was
	}
	return client.Cannot("write", listPath, err)
}
