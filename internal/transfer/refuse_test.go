package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/chat"
	"github.com/parley-chat/parley/internal/table"
	"github.com/parley-chat/parley/internal/transfer"
)

func TestImport_nameOfAnotherRoom_changesNothing(t *testing.T) {
	from, to := inFile(t), inFile(t)
	from.furnish()
	to.join("Room 3", "Somebody Else")
	before := to.content()
	_, err := transfer.Import(t.Context(), to.table, bytes.NewReader(from.export("")))
	if !errors.Is(err, transfer.ErrNameInUse) || !strings.Contains(err.Error(), `"room 3"`) {
		t.Errorf("%v; want ErrNameInUse and the name", err)
	}
	if to.content() != before {
		t.Error("something was changed")
	}
}

func TestImport_cutAnywhere_isDoneByRepeatingIt(t *testing.T) {
	from := inFile(t)
	from.furnish()
	export := from.export("")
	_, lines := cut(export, 0)
	for n := range lines {
		part, _ := cut(export, n)
		to := inFile(t)
		did, err := transfer.Import(t.Context(), to.table, bytes.NewReader(part))
		if n == 0 && errors.Is(err, transfer.ErrForeign) {
			continue
		}
		if !errors.Is(err, transfer.ErrCut) {
			t.Fatalf("cut behind line %d: %v; want ErrCut", n, err)
		}
		to.hasNoRoomBut(did.Rooms)
		to.imports(export)
		if to.content() != from.content() {
			t.Fatalf("cut behind line %d and repeated, the rooms differ", n)
		}
	}
}

// hasNoRoomBut fails unless n rooms are to be found by their partitions, and none
// else by its name.
func (h house) hasNoRoomBut(n int) {
	h.t.Helper()
	found, named := 0, 0
	for _, err := range h.table.Partitions(h.t.Context(), chat.KeptRooms, "META") {
		if err != nil {
			h.t.Fatal(err)
		}
		found++
	}
	for _, err := range h.table.Partitions(h.t.Context(), "NAME#", "-") {
		if err != nil {
			h.t.Fatal(err)
		}
		named++
	}
	if found != n || named > n {
		h.t.Fatalf("%d rooms and %d names are there, want %d", found, named, n)
	}
}

// brittle fails every write after some, and does or does not do the one it fails.
type brittle struct {
	table.Table
	left   int
	anyway bool
}

func (b *brittle) Write(ctx context.Context, ops ...table.Op) error {
	if b.left--; b.left > 0 {
		return b.Table.Write(ctx, ops...)
	}
	if b.anyway {
		return errors.Join(table.ErrUnavailable, b.Table.Write(ctx, ops...))
	}
	return table.ErrUnavailable
}

func TestImport_tableFailsAnywhere_isDoneByRepeatingIt(t *testing.T) {
	from := inFile(t)
	from.furnish()
	export := from.export("")
	for writes := 1; ; writes++ {
		for _, anyway := range []bool{false, true} {
			to := inFile(t)
			_, err := transfer.Import(t.Context(), &brittle{to.table, writes, anyway}, bytes.NewReader(export))
			if err == nil {
				if writes < 10 {
					t.Errorf("an import of all rooms took only %d writes", writes-1)
				}
				return
			}
			if !errors.Is(err, table.ErrUnavailable) {
				t.Fatal(err)
			}
			to.imports(export)
			if to.content() != from.content() {
				t.Fatalf("cut at write %d and repeated, the rooms differ", writes)
			}
		}
	}
}

func TestImport_roomThatWentOnHere_isRefusedAndUnchanged(t *testing.T) {
	one, other := inFile(t), inFile(t)
	ann := one.join("tea", "Ann")
	other.imports(one.export(""))
	other.say(ann, "said there")
	one.say(ann, "said here, and meanwhile")
	other.say(ann, "said there, too")
	before := one.content()
	if _, err := transfer.Import(t.Context(), one.table, bytes.NewReader(other.export(""))); !errors.Is(err, transfer.ErrApart) {
		t.Errorf("%v; want ErrApart", err)
	}
	if one.content() != before {
		t.Error("the room was changed")
	}
}

