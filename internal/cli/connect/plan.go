package connect

import "slices"

// plan returns the edits after which the files hold all entries, and no unwanted entries of old. plan returns none if
// the files are already so.
func plan(all []placed, old connection) ([]*edit, error) {
	var edits []*edit
	done := true
	for _, path := range paths(all, old.Files) {
		e, err := open(path)
		if err != nil {
			return nil, err
		}
		edits = append(edits, e)
		done = done && e.holds(entriesFor(path, all), old.file(path).Entries)
	}
	if done {
		return nil, nil
	}
	for _, e := range edits {
		before := old.file(e.path)
		e.wrote.Created = before.Created || e.before == nil
		e.wrote.Folders = before.Folders
		if e.before == nil {
			e.wrote.Folders = missing(e.path)
		}
		if err := e.takeBack(before); err != nil {
			return nil, err
		}
		if err := e.put(entriesFor(e.path, all)); err != nil {
			return nil, err
		}
		e.wrote.Sum = sum(e.text)
		e.change.forgetSame()
	}
	return edits, checkWritable(edits)
}

// holds reports whether the file holds all entries, and nothing else was written there
// before.
func (e *edit) holds(all, before []entry) bool {
	doc, err := e.format.decode(e.text)
	if err != nil {
		return false
	}
	for _, one := range all {
		if one.in(doc) != held {
			return false
		}
	}
	for _, one := range before {
		if !slices.ContainsFunc(all, one.equal) {
			return false
		}
	}
	return true
}

// paths returns the files, each once, the files of the entries first.
func paths(all []placed, before []written) []string {
	var list []string
	add := func(path string) {
		if !slices.Contains(list, path) {
			list = append(list, path)
		}
	}
	for _, p := range all {
		add(p.file)
	}
	for _, w := range before {
		add(w.Path)
	}
	return list
}

func entriesFor(path string, all []placed) []entry {
	var entries []entry
	for _, p := range all {
		if p.file == path {
			entries = append(entries, p.entry)
		}
	}
	return entries
}

func (c connection) file(path string) written {
	for _, w := range c.Files {
		if w.Path == path {
			return w
		}
	}
	return written{Path: path}
}
