package refusals

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"strings"
)

// entries are the functions where calls come in that are no tool.
var entries = map[string][]string{
	"GET /v1/wait":    {"tools.Set.Standby", "httpapi.server.serveStandby"},
	"POST /v1/news":   {"tools.Set.News", "httpapi.server.serveNews"},
	"an upload":       {"tools.Set.Upload", "httpapi.server.serveUpload"},
	"a download":      {"chat.Service.Download", "httpapi.server.serveDownload"},
	"any request":     {"httpapi.server.answeredByGuard", "httpapi.server.lead", "httpapi.server.endExchange"},
	"MCP":             {"httpapi.server.serveMCP", "mcp.Server.Serve"},
	"MCP Events":      {"tools.Set.Events", "mcp.Events.methods"},
	"resources":       {"tools.Set.Resources"},
	"A2A":             {"a2a.Server.Serve", "httpapi.server.serveA2A"},
	"a card of A2A":   {"a2a.Server.Card", "httpapi.server.serveCard"},
	"a card of MCP":   {"httpapi.server.serveKept"},
	"signing in":      {"oauth.Server.Serve", "app.App.newSignIns"},
	"an endpoint":     {"outbox.Dispatcher.Deliver"},
	"an invite":       {"httpapi.server.serveInvite", "httpapi.leadToLower"},
	"a plain call":    {"httpapi.server.serveTool"},
	"parley keys":     {"access.Keys."},
	"parley accounts": {"access.Accounts."},
}

// callers returns the calls that can reach each function. It fails if an entry is in no source.
func (s *scan) callers() (map[types.Object][]string, error) {
	for name, list := range entries {
		for _, entry := range list {
			if !slices.ContainsFunc(s.order, func(b body) bool { return isEntry(b.of, entry) }) {
				return nil, fmt.Errorf("the entry %s of %s is no function: name its successor", entry, name)
			}
		}
	}
	edges := map[types.Object][]types.Object{}
	for _, b := range s.order {
		edges[b.of] = append(edges[b.of], s.uses(b)...)
	}
	all := map[types.Object][]string{}
	for _, b := range s.order {
		for _, name := range s.entriesOf(b) {
			reach(edges, b.of, func(o types.Object) {
				if !slices.Contains(all[o], name) {
					all[o] = append(all[o], name)
				}
			})
		}
	}
	for _, names := range all {
		slices.Sort(names)
	}
	return all, nil
}

// reach calls visit with from and each object that from uses, by way of others, too.
func reach(edges map[types.Object][]types.Object, from types.Object, visit func(types.Object)) {
	seen := map[types.Object]bool{from: true}
	for next := []types.Object{from}; len(next) > 0; {
		o := next[0]
		next = next[1:]
		visit(o)
		for _, to := range edges[o] {
			if !seen[to] {
				seen[to], next = true, append(next, to)
			}
		}
	}
}

// entriesOf returns the names under which calls come in at a function.
func (s *scan) entriesOf(b body) (names []string) {
	f, ok := b.of.(*types.Func)
	if !ok {
		return nil
	}
	result := f.Signature().Results()
	if f.Pkg().Name() == "tools" && result.Len() == 1 && f.Signature().Params().Len() == 0 &&
		strings.HasSuffix(result.At(0).Type().String(), "/tools.tool") {
		ast.Inspect(b.Node, func(n ast.Node) bool {
			if field, ok := n.(*ast.KeyValueExpr); ok && len(names) == 0 {
				v := b.pkg.info.Types[field.Value].Value
				if id, ok := field.Key.(*ast.Ident); ok && id.Name == "name" && v != nil {
					names = append(names, constant.StringVal(v))
				}
			}
			return len(names) == 0
		})
		return names
	}
	for name, list := range entries {
		if slices.ContainsFunc(list, func(entry string) bool { return isEntry(f, entry) }) {
			names = append(names, name)
		}
	}
	return names
}

// isEntry reports whether an entry names a function, or the type of a method.
func isEntry(o types.Object, entry string) bool {
	f, ok := o.(*types.Func)
	return ok && (nameOf(f) == entry || strings.HasSuffix(entry, ".") && strings.HasPrefix(nameOf(f), entry))
}

// nameOf returns a name such as tools.Set.Upload.
func nameOf(f *types.Func) string {
	full := strings.NewReplacer("(", "", ")", "", "*", "").Replace(f.FullName())
	return full[strings.LastIndex(full, "/")+1:]
}

// uses returns the functions and variables of packages that a body names. A method of an interface stands for the
// methods of the types that implement the interface.
func (s *scan) uses(b body) (all []types.Object) {
	ast.Inspect(b.Node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch o := b.pkg.info.Uses[id].(type) {
		case *types.Func:
			all = append(all, s.implementations(o.Origin())...)
		case *types.Var:
			if o.Parent() == o.Pkg().Scope() {
				all = append(all, o)
			}
		}
		return true
	})
	return all
}

// implementations returns f, or what implements f if it is a method of an interface of this module.
func (s *scan) implementations(f *types.Func) (all []types.Object) {
	recv := f.Signature().Recv()
	if recv == nil || !types.IsInterface(recv.Type()) {
		return []types.Object{f}
	}
	of, ok := recv.Type().Underlying().(*types.Interface)
	if !ok || f.Pkg() == nil || !strings.HasPrefix(f.Pkg().Path(), module) {
		return nil
	}
	for o := range s.bodies {
		m, ok := o.(*types.Func)
		if !ok || m.Name() != f.Name() || m.Signature().Recv() == nil {
			continue
		}
		if types.Implements(m.Signature().Recv().Type(), of) {
			all = append(all, m)
		}
	}
	return all
}
