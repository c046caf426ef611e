package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parley-chat/parley/internal/api/mcp"
	"github.com/parley-chat/parley/internal/api/tools"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/core/chat"
	"github.com/parley-chat/parley/internal/core/pairing"
	"github.com/parley-chat/parley/internal/core/room"
	"github.com/parley-chat/parley/internal/observe/meter"
	"github.com/parley-chat/parley/internal/store/table/sqlite/sqlitetest"
)

// hall is a site with real rooms, in which Ann and Bob have met.
type hall struct {
	*site
	rooms    *chat.Service
	meter    *meter.Meter
	ann, bob chat.Seated
}

func newHall(t *testing.T, o meter.Options, change ...func(*chat.Options, *Options)) *hall {
	t.Helper()
	tab := sqlitetest.Open(t, nil)
	h := &hall{meter: meter.New(o)}
	h.site = newSite(t, func(s *site, o *Options) {
		co := chat.Options{SingleProcess: true, MinBatch: 1, Logger: o.Logger}
		for _, f := range change {
			f(&co, o)
		}
		h.rooms = chat.New(tab, co)
		set := tools.New(h.rooms, pairing.New(h.rooms, pairing.Options{}),
			tools.Options{Address: func(context.Context) string { return "" }, Log: o.Logger})
		o.MCP, o.Standby, o.Meter = mcp.NewServer(mcp.Options{Tools: set.Tools(), Log: o.Logger}).Serve, set.Standby,
			h.meter
	})
	h.ann, h.bob = h.join("Ann"), h.join("Bob")
	return h
}

func (h *hall) join(name string) chat.Seated {
	h.t.Helper()
	seat, err := h.rooms.JoinRoom(h.t.Context(), chat.JoinRequest{Room: "hall", AgentName: name})
	if err != nil {
		h.t.Fatal(err)
	}
	return seat
}

func (h *hall) say(seat chat.Seated, text string) {
	h.t.Helper()
	if _, err := h.rooms.Send(h.t.Context(), chat.SendRequest{Token: seat.Token, Text: text}); err != nil {
		h.t.Fatal(err)
	}
}

// standby returns a request to wait with a token.
func (h *hall) standby(token, query string) *http.Request {
	h.t.Helper()
	r := h.get(StandbyPath + query)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// awaitWaits returns when n calls wait.
func (h *hall) awaitWaits(n int64) {
	h.t.Helper()
	poll(h.t, fmt.Sprintf("%d open waits", n), func() bool { return h.meter.Totals().OpenWaits == n })
}

// awaitStandby returns when Bob's program waits in the room. The call counts as waiting before.
func (h *hall) awaitStandby() {
	h.t.Helper()
	poll(h.t, "Bob's program waits in the room", func() bool {
		info, err := h.rooms.RoomInfo(h.t.Context(), chat.InfoRequest{Token: h.ann.Token})
		return err == nil && slices.ContainsFunc(info.Room.Agents, func(a chat.AgentView) bool {
			return a.Name == "Bob" && a.State == room.AgentStandby
		})
	})
}

// poll returns when ok holds, which must be soon.
func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", patience, what)
		}
	}
}

// check checks the answer to a wait, and returns its JSON.
func (h *hall) check(resp *http.Response, status int, want map[string]string) map[string]any {
	h.t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		h.t.Fatalf("%v in %s", err, body)
	}
	if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/json" {
		h.t.Errorf("%d %v %s, want %d", resp.StatusCode, resp.Header, body, status)
	}
	for key, value := range want {
		if said := fmt.Sprint(answer[key]); !strings.Contains(said, value) {
			h.t.Errorf("%s is %q, want %q", key, said, value)
		}
	}
	return answer
}

