//go:build !lambda

package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestMetrics_pageThatReboundItsName_isRefused(t *testing.T) {
	var told strings.Builder
	s := settings{MetricsAddr: "127.0.0.1:0", AllowHost: []string{"prom.example"}, LogLevel: "warn"}
	m := newMetrics(s, &told, logger(s, t.Output()))
	if err := m.begin(&store{}); err != nil {
		t.Fatal(err)
	}
	defer m.close()
	url := regexp.MustCompile(`http://\S+/metrics`).FindString(told.String())
	for host, want := range map[string]int{"": 200, "localhost:9464": 200, "prom.example": 200, "evil.example": 403} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("to %q: %d, want %d", host, resp.StatusCode, want)
		}
	}
}
