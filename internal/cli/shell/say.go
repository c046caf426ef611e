package shell

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/base/results"
	"github.com/parley-chat/parley/internal/base/sanitize"
	"github.com/parley-chat/parley/internal/cli"
)

// SendRequest is a message.
type SendRequest struct {
	Text     string
	To, Ask  []string
	ReplyTo  string
	Kind     string
	Withdraw string        // the id of an own request or proposal that the message withdraws
	New      bool          // the message answers nothing: see debt
	Await    bool          // wait for the answer
	Within   time.Duration // how long to wait after the message was sent; 0: as long as is usual
}

// ReadText reads a text to say from a pipe, until the pipe or ctx ends.
func ReadText(ctx context.Context, in io.Reader) (string, error) {
	const most = len(sanitize.ByteOrderMark) + cli.MaxText + len("\r\n")
	all, err := readAll(ctx, in, int64(most)+1)
	if err != nil {
		return "", err
	}
	text := bytes.TrimRight(bytes.TrimPrefix(all, []byte(sanitize.ByteOrderMark)), "\r\n")
	switch {
	case len(all) > most, len(text) > cli.MaxText:
		return "", fail(usage, "The text has more than 32,768 bytes, the limit for a message. Shorten it, or share "+
			"it as a file: parley put -")
	case len(bytes.TrimSpace(text)) == 0:
		return "", fail(usage, "There is nothing to say: standard input is empty.")
	case !utf8.Valid(text):
		return "", fail(usage, "The text is not UTF-8. Convert it, for example with iconv.")
	}
	return string(text), nil
}

// readAll reads a pipe until the pipe or ctx ends, or most bytes are there.
func readAll(ctx context.Context, in io.Reader, most int64) ([]byte, error) {
	var all []byte
	read := make(chan error, 1)
	go func() { // a pipe that never ends keeps this goroutine as long as the program runs
		var err error
		all, err = io.ReadAll(io.LimitReader(in, most))
		read <- err
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case err := <-read:
		return all, err
	}
}

// sendFor is how long Send tries to reach a restarting server.
const sendFor = 5 * time.Second

// Send says something and, if req.Await, waits for the answer: for the answers of all agents that owe one or, if the
// message asks nobody, for the first answer.
func (s *Shell) Send(ctx context.Context, which Which, req SendRequest) error {
	return s.inPerson(which, func(s *session) error {
		owed, err := s.debt(ctx, req)
		if err != nil {
			return err
		}
		if owed.ID != "" {
			req.ReplyTo = owed.ID
		}
		sent, r, err := s.send(ctx, req)
		if err != nil {
			return err
		}
		touch(s.file)
		if sent.Credential != "" {
			return fail(failed, "Nothing was sent: the text holds what looks like %s, which others would read. "+
				"Say it again if they are meant to have it.", sent.Credential)
		}
		onlyAnswer := s.out.JSON && req.Await && sent.Sent && !s.isAgents()
		if !onlyAnswer {
			err := s.handSent(ctx, r, sent, "Nothing was sent", func() { s.said(sent, req) })
			if err != nil {
				return err
			}
		}
		if len(req.To) == 0 && isPrivate(sent) && !s.out.Screen.Terminal && !s.isAgents() {
			s.out.hint("Only %s can read it.", named(sent.To, " and "))
		}
		if owed.ID != "" && sent.Sent {
			s.out.hint("Sent as the answer to %s's request %s. To say something else instead, use --new.",
				ident.Actor(owed.From, owed.Person, owed.PersonName), owed.ID)
		}
		if sent.Agreed != "" && !s.out.JSON {
			s.sayAgreed(ctx, sent.Agreed)
		}
		switch {
		case !req.Await, sent.Agreed != "" && s.isAgents():
			return nil
		case !sent.Sent:
			return ErrQuiet // a draft waits
		}
		return s.await(ctx, sent, req)
	})
}

// sayAgreed names the proposal on which all have agreed with a vote. Who votes has read it.
func (s *session) sayAgreed(ctx context.Context, id string) {
	s.learnProposal(ctx, id)
	s.out.hint("With this, all who were asked agree to %s%s.", idOr(id), s.out.Screen.proposed[id])
}

