package connect_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/cli/connect"
)

// After a move, a client has the same files as a client that was connected to the new address from the start.
func TestMove_eachClient_isConnectedAsItWas(t *testing.T) {
	const moved = "https://other.example"
	key, invite := ident.NewKey().String(), ident.NewInvite("log key", "abcdefg", 3).String()
	for _, id := range connect.IDs() {
		for name, o := range map[string]connect.Options{
			"": {}, "with a key": {Key: key}, "by an invite": {Invite: invite}, "with hooks": {Wake: true, Key: key},
			"allowed": {Allow: true, Wake: true},
		} {
			if o.Allow && id != "claude-code" && id != "codex" && id != "gemini" {
				continue
			}
			c := newComputer(t)
			before := c.files()
			o.Client = id
			c.connect(o)
			want := map[string]string{}
			for name, text := range c.files() {
				want[name] = strings.ReplaceAll(text, server, moved)
			}
			was := c.files()
			if reports, err := c.Move(server, moved, true); err != nil || len(reports) != 1 ||
				len(reports[0].Changes) == 0 {
				t.Errorf("%s %s: the dry run: %+v, %v", id, name, reports, err)
			}
			c.is(was, id+" after a dry run")
			for range 2 { // the second time there is nothing to do
				if _, err := c.Move(server, moved, false); err != nil {
					t.Fatal(err)
				}
				c.is(want, id+" "+name+" at another address")
			}
			c.undo(id)
			c.is(before, id+" "+name+" after --undo")
		}
	}
}
