package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The template sets what the function needs.
func TestParse_settingLeftOut_isNamed(t *testing.T) {
	text, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, resource, _ := strings.Cut(string(text), "\n  OutboxFunction:\n")
	resource, stream, _ := strings.Cut(resource, "EventInvokeConfig:")
	if !strings.Contains(stream, "          PARLEY_OUTBOX: ") {
		t.Error("the function of the stream is not told which one calls")
	}
	names := regexp.MustCompile(`PARLEY_[A-Z_]+`).FindAllString(resource, -1)
	usual := map[string]string{"PARLEY_LOG_FORMAT": "json", "PARLEY_LOG_LEVEL": "info", "PARLEY_ACCESS": "keys",
		"PARLEY_SIGN_IN":        "auto",
		"PARLEY_SIGN_IN_ISSUER": "https://id.example", "PARLEY_SIGN_IN_ALLOW": "acme.example",
		"PARLEY_PUBLIC_URL": "https://parley.example", "PARLEY_OUTBOX_PLACES": "0"}
	for _, name := range names {
		t.Setenv(name, "x")
		if value := usual[name]; value != "" {
			t.Setenv(name, value)
		}
	}
	if s, err := parse(); err != nil || s.DeadLetters != "x" || s.Table != "x" {
		t.Fatalf("%+v, %v", s, err)
	}
	needed := 0
	for _, name := range names {
		if strings.HasPrefix(name, "PARLEY_LOG") || name == "PARLEY_ACCESS" ||
			strings.HasPrefix(name, "PARLEY_SIGN_IN") || name == "PARLEY_OUTBOX_PLACES" {
			continue
		}
		needed++
		value := os.Getenv(name)
		t.Setenv(name, "")
		if _, err := parse(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
		t.Setenv(name, value)
	}
	if needed < 5 {
		t.Errorf("the template sets only %q", names)
	}
}
