package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// NewsPath is where a page asks what is new for its person in rooms that are not in sight. The tokens of the seats are
// in the body alone.
const NewsPath = "/v1/news"

// maxNewsBody is how many bytes a call for news has at most: 100 seats take 9,000.
const maxNewsBody = 64 << 10

// serveNews answers a POST of NewsPath. Where keys are needed, each seat is admitted by its token.
func (s *server) serveNews(ex *exchange, r *http.Request, _ door) {
	if ex.answeredWrongMethod(r, http.MethodPost) {
		return
	}
	ex.Header().Set("Cache-Control", "no-store")
	ex.Header().Set("Parley-Page", s.Page.Version()) // an open page of another version says that it is out of date
	ctx := s.context(ex, r, ident.Principal{ID: s.principalOf(r)})
	body, reason := s.receiveArguments(ctx, ex, r, maxNewsBody)
	if reason != nil {
		ex.refuseArguments(reason)
		return
	}
	var asked tools.NewsAsked
	if err := json.Unmarshal(body, &asked); err != nil {
		s.refuseNoCall(ex, r, ident.Principal{ID: s.principalOf(r)}, http.StatusBadRequest,
			invalidCall("wait_seconds must be a whole number, and token, after and tag of each of seats texts."))
		return
	}
	by := tools.Admission{Watch: s.watch}
	if s.Keys {
		by.Admit = func(ctx context.Context, token string) (ident.Principal, error) {
			return s.Gate.Token(ctx, token, s.clientOf(r))
		}
	}
	o := s.News(ctx, asked, by)
	switch {
	case o.Canceled:
		refuseTool(ex, http.StatusServiceUnavailable, unavailable(cutOff))
	case o.Failure != nil:
		refuseTool(ex, statusOf(fault.Code(o.Failure.Code)), o.Failure)
	default:
		answerTool(ex, http.StatusOK, o.JSON())
	}
}
