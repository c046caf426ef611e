package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// A first visit takes the document, what that names, and what the scripts then ask of MCP.
func TestWire_firstView_isSmallAndOneRoundTripAfterTheDocument(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, s *server) {
		ada := s.agent("The bridge", "Ada")
		ada.says("The girders come on Tuesday.")
		tab := s.person().open(ada.watch)
		tab.sees("The girders come on Tuesday.")
		const limit = 150_000
		var whole float64
		assets := 0
		for _, q := range tab.requested(s.root) {
			whole += q.bytes                                                              // a wait that is open counts for nothing yet
			if !strings.Contains(q.url, "/assets/") || strings.HasSuffix(q.url, ".svg") { // the browser's own wish
				continue
			}
			assets++
			named := q.initiator.Type == network.InitiatorTypeParser && strings.HasPrefix(q.initiator.URL, s.root+"/r/")
			if !named {
				t.Errorf("%s was found by %s %s, want by the document", q.url, q.initiator.Type, q.initiator.URL)
			}
			if !slices.Contains([]string{"gzip", "br", "zstd"}, q.headers["content-encoding"]) && q.bytes > 2_000 {
				t.Errorf("%s: %v bytes, not compressed", q.url, q.bytes)
			}
		}
		t.Logf("%v bytes on the wire, %d assets", whole, assets)
		if whole == 0 || whole > limit || assets == 0 {
			t.Errorf("%v bytes on the wire for %d assets, at most %d", whole, assets, limit)
		}
	})
}

// What a browser has of a version it does not ask for again.
func TestWire_secondView_loadsNoAssetAgain(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	tab := s.person().open(s.agent("The bridge", "Ada").watch)
	tab.sees("The bridge")
	before := len(tab.requested("/assets/"))
	tab.visit("/")
	tab.is(css("h1"))
	for _, q := range tab.requested("/assets/")[before:] {
		if q.bytes > 0 {
			t.Errorf("%s was loaded again: %v bytes", q.url, q.bytes)
		}
	}
}
