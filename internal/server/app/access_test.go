package app_test

import (
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/server/app"
)

func TestKeys_usually_areNeededWhereOthersCanReachTheServer(t *testing.T) {
	for _, c := range []struct {
		access string
		local  bool
		want   bool
		says   string
	}{
		{"auto", true, false, "only this machine can reach it."},
		{"auto", false, true, "others can reach it. Callers need a key."},
		{"keys", true, true, "only this machine can reach it. Callers need a key."},
		{"open", false, false, "others can reach it. Anyone who knows its address can use it, without a key."},
		{"", false, false, "without a key"}, // the zero value limits nothing
	} {
		config := app.Config{OnLoopback: c.local, Settings: app.Settings{Access: c.access, RoomsPerHour: app.Usual}}
		if got := config.Exposure(); config.Keys() != c.want || !strings.Contains(got, c.says) {
			t.Errorf("%q, local %v: %v, %q", c.access, c.local, config.Keys(), got)
		}
		config.Settings.SignInIssuer = "https://accounts.google.com"
		if got := config.Exposure(); !strings.HasSuffix(got, " Callers sign in with Google, or need a key.") {
			t.Errorf("with accounts: %q", got)
		}
	}
}
