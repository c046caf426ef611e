package transfer_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/table/bolttable"
	"github.com/parley-chat/parley/internal/transfer"
)

// FuzzImport imports any text. Whatever it is, it is refused in words, or what was
// taken in can be exported again.
func FuzzImport(f *testing.F) {
	tab, err := bolttable.Open(filepath.Join(f.TempDir(), "parley.db"), bolttable.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = tab.Close() })
	rooms := chat.New(tab, chat.Options{Alone: true, GroupFrom: 1})
	if _, err := rooms.CreateRoom(f.Context(), chat.CreateRequest{Room: "tea", AgentName: "Ann", Public: true}); err != nil {
		f.Fatal(err)
	}
	var export bytes.Buffer
	if _, err := transfer.Export(f.Context(), tab, "", &export); err != nil {
		f.Fatal(err)
	}
	f.Add(export.Bytes())
	f.Add(bytes.ReplaceAll(export.Bytes(), []byte("tea"), []byte("coffee")))
	f.Add([]byte(`{"parley":{"format":1}}` + "\n" + `{"end":{"rooms":0}}`))
	known := []error{
		transfer.ErrForeign, transfer.ErrNewer, transfer.ErrCut, transfer.ErrNameInUse, transfer.ErrApart, table.ErrInvalid,
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := transfer.Import(t.Context(), tab, bytes.NewReader(text))
		if err == nil {
			_, err = transfer.Export(t.Context(), tab, "", io.Discard)
		}
		if err == nil {
			return
		}
		for _, k := range known {
			if errors.Is(err, k) {
				return
			}
		}
		t.Errorf("%q: %v", text, err)
	})
}
