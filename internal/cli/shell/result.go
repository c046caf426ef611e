package shell

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/cli/client"
)

// args are the arguments of a tool.
type args map[string]any

// set adds an argument unless value is empty.
func (a args) set(name, value string) {
	if value != "" {
		a[name] = value
	}
}

// list adds an argument unless values is empty.
func (a args) list(name string, values []string) {
	if len(values) > 0 {
		a[name] = values
	}
}

// flag adds an argument with the value true, but only if is holds.
func (a args) flag(name string, is bool) {
	if is {
		a[name] = true
	}
}

// without returns a copy without the arguments of these names.
func (a args) without(names ...string) args {
	rest := maps.Clone(a)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// copyArg adds an argument unless value is nil.
func copyArg[T any](a args, name string, value *T) {
	if value != nil {
		a[name] = *value
	}
}

// result is the result of a tool, field by field, as the server wrote it.
type result map[string]json.RawMessage

// call calls a tool with the token of the seat.
func (s *session) call(ctx context.Context, tool string, a args, typed any) (result, error) {
	a["agent_token"] = s.seat.Token
	s.next = ""
	if err := s.showKey(ctx); err != nil {
		return nil, err
	}
	r, err := get(ctx, s.client, tool, a, typed)
	if s.place.Key != "" && fault.CodeOf(err) == fault.KeyInvalid && !isUnadmitted(err) {
		r, err = s.callWithoutKey(ctx, tool, a, typed, err)
	}
	if err != nil {
		return nil, withName(err, a)
	}
	if !s.seat.UnknownAt.IsZero() {
		s.seat.UnknownAt = time.Time{}
		_ = s.file.MarkKnown(s.seat.Token) // the call has been heeded; the next one marks it again
	}
	var room struct{ Name string }
	if len(r["room"]) > 0 && json.Unmarshal(r["room"], &room) == nil {
		_ = s.file.Rename(&s.seat, room.Name) // the name is by another admin; the next call tells it again
	}
	s.heed(r)
	return r, nil
}

// act is call for a call that speaks or changes tasks. An agent gives how far it has read: what it has not read holds
// the call back, as over MCP.
func (s *session) act(ctx context.Context, tool string, a args, typed any) (result, error) {
	if s.isAgents() {
		a.set("cursor", s.seat.Cursor)
	}
	return s.call(ctx, tool, a, typed)
}

// hand shows a result, its messages first, and then stores its cursor; "" is none. A command that is killed in between
// shows the messages again, and loses none.
func (s *session) hand(ctx context.Context, r result, messages []results.Message, cursor string, draw func()) error {
	s.learn(ctx, messages...)
	err := s.out.show(r, func() {
		s.out.Screen.Show(messages...)
		draw()
	})
	if err != nil || cursor == "" || cursor == s.seat.Cursor {
		return err
	}
	s.seat.Cursor = cursor
	return s.file.Read(s.seat.Token, cursor)
}

// handSent hands out what came of a message or a file, and returns why it did not go out; what says that it did not.
func (s *session) handSent(ctx context.Context, r result, sent results.Sent, what string, draw func()) error {
	if !s.isAgents() { // which reads with wait
		sent.Messages, sent.Cursor = nil, ""
	}
	err := s.hand(ctx, r, sent.Messages, sent.Cursor, draw)
	switch {
	case err != nil, sent.Sent, sent.Status == "pending":
		return err
	case sent.Status == "paused":
		return fail(failed, "%s: the owner of your seat has paused you, and can resume you.", what)
	}
	return heldBack(what, sent.Messages)
}

// heldBack is the error of an act of an agent that did nothing, since the agent had not read messages; what says what
// did not happen. The agent reads the messages on standard output, and then the same command goes through.
func heldBack(what string, messages []results.Message) error {
	var ids []string
	for _, m := range messages {
		if m.Type == "message" {
			ids = append(ids, m.ID)
		}
	}
	if ids == nil { // next says why
		return fail(failed, "%s.", what)
	}
	return fail(failed, "%s: you had not read %s.", what, strings.Join(ids, ", "))
}

// callWithoutKey repeats a call that the server refused with refusal, for the person's key, by the token of the seat
// alone: a guest needs no key. What follows in this command goes the same way. If the server refuses the token, too,
// the error is refusal.
func (s *session) callWithoutKey(ctx context.Context, tool string, a args, typed any, refusal error) (result, error) {
	place := client.Place{Base: s.place.Base}
	alone := s.by.dial(place, s.seat)
	r, err := get(ctx, alone, tool, a, typed)
	if fault.CodeOf(err) == fault.KeyInvalid {
		alone.Close()
		return nil, refusal
	}
	s.client.Close()
	s.client, s.place = alone, place
	return r, err
}

// numbered matches a refusal of one name of a list. The server gives the number of the name, not the name, which an
// agent chose.
var numbered = regexp.MustCompile(`^(\w+)(?: of number 1)?: (number|name) (\d+) (in it )?(does not name|is|left)`)

// withName returns err with the name that a person gave in place of the name's number.
func withName(err error, a args) error {
	var refused *fault.Error
	if !errors.As(err, &refused) {
		return err
	}
	at := numbered.FindStringSubmatch(refused.Message)
	if at == nil {
		return err
	}
	list, _ := a[at[1]].([]string)
	n, _ := strconv.Atoi(at[3])
	if n < 1 || n > len(list) {
		return err
	}
	told := *refused
	told.Message = at[1] + ": " + strconv.Quote(list[n-1]) + " " + at[5] + refused.Message[len(at[0]):]
	return &told
}

// get calls a tool. It returns the result, and stores the result in typed as well, with long texts whole.
func get(ctx context.Context, c *client.Client, tool string, a args, typed any) (result, error) {
	var raw result
	if err := c.Call(ctx, tool, a, &raw); err != nil {
		return nil, err
	}
	token, _ := a["agent_token"].(string)
	if given, ok := raw["agent_token"]; ok {
		if err := json.Unmarshal(given, &token); err != nil {
			return nil, err
		}
	}
	if err := raw.complete(ctx, c, token); err != nil {
		return nil, err
	}
	return raw, raw.into(typed)
}

// into decodes the fields into a struct.
func (r result) into(typed any) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, typed)
}

