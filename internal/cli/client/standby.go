package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
)

// StandbyRequest asks for a wait in an agent's place.
type StandbyRequest struct {
	Token  string
	Cursor string // of an earlier answer; "" means after what a cursor has shown to have arrived
	// Peek leaves new events unread: the agent's next call still gets all of them.
	Peek  bool
	ForMe bool          // only a message for the agent ends the wait
	Wait  time.Duration // 0: as long as the server allows, about 100 seconds; less than a second looks in
}

// Standby is how a wait in an agent's place ended.
type Standby struct {
	// Code is the HTTP status: 200 something came, 408 nothing did, 409 another wait took
	// over, 401 and 410 the seat is gone, unless KeyInvalid or Unknown; at any other, try again later.
	Code int
	// Unknown says that the server does not know the token, and perhaps never did: see TokenStore.MarkUnknown.
	Unknown bool
	// KeyInvalid says that the server does not admit the seat's token alone. The seat may still exist.
	KeyInvalid bool
	// Unadmitted says that the seat exists and is from before the server asked for keys: see Client.Admit.
	Unadmitted bool
	// Why is the reason of a refusal, the first clause of the server's sentence to the agent; "" without a refusal.
	Why string
	// RetryAfter is when to call again, if the server says so; at most ten minutes. With 409 RetryAfter means that the
	// agent itself waits.
	RetryAfter time.Duration
	results.Waited
}

// standbyTime bounds a call: the server's longest wait, and time for the answer.
const standbyTime = 130 * time.Second

// Standby waits in an agent's place. The error is an *Unreachable, or the error of ctx.
func (c *Client) Standby(ctx context.Context, r StandbyRequest) (Standby, error) {
	limited, cancel := context.WithTimeout(ctx, standbyTime)
	defer cancel()
	got, err := c.standby(limited, r)
	switch {
	case ctx.Err() != nil:
		return Standby{}, ctx.Err()
	case err != nil:
		return Standby{}, &Unreachable{c.base, plainly(err)}
	}
	return got, nil
}

func (c *Client) standby(ctx context.Context, r StandbyRequest) (Standby, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+waitPath+"?"+r.query().Encode(), nil)
	if err != nil {
		return Standby{}, err
	}
	req.Header.Set("Authorization", "Bearer "+r.Token)
	req.Header.Set("User-Agent", c.userAgent())
	resp, err := c.http.Do(req)
	if err != nil {
		return Standby{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Standby{}, err
	}
	got := Standby{Code: resp.StatusCode}
	if n, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		got.RetryAfter = time.Duration(min(max(n, 0), int(longestPause/time.Second))) * time.Second
	}
	var refused struct {
		Code    fault.Code
		Reason  string
		Message string
	}
	errs := errors.Join(json.Unmarshal(body, &got.Waited), json.Unmarshal(body, &refused))
	if meant(got.Code) && (errs != nil || got.Status == "" && refused.Code == "") {
		return Standby{}, notParley(fmt.Sprintf("%d of %s", got.Code, waitPath))
	}
	if refused.Code != "" || got.Status == results.StatusRemoved {
		got.Why = strings.TrimRight(firstClause.FindString(cmp.Or(refused.Message, got.Next)), ".:; ")
	}
	got.Unadmitted = refused.Reason == fault.ReasonUnadmitted
	got.KeyInvalid = refused.Code == fault.KeyInvalid && refused.Reason != fault.ReasonNoSeat
	got.Unknown = IsUnknown(&fault.Error{Code: refused.Code, Reason: refused.Reason})
	return got, nil
}

// IsUnknown reports whether a server refused a call since the server does not know the token of the seat. A server that
// knows the room of the token says instead that the seat was removed, or that the room was closed.
func IsUnknown(err error) bool {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Code {
	case fault.TokenInvalid, fault.RoomNotFound:
		return true
	}
	return refused.Code == fault.KeyInvalid && refused.Reason == fault.ReasonNoSeat
}

// IsAdmitted reports whether the server has admitted the token, whatever came of the wait. A refusal for too many calls
// says nothing about the token.
func (s Standby) IsAdmitted() bool {
	return s.Code == http.StatusOK || s.Code == http.StatusRequestTimeout || s.Code == http.StatusConflict
}

// AsksForKeys reports whether the server admits nobody without a key, an invite or a token.
func (c *Client) AsksForKeys(ctx context.Context) (bool, error) {
	is, err := c.Standby(ctx, StandbyRequest{Token: "none", Peek: true, Wait: time.Millisecond})
	return is.KeyInvalid, err
}

// Admit shows the client's key beside the token of a seat from before the server asked for keys: from then on the token
// alone is admitted. The result is that of join_room without the seat's own words. What is marked as repeated stays:
// after its restart a server marks words that nobody has read, too.
func (c *Client) Admit(ctx context.Context, token string) (got results.Joined, err error) {
	err = c.Call(ctx, "join_room", map[string]any{"agent_token": token}, &got)
	got.Messages = NewsTo(got.AgentName, got.Messages)
	return got, err
}

// NewsTo returns the messages of a result of join_room without the own words of the agent of this name. The slice of
// messages is changed.
func NewsTo(agent string, messages []results.Message) []results.Message {
	return slices.DeleteFunc(messages, func(m results.Message) bool {
		return cmp.Or(m.From, m.By, m.Agent) == agent && !m.Person && m.Draft == ""
	})
}

// firstClause matches the first clause of a text; the rest says what an agent may do.
var firstClause = regexp.MustCompile(`^.*?(?:[.:;](?:\s|$)|$)`)

// longestPause bounds the pause for which a server can ask.
const longestPause = 10 * time.Minute

// meant reports whether a status is an answer to the wait. A proxy may give the status, too, but what a proxy says
// about seats is worth nothing.
func meant(code int) bool {
	switch code {
	case http.StatusOK, http.StatusRequestTimeout, http.StatusConflict, http.StatusUnauthorized, http.StatusGone:
		return true
	}
	return false
}

func (r StandbyRequest) query() url.Values {
	q := url.Values{}
	if r.Cursor != "" {
		q.Set("cursor", r.Cursor)
	}
	if r.Peek {
		q.Set("peek", "1")
	}
	if r.ForMe {
		q.Set("for_me", "1")
	}
	if r.Wait > 0 {
		q.Set("wait_seconds", strconv.Itoa(int(r.Wait/time.Second)))
	}
	return q
}
