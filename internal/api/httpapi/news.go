package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/parley-chat/parley/internal/api"
	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
)

// NewsPath is where a page asks what is new for its person in rooms that the page does not show. The tokens of the
// seats are in the body alone.
const NewsPath = "/v1/news"

// serveNews answers a POST of NewsPath. Where keys are needed, each seat is admitted by its token.
func (s *server) serveNews(ex *exchange, r *http.Request, _ door) {
	ex.Header().Set("Cache-Control", "no-store")
	ex.Header().Set("Parley-Page", s.Page.Version()) // an open page of another version says that it is out of date
	caller := ident.Principal{ID: s.principalOf(r)}
	if r.Method != http.MethodPost {
		ex.Header().Set("Allow", http.MethodPost)
		s.refuseNoCall(ex, r, caller, http.StatusMethodNotAllowed, invalidCall("This address takes POST only."))
		return
	}
	ctx := s.context(ex, r, caller)
	body, ok := s.receiveArguments(ctx, ex, r, api.MaxNewsBody)
	if !ok {
		return
	}
	var asked tools.NewsAsked
	if err := json.Unmarshal(body, &asked); err != nil {
		s.refuseNoCall(ex, r, caller, http.StatusBadRequest, invalidCall("wait_seconds must be a whole number, and "+
			"token, after and tag of each of seats texts."))
		return
	}
	by := tools.Admission{Watch: s.watch}
	if s.Keys {
		by.Admit = func(ctx context.Context, token ident.Token) (ident.Principal, error) {
			return s.Gate.TokenOfMany(ctx, token, s.clientOf(r))
		}
	}
	o := s.News(ctx, asked, by)
	switch {
	case o.Canceled:
		refuseTool(ex, http.StatusServiceUnavailable, unavailable(cutOff))
	case o.Failure != nil:
		refuseTool(ex, statusOf(fault.Code(o.Failure.Code)), o.Failure)
	default:
		mcp.AllowCompression(ex.Header())
		answerTool(ex, http.StatusOK, o.JSON())
	}
}
