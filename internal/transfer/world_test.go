package transfer_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jonboulle/clockwork"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/dynamolocal"
	"github.com/parley-chat/parley/internal/table/bolttable"
	"github.com/parley-chat/parley/internal/table/dynamotable"
	"github.com/parley-chat/parley/internal/transfer"
)

// house is rooms on a table.
type house struct {
	t     *testing.T
	table transfer.Source
	*chat.Service
}

// inFile has its file in memory where the system offers that: how it gets to the
// disk is tested with the table.
func inFile(t *testing.T) house {
	t.Helper()
	return inFileAt(t, clockwork.NewRealClock())
}

// inFileAt goes by a clock.
func inFileAt(t *testing.T, clock clockwork.Clock) house {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "parley-")
	if err != nil {
		dir = t.TempDir()
	}
	tab, err := bolttable.Open(filepath.Join(dir, "parley.db"), bolttable.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(tab.Close(), os.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	return house{t, tab, chat.New(tab, chat.Options{Alone: true, GroupFrom: 1, Clock: clock})}
}

func inDynamoDB(t *testing.T) house {
	t.Helper()
	tab, _ := dynamolocal.NewTable(t, dynamotable.Options{})
	return house{t, tab, chat.New(tab, chat.Options{})}
}

// opened is the house as another program finds it: it knows nothing yet.
func (h house) opened() house {
	h.Service = chat.New(h.table, chat.Options{Alone: true, GroupFrom: 1})
	return h
}

func (h house) export(room string) []byte {
	h.t.Helper()
	var out bytes.Buffer
	if _, err := transfer.Export(h.t.Context(), h.table, room, &out); err != nil {
		h.t.Fatal(err)
	}
	return out.Bytes()
}

func (h house) imports(export []byte) transfer.Summary {
	h.t.Helper()
	did, err := transfer.Import(h.t.Context(), h.table, bytes.NewReader(export))
	if err != nil {
		h.t.Fatal(err)
	}
	return did
}

// content is all that is in the rooms of the house, for comparing.
func (h house) content() string { return string(h.export("")) }

// speaker is an agent that carries its token and cursor from house to house.
type speaker struct {
	name, token, cursor string
	heard               []string
}

func (h house) join(room, name string) *speaker {
	h.t.Helper()
	got, err := h.JoinRoom(h.t.Context(), chat.JoinRequest{Room: room, AgentName: name, Capacity: 3})
	if err != nil {
		h.t.Fatal(err)
	}
	return &speaker{name: name, token: got.Token, cursor: got.Cursor}
}

func (h house) say(s *speaker, text string) int64 {
	h.t.Helper()
	got, err := h.Send(h.t.Context(), chat.SendRequest{Token: s.token, Text: text, Key: text})
	if err != nil {
		h.t.Fatal(err)
	}
	return got.Seq
}

// listen reads all that is new for s.
func (h house) listen(s *speaker) {
	h.t.Helper()
	for {
		got, err := h.Wait(h.t.Context(), chat.WaitRequest{Token: s.token, Cursor: s.cursor})
		if err != nil {
			h.t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return
		}
		for _, m := range got.Messages {
			if m.Type == chat.Said {
				s.heard = append(s.heard, m.Text)
			}
		}
		s.cursor = got.Cursor
	}
}

// cut returns the first n lines of an export, and how many there are.
func cut(export []byte, n int) (part []byte, lines int) {
	all := strings.SplitAfter(strings.TrimSuffix(string(export), "\n"), "\n")
	return []byte(strings.Join(all[:min(n, len(all))], "")), len(all)
}
