package room_test

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/core"
	"github.com/parley-chat/parley/internal/core/room"
)

// A part of a room's bytes counts like its files.
func TestCheckGuestFile_moreThanAQuarterOfTheBytes_isRefused(t *testing.T) {
	const quarter = core.MaxRoomBytes / 4
	if err := room.CheckGuestFile(quarter, room.FileUsage{}); err != nil {
		t.Error(err)
	}
	err := room.CheckGuestFile(2, room.FileUsage{Files: 1, Bytes: quarter - 1})
	if fault.CodeOf(err) != fault.MessageTooLong {
		t.Errorf("a file over a quarter: %v", err)
	}
}
