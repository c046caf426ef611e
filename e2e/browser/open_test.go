package browser

import (
	"testing"
)

// everywhere runs a test on each way to run Parley.
func everywhere(t *testing.T, test func(t *testing.T, s *server)) {
	for name, start := range map[string]func(*testing.T) *server{
		"file":   func(t *testing.T) *server { return onFile(t) },
		"table":  func(t *testing.T) *server { return onTable(t) },
		"lambda": func(t *testing.T) *server { return onLambda(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start(t))
		})
	}
}

func TestOpen_serverThatWasGone_isFollowedOn(t *testing.T) {
	t.Parallel()
	s := onFile(t)
	ada := s.agent("The bridge", "Ada")
	tab := s.person().open(ada.watch)
	tab.sees("The bridge")
	tab.expects("ERR_") // how a connection ends when its server is killed is the browser's business
	s.kill()
	tab.sees("No connection")
	s.again()
	ada.says("Where were we?")
	tab.sees("Where were we?")
	tab.seesNot("No connection")
}
