package roomlog

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/store/table"
)

// A damaged item is not one of an older program: other words tell its owner what to do.
func TestReadable_itemOfAnotherVersionOrDamaged_saysWhichItIs(t *testing.T) {
	item := func(data string) table.Item { return table.Item{Key: MetaKey("abcdefg"), Data: []byte(data)} }
	if err := Readable(item(fmt.Sprintf(`{"id":"x","v":%d}`, room.Version))); err != nil {
		t.Errorf("an item of this version: %v", err)
	}
	if err := Readable(item(fmt.Sprintf(`{"v":%d}`, room.Version+1))); !errors.Is(err, room.ErrNewerVersion) {
		t.Errorf("an item of a newer version: %v", err)
	}
	if err := Readable(item(fmt.Sprintf(`{"v":%d}`, room.Version-1))); !errors.Is(err, room.ErrOlderVersion) {
		t.Errorf("an item of an older version: %v", err)
	}
	for _, damaged := range []string{"", `{"v":`, `{"v":"1"}`} {
		if err := Readable(item(damaged)); err == nil || errors.Is(err, room.ErrOlderVersion) {
			t.Errorf("the damaged item %s: %v", damaged, err)
		}
	}
}
