package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// alone takes away what the person's environment says.
func alone(t *testing.T) {
	t.Helper()
	for _, name := range []string{"ADDR", "DATA", "TABLE", "ALLOW_HOST", "ALLOW_ORIGIN", "LOG_LEVEL", "LOG_FORMAT"} {
		t.Setenv("PARLEY_"+name, "")
		os.Unsetenv("PARLEY_" + name)
	}
}

func usual() settings {
	return settings{Addr: "127.0.0.1:8080", LogLevel: "info", LogFormat: "text"}
}

func TestParse_readsFlagsAndEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		args string
		env  map[string]string
		want func(*settings)
	}{
		"nothing":       {want: func(*settings) {}},
		"the command":   {args: "serve", want: func(*settings) {}},
		"a flag":        {args: "--addr :0", want: func(s *settings) { s.Addr = ":0" }},
		"command, flag": {args: "serve --addr=[::1]:9", want: func(s *settings) { s.Addr = "[::1]:9" }},
		"a file":        {args: "--data /tmp/x.db", want: func(s *settings) { s.Data = "/tmp/x.db" }},
		"a table":       {args: "--table rooms --create-table", want: func(s *settings) { s.Table, s.CreateTable = "rooms", true }},
		"names":         {args: "--allow-host a --allow-host b", want: func(s *settings) { s.AllowHost = []string{"a", "b"} }},
		"the log":       {args: "--log-level debug --log-format json", want: func(s *settings) { s.LogLevel, s.LogFormat = "debug", "json" }},
		"environment":   {env: map[string]string{"ADDR": "0.0.0.0:1", "DATA": "f"}, want: func(s *settings) { s.Addr, s.Data = "0.0.0.0:1", "f" }},
		"environment too": {env: map[string]string{"TABLE": "t", "LOG_LEVEL": "warn", "LOG_FORMAT": "json", "ALLOW_ORIGIN": "https://a.example,https://b.example"}, want: func(s *settings) {
			s.Table, s.LogLevel, s.LogFormat, s.AllowOrigin = "t", "warn", "json", []string{"https://a.example", "https://b.example"}
		}},
		"flag wins": {args: "--addr :2", env: map[string]string{"ADDR": ":1"}, want: func(s *settings) { s.Addr = ":2" }},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t)
			for key, value := range c.env {
				t.Setenv("PARLEY_"+key, value)
			}
			want := usual()
			c.want(&want)
			var out strings.Builder
			got, done, err := parse(strings.Fields(c.args), "v1", &out)
			if err != nil || done || out.Len() > 0 || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, done %v, %v, %q; want %+v", got, done, err, out.String(), want)
			}
		})
	}
}

func TestParse_whatCannotBe_isRefusedByName(t *testing.T) {
	for args, named := range map[string]string{
		"--addr 8080":            "--addr",
		"--data a --table b":     "--table",
		"--create-table":         "--table NAME",
		"--log-level loud":       "--log-level",
		"--log-format xml":       "--log-format",
		"--nonsense":             "--nonsense",
		"talk":                   "talk",
		"serve --create-table=1": "--create-table",
	} {
		alone(t)
		if _, done, err := parse(strings.Fields(args), "v1", os.Stderr); done || err == nil || !strings.Contains(err.Error(), named) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestParse_helpAndVersion_areAllThereIsToDo(t *testing.T) {
	alone(t)
	for args, wanted := range map[string][]string{
		"--version": {"v1.2.3\n"},
		"--help":    {"PARLEY_ADDR", "127.0.0.1:8080", "PARLEY_DATA", "parley.db", "PARLEY_TABLE", "--create-table", "PARLEY_LOG_LEVEL", "PARLEY_LOG_FORMAT", "--version", "serve"},
	} {
		var out strings.Builder
		_, done, err := parse(strings.Fields(args), "v1.2.3", &out)
		if err != nil || !done {
			t.Errorf("%s: done %v, %v", args, done, err)
		}
		for _, text := range wanted {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s does not say %s:\n%s", args, text, &out)
			}
		}
	}
}

func TestDataFile_leftToUs_isInAFolderOfOnesOwn(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the user's folder is moved by a variable that other systems do not read")
	}
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	file, err := settings{}.dataFile()
	if err != nil || file != filepath.Join(home, "parley", "parley.db") {
		t.Fatalf("%q %v", file, err)
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Errorf("%v %v", info, err)
	}
}

func TestDataFile_given_isTakenAsItIs(t *testing.T) {
	if file, err := (settings{Data: "here.db"}).dataFile(); err != nil || file != "here.db" {
		t.Errorf("%q %v", file, err)
	}
}

func TestDataFile_noPlaceForIt_saysWhatToGive(t *testing.T) {
	occupied := filepath.Join(t.TempDir(), "occupied")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, home := range []string{occupied, "relative/is/refused"} {
		t.Setenv("XDG_CONFIG_HOME", home)
		t.Setenv("HOME", occupied)
		if file, err := (settings{}).dataFile(); err == nil || !strings.Contains(err.Error(), "--data FILE") {
			t.Errorf("%s: %q %v", home, file, err)
		}
	}
}

func TestLogger_isAsAskedFor(t *testing.T) {
	var out strings.Builder
	log := settings{LogLevel: "warn", LogFormat: "json"}.logger(&out)
	log.Info("no")
	log.Warn("yes")
	if got := out.String(); strings.Contains(got, `"no"`) || !strings.Contains(got, `"msg":"yes"`) {
		t.Error(got)
	}
	out.Reset()
	settings{LogLevel: "debug", LogFormat: "text"}.logger(&out).Debug("all")
	if got := out.String(); !strings.Contains(got, "level=DEBUG msg=all") {
		t.Error(got)
	}
}