// said prints what became of a message.
func (s *session) said(sent results.Sent, req SendRequest) {
	switch {
	case sent.Status == "pending":
		s.out.hint("Not sent yet: the owner of your seat approves what you say. It waits as draft %s.", sent.ID)
	case !sent.Sent:
	case s.out.Screen.Terminal || s.isAgents(): // also because a room's name may have become text
		only := ""
		if isPrivate(sent) {
			only = ", only to " + named(sent.To, " and ")
		}
		s.out.print("Said in the room %s as %s%s: %s.", s.seat.Room, s.seat.Name, only, sent.ID)
	case !req.Await: // a pipe gets the answer alone
		s.out.copy("%s", sent.ID)
	}
}

// isPrivate reports whether not all in the room read a message.
func isPrivate(sent results.Sent) bool {
	return len(sent.To) > 0 && !slices.Contains(sent.To, everyone)
}

// debt returns the request that a person answers by just saying something: the only request whose answer the seat owes.
// debt returns zero if there is none, or if the message has another purpose. debt returns zero, too, for the person
// behind an agent: there the agent owes the answer. Without debt the sender of the request would wait in vain.
func (s *session) debt(ctx context.Context, req SendRequest) (results.Request, error) {
	plain := req.Kind == "" || req.Kind == "message"
	if s.seat.Person || req.New || !plain || req.Withdraw != "" || req.ReplyTo != "" || len(req.Ask) > 0 {
		return results.Request{}, nil
	}
	var room results.Info
	if _, err := s.call(ctx, "room_info", args{}, &room); err != nil {
		return results.Request{}, err
	}
	all := slices.DeleteFunc(room.Requests, func(q results.Request) bool {
		reads := len(req.To) == 0 || slices.ContainsFunc(req.To, sameName(q.From)) ||
			slices.ContainsFunc(req.To, sameName(everyone))
		return !slices.Contains(q.OwedBy, s.seat.Name) || !reads || q.Proposal // a text is no vote
	})
	switch len(all) {
	case 0:
		return results.Request{}, nil
	case 1:
		return all[0], nil
	}
	var choices []string
	for _, q := range all {
		text := strings.Join(strings.Fields(string(q.Text)), " ")
		choices = append(choices, "  --reply-to "+idOr(q.ID)+"  "+q.From+": "+text)
	}
	return results.Request{}, fail(usage, "Nothing was sent: several requests wait for your answer. Choose one, or "+
		"say something else with --new:\n%s", lines(strings.Join(choices, "\n")))
}

// everyone stands for all in a room, among the readers of a message.
const everyone = "everyone"

// sameName reports whether another name is the same for a server, which ignores case and blanks at both ends.
func sameName(name string) func(string) bool {
	is := keyOf(name)
	return func(other string) bool { return keyOf(other) == is }
}

func keyOf(name string) string {
	n, err := ident.Nickname("", name)
	if err != nil {
		return strings.ToLower(name) // no server has such a name
	}
	return n.Key
}

// send sends the message. If the connection breaks, nobody knows whether the server has the message: then send tries
// again with the same key, so the message is said only once.
func (s *session) send(ctx context.Context, req SendRequest) (sent results.Sent, r result, err error) {
	a := args{"idempotency_key": rand.Text()}
	a.set("text", req.Text)
	a.set("reply_to", req.ReplyTo)
	a.set("kind", req.Kind)
	a.set("withdraw", req.Withdraw)
	a.list("to", req.To)
	a.list("ask", req.Ask)
	until, tried := s.clock.Now().Add(sendFor), false
	goOn := func(err error) bool {
		again := passing(err) && !s.clock.Now().After(until) && (tried || !unheard(err))
		tried = true
		return again
	}
	err = s.persist(ctx, goOn, func() error {
		r, err = s.act(ctx, "send_message", a, &sent)
		return err
	})
	return sent, r, err
}

// unheard reports whether a call failed before the server could receive the call.
func unheard(err error) bool {
	lost := new(net.OpError)
	return errors.As(err, &lost) && lost.Op == "dial" || fault.CodeOf(err) == fault.RateLimited
}

// await prints the answers to a message. For a person it reads the history after the message, so it takes no messages
// from another command, and no other command ends it. An agent reads whatever comes meanwhile, and stops to wait once
// it is asked.
func (s *session) await(ctx context.Context, sent results.Sent, req SendRequest) error {
	limit := patience(req.Within, usualWait, s.isAgents())
	return s.within(ctx, limit, "No answer within %s.", func(ctx context.Context) error {
		w, err := s.answersTo(ctx, sent.ID)
		switch {
		case err != nil:
		case !s.isAgents():
			err = s.follow(ctx, w.id, w.add)
		case !w.end(sent.Messages):
			err = s.wait(ctx, WaitRequest{ForMe: len(w.asked) > 0, Within: limit, ends: w.end})
		}
		if err != nil || w.answered || w.addressed {
			return err
		}
		if len(w.asked) > 0 && len(w.open) == 0 {
			s.out.hint("%s left without an answer.", named(w.asked, " and "))
			return ErrQuiet
		}
		return nil // it is the turn of an agent, or all others are finished
	})
}

