package fault

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestCodeOf_errorThatIsNoRefusal_isInternal(t *testing.T) {
	refused := Refuse(RoomFull, "All %d seats are taken.", 2)
	for name, c := range map[string]struct {
		err  error
		want Code
	}{
		"none":              {nil, ""},
		"a refusal":         {refused, RoomFull},
		"a wrapped refusal": {fmt.Errorf("while joining: %w", refused), RoomFull},
		"another error":     {errors.New("disk on fire"), Internal},
	} {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A client that is told to repeat its call at once would repeat it without end.
func TestRetryLater_lessThanASecond_isASecond(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{0: time.Second, time.Millisecond: time.Second,
		1200 * time.Millisecond: 1200 * time.Millisecond} {
		if got := RetryLater(RateLimited, after, "Try again.").RetryAfter; got != want {
			t.Errorf("%v: %v, want %v", after, got, want)
		}
	}
	if got := Seconds(1200 * time.Millisecond); got != 2 {
		t.Errorf("1.2 s are shown as %d", got)
	}
}

func TestWrap_cause_isForLogsAndNotInTheMessage(t *testing.T) {
	cause := errors.New("disk on fire")
	err := Wrap(cause, Unavailable, time.Second, "Try again.")
	if err.Message != "Try again." || !errors.Is(err, cause) || err.Error() != "unavailable: Try again.: disk on fire" {
		t.Errorf("the message is %q, the log has %q", err.Message, err)
	}
}