func TestImport_whatIsNoExport_isRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":        {"", transfer.ErrForeign},
		"text":           {"hello\n", transfer.ErrForeign},
		"other JSON":     {"{\"a\":1}\n", transfer.ErrForeign},
		"a newer format": {"{\"parley\":{\"format\":2,\"zip\":true}}\n", transfer.ErrNewer},
		"only its head":  {"{\"parley\":{\"format\":1}}\n", transfer.ErrCut},
		"half a line":    {"{\"parley\":{\"format\":1}}\n{\"room\":{\"i", transfer.ErrCut},
		"a room less":    {"{\"parley\":{\"format\":1}}\n{\"end\":{\"rooms\":1}}\n", transfer.ErrForeign},
		"no key":         {"{\"parley\":{\"format\":1}}\n{\"room\":{}}\n", transfer.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transfer.Import(t.Context(), inFile(t).table, strings.NewReader(c.text))
			if !errors.Is(err, c.want) {
				t.Errorf("%v; want %v", err, c.want)
			}
		})
	}
}

func TestImport_oddLine_isRefusedByItsNumber(t *testing.T) {
	from := inFile(t)
	from.join("tea", "Ann")
	whole := string(from.export(""))
	for name, change := range map[string]func(string) string{
		"item of another room":  func(s string) string { return strings.Replace(s, `"pk":"ROOM#`, `"pk":"ROOM#x`, 1) },
		"item of another name":  func(s string) string { return strings.Replace(s, `"pk":"NAME#tea`, `"pk":"NAME#coffee`, 1) },
		"item of a newer kind":  func(s string) string { return strings.Replace(s, `"data":"{\"v\":2`, `"data":"{\"v\":3`, 1) },
		"item without its data": func(s string) string { return strings.Replace(s, `"data":"{`, `"date":"{`, 1) },
		"name of another room": func(s string) string {
			at := strings.Index(s, `"pk":"NAME#tea"`)
			return s[:at] + strings.Replace(s[at:], `\"id\":\"`, `\"id\":\"x`, 1)
		},
		"room of another name": func(s string) string { return strings.ReplaceAll(s, `\"key\":\"tea`, `\"key\":\"x`) },
		"item left out": func(s string) string {
			at := strings.Index(s, `{"item":{"pk":"ROOM#`)
			return s[:at] + s[at+strings.IndexByte(s[at:], '\n')+1:]
		},
		"bytes that are no text": func(s string) string { return strings.Replace(s, "Ann", "\xff", 1) },
		"two in one line":        func(s string) string { return strings.Replace(s, `{"room":{`, `{"end":{"rooms":0},"room":{`, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			to := inFile(t)
			_, err := transfer.Import(t.Context(), to.table, strings.NewReader(change(whole)))
			if !errors.Is(err, transfer.ErrForeign) || !strings.Contains(err.Error(), "line ") {
				t.Errorf("%v; want ErrForeign and the line", err)
			}
			to.hasNoRoomBut(0)
		})
	}
}

func TestExport_roomThatIsNotThere_saysSo(t *testing.T) {
	h := inFile(t)
	for name, want := range map[string]string{"nowhere": "nowhere", "a/b": "letters, digits"} {
		_, err := transfer.Export(t.Context(), h.table, name, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// talkative has a word said in a room whenever its events are being read.
type talkative struct {
	transfer.Source
	say func()
}

func (s talkative) Query(ctx context.Context, r table.Range) (table.Page, error) {
	page, err := s.Source.Query(ctx, r)
	if !r.Reverse {
		s.say()
	}
	return page, err
}

func TestExport_roomInUse_isNoExport(t *testing.T) {
	h := inFile(t)
	ann := h.join("tea", "Ann")
	n := 0
	busy := talkative{h.table, func() { n++; h.say(ann, fmt.Sprint("a word in between, number ", n)) }}
	var out bytes.Buffer
	if _, err := transfer.Export(t.Context(), busy, "", &out); !errors.Is(err, transfer.ErrUnquiet) {
		t.Errorf("%v; want ErrUnquiet", err)
	}
	if _, err := transfer.Import(t.Context(), inFile(t).table, &out); err == nil {
		t.Error("what was written of it could be imported")
	}
}
