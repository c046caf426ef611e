package httpapi

import (
	"testing"

	"github.com/parley-chat/parley/internal/base/fault"
)

func TestStatus_ofEachCode_tellsAProgramWhetherToRepeat(t *testing.T) {
	for code, want := range map[fault.Code]int{
		fault.InvalidArgument: 400, fault.RoomNotFound: 410, fault.RoomExists: 409, fault.NameTaken: 409,
		fault.RoomFull:      409,
		fault.WrongPassword: 403, fault.TokenInvalid: 401, fault.KeyInvalid: 401, fault.NotAllowed: 403,
		fault.Paused: 403, fault.Removed: 410, fault.RoomClosed: 410,
		fault.MessageTooLong: 413, fault.RateLimited: 429, fault.Unavailable: 503, fault.Internal: 500, "new": 500,
	} {
		if got := statusOf(code); got != want {
			t.Errorf("%s: %d, want %d", code, got, want)
		}
	}
}
