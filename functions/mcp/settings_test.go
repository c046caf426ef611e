package main

import (
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/server/app"
)

// environment replaces the settings of the person's environment.
func environment(t *testing.T, set map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "PARLEY_") {
			t.Setenv(name, "") // restores the variable after the test
			os.Unsetenv(name)
		}
	}
	for name, value := range set {
		t.Setenv(name, value)
	}
}

func TestParse_readsTheEnvironment(t *testing.T) {
	environment(t, map[string]string{
		"PARLEY_TABLE": "rooms", "PARLEY_LONGEST_WAIT": "885s", "PARLEY_MESSAGES_PER_MINUTE": "60",
		"PARLEY_UNITS_PER_MINUTE": "0",
		"PARLEY_ALLOW_ORIGIN":     "https://a.example,https://b.example", "PARLEY_BUFFERED": "true",
		"PARLEY_LOG_FORMAT": "json", "PARLEY_LOG_LEVEL": "",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
	})
	got, err := parse()
	want := settings{Buffered: true, Memory: 128, Settings: app.Settings{
		Table: "rooms", LongestWait: 885 * time.Second, KeepAlive: 15 * time.Second, MessagesPerMinute: 60,
		BytesPerMinute: app.Usual, RoomsPerHour: app.Usual, WaitsPerAddress: app.Usual,
		AllowOrigin: []string{"https://a.example", "https://b.example"},
		MaxWaits:    20000, MaxBodies: 64, FilesTotal: 5120, Access: "auto", SignIn: "auto",
		LogLevel: "warn", LogFormat: "json",
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
}

// An instance serves one call at a time: it waits for less and admits less than a server.
func TestParse_settingsLeftOut_areThoseOfAnInstance(t *testing.T) {
	for _, given := range []string{"", "auto"} {
		environment(t, map[string]string{"PARLEY_TABLE": "rooms", "PARLEY_UNITS_PER_MINUTE": given})
		if got, err := parse(); err != nil || got.LongestWait != 50*time.Second || got.UnitsPerMinute != 300 {
			t.Errorf("%q: calls wait %v and cost %d units a minute, %v", given, got.LongestWait, got.UnitsPerMinute,
				err)
		}
	}
}

func TestParse_badValue_namesTheVariable(t *testing.T) {
	for name, value := range map[string]string{
		"PARLEY_TABLE": "", "PARLEY_LONGEST_WAIT": "soon", "PARLEY_KEEP_ALIVE": "1ms", "PARLEY_MAX_WAITS": "many",
		"PARLEY_UNITS_PER_MINUTE": "many", "PARLEY_CREATE_TABLE": "maybe", "PARLEY_BUFFERED": "maybe",
		"PARLEY_LOG_LEVEL": "loud", "PARLEY_PUBLIC_URL": "a.example",
	} {
		environment(t, map[string]string{"PARLEY_TABLE": "rooms", name: value})
		if _, err := parse(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

// Each of these packages makes the function larger, and its start later.
func TestFunction_dependencies_areOnlyThoseThatItUses(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "lambda.norpc", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, unused := range []string{
		"github.com/alecthomas/kong", "zombiezen.com/go/sqlite", "modernc.org/sqlite",
		"github.com/prometheus/client_golang",
		"github.com/aws/aws-sdk-go-v2/config", "net/rpc",
	} {
		if strings.Contains(string(out), unused) {
			t.Errorf("the function links %s", unused)
		}
	}
}
