package httpapi

import (
	"net/http"

	"github.com/parley-chat/parley/internal/base/fault"
)

// statusOf is the one place where a code becomes an HTTP status.
func statusOf(code fault.Code) int {
	switch code {
	case fault.InvalidArgument:
		return http.StatusBadRequest
	case fault.TokenInvalid, fault.KeyInvalid:
		return http.StatusUnauthorized
	case fault.WrongPassword, fault.NotAllowed, fault.Paused:
		return http.StatusForbidden
	case fault.RoomExists, fault.NameTaken, fault.RoomFull, fault.AlreadyShared:
		return http.StatusConflict
	case fault.RoomNotFound, fault.Removed, fault.RoomClosed:
		return http.StatusGone // it existed once: a token led to it
	case fault.MessageTooLong:
		return http.StatusRequestEntityTooLarge
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
