//go:build linux

package e2e

import (
	"net/http"
	"strings"
	"testing"
)

func TestCaddy_page_isWholeAndCallsItsOwnServer(t *testing.T) {
	t.Parallel()
	_, s := recipeSite(t)
	client := s.from("127.0.0.1")
	whole(t, client, publicURL)
	for origin, want := range map[string]int{
		publicURL: http.StatusOK, "http://parley.example": http.StatusForbidden,
		"https://evil.example": http.StatusForbidden, "null": http.StatusForbidden,
	} {
		resp, text := calls(t, client, publicURL+"/mcp", "", origin)
		if resp.StatusCode != want || (want == http.StatusOK) != strings.Contains(text, `"rooms"`) {
			t.Errorf("a page of %s gets %d %s", origin, resp.StatusCode, text)
		}
	}
}