// answersTo reads a message back, which says who owes an answer and who reads the message. It tries until the server
// answers: the message need not be said again.
func (s *session) answersTo(ctx context.Context, id string) (*answers, error) {
	var said results.Message
	err := s.persist(ctx, passing, func() (err error) {
		said, err = s.message(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.learn(ctx, said)
	return &answers{s: s, id: id, to: said.To, asked: said.Ask, open: slices.Clone(said.Ask)}, nil
}

// answers finds the answers to a message.
type answers struct {
	s        *session
	id       string
	to       []string // the only readers of the message; nobody: all read it
	asked    []string // who owed an answer
	open     []string // who still owes an answer
	answered bool

	addressed bool // the agent that waits: see isAddressed
}

// add prints e if that is an answer. It reports whether no other is to come.
func (w *answers) add(e entry) (done bool, err error) {
	is, done := w.take(e.Message)
	switch {
	case is:
		return done, w.print(e)
	case e.Type == "message" && !w.s.isOwn(e.Message) && slices.Contains(w.open, e.From):
		notes := w.s.out.notes() // the agent may have forgotten reply_to
		notes.Show(e.Message)
		return false, notes.err
	}
	return done, nil
}

// take learns from m who still owes an answer. It reports whether m is an answer, and whether no other is to come.
func (w *answers) take(m results.Message) (is, last bool) {
	switch {
	case m.BeforeYours:
		return false, false
	case m.Type == "left":
		w.open = slices.DeleteFunc(w.open, func(name string) bool { return name == m.Agent })
		return false, len(w.asked) > 0 && len(w.open) == 0
	case m.Type != "message" || w.s.isOwn(m) || !w.answers(m):
		return false, false
	}
	w.answered = true
	w.open = slices.DeleteFunc(w.open, func(name string) bool { return name == m.From })
	return true, len(w.open) == 0 || m.Kind == "object" || m.Agreed == w.id
}

// end reports whether an agent that waits for the answers stops with these messages: no other answer is to come, or the
// agent is addressed.
func (w *answers) end(messages []results.Message) (ends bool) {
	for _, m := range messages {
		_, last := w.take(m)
		w.addressed = w.addressed || w.s.isAddressed(m)
		ends = ends || last
	}
	return ends || w.addressed
}

// isAddressed reports whether m asks an agent or is private, or its user has said or done m.
func (s *session) isAddressed(m results.Message) bool {
	return slices.Contains(m.Ask, s.seat.Name) || len(m.To) > 0 ||
		m.Kind == "request" && len(m.Ask) == 0 || m.From == "your user" || m.Type == "draft" ||
		m.Type == "supervision" || s.isOwn(m) && m.Person
}

// isOwn reports whether the person at this seat has said m. An agent and the person behind the agent speak under one
// name.
func (s *session) isOwn(m results.Message) bool {
	if s.seat.Person {
		return m.Person
	}
	return m.From == s.seat.Name
}

// answers reports whether m answers the message. An owed answer refers to the message. If the message asks nobody, any
// message that answers nothing else is an answer.
func (w *answers) answers(m results.Message) bool {
	if m.ReplyTo != "" || len(w.asked) > 0 {
		return m.ReplyTo == w.id
	}
	return m.Kind != "status" && (len(w.to) == 0 || len(m.To) > 0)
}

// print prints an answer. A person reads the answer as the screen shows messages, so no answer looks like a line of
// this program. A pipe gets the text alone, if only one answer can come: an answer that asks something or has a file
// needs its sender and its id.
func (w *answers) print(e entry) error {
	out := w.s.out
	return out.show(e.fields, func() {
		switch {
		case len(w.asked) > 1 || out.Screen.Terminal || asks(e.Message) || e.File != nil:
			out.Screen.Show(e.Message)
		case e.Text == "":
			out.print("%s", e.Kind)
		default:
			out.print("%s", lines(e.Text))
		}
	})
}