// messages returns the messages of a result, each as its fields.
func (r result) messages() ([]result, error) {
	var list []result
	if len(r["messages"]) == 0 {
		return nil, nil
	}
	return list, json.Unmarshal(r["messages"], &list)
}

// complete fetches the rest of long texts, which the server sends in parts.
func (r result) complete(ctx context.Context, c *client.Client, token string) error {
	list, err := r.messages()
	if err != nil {
		return err
	}
	changed := false
	for _, m := range list {
		var typed results.Message
		if err := m.into(&typed); err != nil {
			return err
		}
		if typed.More == nil {
			continue
		}
		text, err := whole(ctx, c, token, typed)
		if err != nil {
			return err
		}
		m["text"], err = json.Marshal(text)
		if err != nil {
			return err
		}
		delete(m, "more")
		changed = true
	}
	if changed {
		r["messages"], err = json.Marshal(list)
	}
	return err
}

// whole returns the whole text of a message that came in part.
func whole(ctx context.Context, c *client.Client, token string, message results.Message) (string, error) {
	text := message.Text
	for more := message.More; more != nil; {
		var page results.History
		if err := c.Call(ctx, "message_history", args{"agent_token": token, "id": more.ID, "offset": more.Offset},
			&page); err != nil {
			return "", err
		}
		if len(page.Messages) != 1 || page.Messages[0].More != nil && page.Messages[0].More.Offset <= more.Offset {
			return "", fmt.Errorf("the server does not give the rest of a long message")
		}
		text += page.Messages[0].Text
		more = page.Messages[0].More
	}
	return string(text), nil
}

// json returns a result as a line of JSON. Every character that could act on a terminal is an escape; plain JSON does
// not escape all such characters.
func (r result) json() string {
	text, _ := json.Marshal(r) // r came as JSON
	var b strings.Builder
	for _, c := range string(text) {
		switch {
		case !sanitize.IsHidden(c):
			b.WriteRune(c)
		case c < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, c)
		default: // as a pair of surrogates (RFC 8259, section 7)
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(c-0x10000)>>10, 0xdc00+(c-0x10000)&0x3ff)
		}
	}
	return b.String() + "\n"
}
