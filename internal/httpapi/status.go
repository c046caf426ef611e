package httpapi

import (
	"net/http"

	"github.com/parley-chat/parley/internal/chat"
)

// statusOf is the one place where a code becomes an HTTP status.
func statusOf(code chat.Code) int {
	switch code {
	case chat.InvalidArgument:
		return http.StatusBadRequest
	case chat.TokenInvalid:
		return http.StatusUnauthorized
	case chat.WrongPassword, chat.NotAllowed:
		return http.StatusForbidden
	case chat.RoomExists, chat.NameTaken, chat.RoomFull:
		return http.StatusConflict
	case chat.RoomNotFound, chat.Removed, chat.RoomClosed:
		return http.StatusGone // it existed once: a token led to it
	case chat.MessageTooLong:
		return http.StatusRequestEntityTooLarge
	case chat.RateLimited:
		return http.StatusTooManyRequests
	case chat.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
