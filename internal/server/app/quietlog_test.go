package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/store/table"
)

func TestLog_leavesOutLinesOfAFullDiskAlone(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(QuietWhenFull{slog.NewTextHandler(&out, nil)}).With("id", 1).WithGroup("of")
	log.Warn("dropped", "room", "r", "error", fmt.Errorf("writing: %w", table.ErrFull))
	log.Warn("kept", "room", "r", "error", errors.New("the disk has failed"))
	log.Warn("kept", "room", "r")
	if got := out.String(); strings.Contains(got, "dropped") || strings.Count(got, "msg=kept id=1 of.room=r") != 2 {
		t.Errorf("the log has\n%s", got)
	}
}