func TestStandby_somebodySpeaks_isTheResultOfWaitForMessage(t *testing.T) {
	h := newHall(t, meter.Options{})
	query := "?cursor=" + h.bob.Cursor
	answer := h.send(h.standby(h.bob.Token, query))
	h.awaitWaits(1)
	h.say(h.ann, "the kettle is on")
	got := h.check(await(t, answer), http.StatusOK,
		map[string]string{"status": "messages", "messages": "the kettle is on"})
	_,
		body := h.do(h.request(fmt.Sprintf(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait_for_message","arguments":{"agent_token":%q,"cursor":%q}}}`, h.bob.Token, h.bob.Cursor), nil))
	var tool struct {
		Result struct{ StructuredContent map[string]any }
	}
	if err := json.Unmarshal([]byte(body), &tool); err != nil {
		t.Fatal(err)
	}
	if a, b := withoutCursor(got), withoutCursor(tool.Result.StructuredContent); a != b {
		t.Errorf("standby gives %s,\nthe tool %s", a, b)
	}
}

// withoutCursor returns a result as text without the cursor, since cursors differ in every answer.
func withoutCursor(result map[string]any) string {
	return strings.ReplaceAll(fmt.Sprint(result), fmt.Sprint(result["cursor"]), "CURSOR")
}

func TestStandby_nothingCame_isATimeoutThatMayBeRepeated(t *testing.T) {
	h := newHall(t, meter.Options{})
	for _, query := range []string{"?wait_seconds=0", "?wait_seconds=0&for_me=1&cursor=" + h.bob.Cursor} {
		resp, err := http.DefaultClient.Do(h.standby(h.bob.Token, query))
		if err != nil {
			t.Fatal(err)
		}
		h.check(resp, http.StatusRequestTimeout, map[string]string{"status": "quiet", "cursor": "c"})
		if resp.Header.Get("Retry-After") != "1" {
			t.Errorf("%v", resp.Header)
		}
	}
}

func TestStandby_lookingIn_isNoWait(t *testing.T) {
	h := newHall(t, meter.Options{MaxWaits: 1})
	inside := h.send(h.standby(h.ann.Token, "?cursor="+h.bob.Cursor)) // not Ann's own, so it is ignored
	h.check(await(t, inside), http.StatusOK, map[string]string{"status": "messages"})
	h.looked(h.ann)
	inside = h.send(h.standby(h.ann.Token, ""))
	h.awaitWaits(1)
	resp, err := http.DefaultClient.Do(h.standby(h.bob.Token, "?wait_seconds=0"))
	if err != nil {
		t.Fatal(err)
	}
	h.check(resp, http.StatusRequestTimeout, map[string]string{"status": "quiet"})
	h.say(h.bob, "good bye")
	h.check(await(t, inside), http.StatusOK, map[string]string{"messages": "good bye"})
}

func TestStandby_tokenMissingOrWrong_isRefused(t *testing.T) {
	h := newHall(t, meter.Options{})
	wrong := h.standby("", "")
	wrong.Header.Set("Authorization", "Basic "+h.bob.Token)
	twice := h.standby(h.bob.Token, "")
	twice.Header.Add("Authorization", "Bearer "+h.bob.Token)
	for name, r := range map[string]*http.Request{
		"none": h.standby("", ""), "another scheme": wrong, "two": twice,
		"a view":   h.standby(ident.NewView("0123456789abcdef", "r000000", 1, 1).String(), ""),
		"mistyped": h.standby(strings.ToUpper(h.bob.Token[1:])+"0", ""),
	} {
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		h.check(resp, http.StatusUnauthorized, map[string]string{"code": "token_invalid", "message": "join_room"})
		if resp.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %v", name, resp.Header)
		}
	}
}

func TestStandby_queryThatItDoesNotTake_isRefusedAndNotLogged(t *testing.T) {
	h := newHall(t, meter.Options{})
	for query, says := range map[string]string{
		"?agent_token=" + h.bob.Token: "Authorization", "?token=" + h.bob.Token: "written to logs",
		"?wait_seconds=soon": "wait_seconds", "?wait_seconds=-1": "wait_seconds", "?for_me=maybe": "for_me",
		"?a=%zz": "well-formed",
	} {
		resp, err := http.DefaultClient.Do(h.standby(h.bob.Token, query))
		if err != nil {
			t.Fatal(err)
		}
		h.check(resp, http.StatusBadRequest, map[string]string{"code": "invalid_argument", "message": says})
	}
	body := h.standby(h.bob.Token, "")
	body.Body, body.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
	resp, err := http.DefaultClient.Do(body)
	if err != nil {
		t.Fatal(err)
	}
	h.check(resp, http.StatusBadRequest, map[string]string{"message": "no body"})
	if log := h.log.String(); strings.Contains(log, h.bob.Token) || !strings.Contains(log, StandbyPath) {
		t.Errorf("the log: %s", log)
	}
}

func TestStandby_otherMethodsThanGet_areRefused(t *testing.T) {
	h := newHall(t, meter.Options{})
	for _, method := range []string{"HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
		r := h.standby(h.bob.Token, "")
		r.Method = method
		if resp, body := h.do(r); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET" {
			t.Errorf("%s: %d %v %s", method, resp.StatusCode, resp.Header, body)
		}
	}
}

func TestStandby_seatIsGone_isGone(t *testing.T) {
	h := newHall(t, meter.Options{})
	answer := h.send(h.standby(h.bob.Token, ""))
	h.awaitStandby()
	if _, err := h.rooms.LeaveRoom(t.Context(), chat.LeaveRequest{Token: h.bob.Token}); err != nil {
		t.Fatal(err)
	}
	h.check(await(t, answer), http.StatusGone, map[string]string{"status": "removed", "next": "You have left"})
	answer = h.send(h.standby(h.bob.Token, ""))
	h.check(await(t, answer), http.StatusGone, map[string]string{"code": "removed", "message": "join_room"})
}

func TestStandby_newerWaitOfTheSeat_endsItForGood(t *testing.T) {
	h := newHall(t, meter.Options{})
	older := h.send(h.standby(h.bob.Token, ""))
	h.awaitStandby()
	newer := h.send(h.standby(h.bob.Token, ""))
	resp := await(t, older)
	h.check(resp, http.StatusConflict, map[string]string{"status": "superseded", "next": "newer call"})
	if after := resp.Header.Get("Retry-After"); after != "" {
		t.Errorf("it is asked to take over again after %s s", after)
	}
	h.say(h.ann, "for the newer one")
	h.check(await(t, newer), http.StatusOK, map[string]string{"messages": "for the newer one"})
}

func TestStandby_agentItselfWaits_comesAgainLater(t *testing.T) {
	h := newHall(t, meter.Options{})
	own := h.send(h.request(fmt.Sprintf(
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait_for_message","arguments":{"agent_token":%q,"cursor":%q,"wait_seconds":60}}}`, h.bob.Token, h.bob.Cursor),
		http.Header{"Accept": {"application/json"}}))
	h.awaitWaits(1)
	resp, err := http.DefaultClient.Do(h.standby(h.bob.Token, ""))
	if err != nil {
		t.Fatal(err)
	}
	h.check(resp, http.StatusConflict, map[string]string{"status": "superseded"})
	if after := resp.Header.Get("Retry-After"); after != "60" {
		t.Errorf("it may come again after %q s", after)
	}
	h.say(h.ann, "for the agent itself")
	answer := await(t, own)
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(body), "for the agent itself") {
		t.Errorf("its wait ended with %s, %v", body, err)
	}
}

// A program that wakes the agent must not miss that the agent goes idle.
func TestStandby_peeks_comesAgainSoonWhenTheAgentItselfWaits(t *testing.T) {
	h := newHall(t, meter.Options{})
	before := h.send(h.standby(h.bob.Token, "?peek=1"))
	h.awaitWaits(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	own := make(chan error, 1)
	go func() {
		_, err := h.rooms.Wait(ctx, chat.WaitRequest{Token: h.bob.Token, Cursor: h.bob.Cursor, Wait: time.Minute})
		own <- err
	}()
	for _, resp := range []func() *http.Response{
		func() *http.Response { return await(t, before) },
		func() *http.Response { return await(t, h.send(h.standby(h.bob.Token, "?peek=1"))) },
	} {
		resp := resp()
		h.check(resp, http.StatusConflict, map[string]string{"status": "superseded"})
		if after := resp.Header.Get("Retry-After"); after != "1" {
			t.Errorf("it may come again after %q s", after)
		}
	}
	cancel()
	<-own
}

func TestStandby_serverStops_isAnsweredSoThatItComesAgain(t *testing.T) {
	h := newHall(t, meter.Options{})
	answer := h.send(h.standby(h.bob.Token, ""))
	h.awaitWaits(1)
	h.rooms.Stop()
	resp := await(t, answer)
	h.check(resp, http.StatusServiceUnavailable, map[string]string{"status": "quiet", "next": "Call wait_for_message"})
	if resp.Header.Get("Retry-After") != "1" {
		t.Errorf("%v", resp.Header)
	}
}

func TestStandby_waitPanics_isAnErrorWithAnID(t *testing.T) {
	s := newSite(t, func(_ *site, o *Options) {
		o.Standby = tools.New(nil, nil, tools.Options{Log: slog.New(slog.DiscardHandler)}).Standby // dereferences nil
	})
	r := s.get(StandbyPath)
	r.Header.Set("Authorization", "Bearer x")
	resp, body := s.do(r)
	var answer struct{ Code, Message, ID string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusInternalServerError || answer.Code != "internal" || answer.ID == "" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestStandby_withoutAWaitHandler_isNoAddress(t *testing.T) {
	s := newSite(t)
	if resp, body := s.do(s.get(StandbyPath)); resp.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}
