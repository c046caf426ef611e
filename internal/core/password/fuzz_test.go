package password

import (
	"testing"

	"github.com/parley-chat/parley/internal/base"
	"github.com/parley-chat/parley/internal/base/fault"
)

// FuzzRoomAndPassword splits any room name with its password.
func FuzzRoomAndPassword(f *testing.F) {
	f.Add("tea:with milk", "")
	f.Add("tea", "milk")
	f.Add(":", ":")
	f.Fuzz(func(t *testing.T, room, given string) {
		name, got, err := Split(room, given)
		if err != nil {
			if fault.CodeOf(err) != fault.InvalidArgument {
				t.Fatalf("%q, %q: %v", room, given, err)
			}
			return
		}
		if len(got) > base.MaxPassword || name+":"+got != room && (name != room || got != given) {
			t.Errorf("%q, %q is read as %q and %q", room, given, name, got)
		}
	})
}
