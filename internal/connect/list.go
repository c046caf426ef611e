package connect

import (
	"os/exec"
	"path/filepath"
	"slices"
)

// Status says how a client stands.
type Status struct {
	ID, Name string
	Found    bool
	Server   string // the address of MCP, or ""
	Err      error  // why its file cannot be read
}

// List returns how each client stands.
func List(m Machine) []Status {
	var all []Status
	for _, c := range clients() {
		path := c.file(m)
		s := Status{ID: c.id, Name: c.name, Found: len(missing(path)) == 0 && filepath.Dir(path) != m.Home}
		if c.program != "" && !s.Found {
			_, err := exec.LookPath(c.program)
			s.Found = err == nil
		}
		e, err := open(path)
		if err != nil {
			s.Err = err
		} else if doc, err := e.format.decode(e.text); err == nil {
			s.Server = serverIn(doc, c.key)
		}
		s.Found = s.Found || e != nil && e.before != nil
		all = append(all, s)
	}
	return all
}

// serverIn returns the address of Parley in a client's file.
func serverIn(doc map[string]any, key string) string {
	for _, at := range []string{"url", "httpUrl"} {
		if v, ok := lookup(doc, []string{key, name, at}); ok {
			url, _ := v.(string)
			return url
		}
	}
	v, _ := lookup(doc, []string{key, name, "args"})
	args, _ := v.([]any)
	if i := slices.Index(args, any("--url")); i >= 0 && i+1 < len(args) {
		url, _ := args[i+1].(string)
		return url
	}
	return ""
}
