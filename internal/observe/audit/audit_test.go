package audit_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/observe/audit"
)

func TestLog_saysWhatAdmittedTheCaller(t *testing.T) {
	for want, asker := range map[string]ident.Principal{
		"principal=none":     {},
		"principal=local":    {ID: ident.Local},
		"principal=key:a1":   {ID: ident.KeyPrincipal("a1"), Owner: "Ann"},
		"principal=invite:2": {Room: "abcdefg", Invite: 2},
		"principal=token":    {Room: "abcdefg", Seat: 7},
	} {
		var b strings.Builder
		log := slog.New(slog.NewTextHandler(&b, nil))
		audit.Log(ident.WithPrincipal(context.Background(), asker), log, "seat_taken", audit.Room("abcdefg"),
			audit.Seat(3))
		got := b.String()
		if !strings.Contains(got, "level=INFO msg=audit action=seat_taken "+want+" room=") ||
			!strings.HasSuffix(got, " seat=3\n") {
			t.Errorf("%s: %s", want, got)
		}
		if strings.Contains(got, "abcdefg") || strings.Contains(got, "Ann") {
			t.Errorf("it holds an id or a label: %s", got)
		}
	}
}
