package printed_test

import (
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/testkit/printed"
)

func TestSet_emptyFields_areLeftOut(t *testing.T) {
	type inner struct {
		Name string
		At   time.Time
		n    int
	}
	type outer struct {
		inner
		Next  *inner
		List  []inner
		Empty []string
		For   time.Duration
		Ended bool
	}
	noon := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for want, value := range map[string]any{
		"nil": nil, "{}": outer{Empty: []string{}}, "{Next:{}}": outer{Next: &inner{}},
		"{inner:{Name:Ann n:3} Next:{At:2030-01-01T12:00:00Z} List:[{Name:a b} {}] For:3s Ended:true}": outer{
			inner: inner{Name: "Ann", n: 3}, Next: &inner{At: noon}, List: []inner{{Name: "a b"}, {}},
			For: 3 * time.Second, Ended: true},
	} {
		if got := printed.Set(value); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
