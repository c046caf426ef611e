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
	Text    string
	To, Ask []string
	ReplyTo string
	Kind    string
	Undo    string        // the id of an own request or proposal that the message withdraws
	New     bool          // the message answers nothing: see debt
	Answer  bool          // wait for the answer
	Within  time.Duration // how long to wait after the message was sent; 0: without a limit
}

// ReadText reads a text to say from a pipe, until the pipe or ctx ends.
func ReadText(ctx context.Context, in io.Reader) (string, error) {
	text, err := readAll(ctx, in, int64(len(sanitize.ByteOrderMark))+cli.MaxText+2)
	if err != nil {
		return "", err
	}
	text = bytes.TrimRight(bytes.TrimPrefix(text, []byte(sanitize.ByteOrderMark)), "\r\n")
	switch {
	case len(text) > cli.MaxText:
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

// sendFor is how long Say tries to reach a restarting server.
const sendFor = 5 * time.Second

// Send says something and, if req.Answer, waits for the answer: for the answers of all agents that owe one or, if the
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
		if s.isAgents() {
			if err := s.toRead(sent.Messages, sent.Cursor); err != nil {
				return err
			}
		}
		switch {
		case !sent.Sent, s.out.JSON:
		case s.out.Screen.Terminal: // also because a room's name may have become text
			s.out.print("Said in the room %s as %s: %s.", s.seat.Room, s.seat.Name, sent.ID)
		case !req.Answer: // a pipe gets the answer alone
			s.out.copy("%s", sent.ID)
		}
		for _, name := range sent.Left {
			s.out.hint("%s has left the room, and does not read what you said.", named([]string{name}, ""))
		}
		if len(req.To) == 0 && len(sent.To) > 0 && !slices.Contains(sent.To, everyone) {
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
		case sent.Credential != "":
			return fail(failed, "Nothing was sent: the text holds what looks like %s, which others would read. "+
				"Say it again if they are meant to have it.", sent.Credential)
		case !sent.Sent:
			return s.unsaid(sent, r, req)
		case !req.Answer:
			return s.out.show(r, func() {})
		}
		return s.await(ctx, sent.ID, req)
	})
}

// sayAgreed says what all have agreed on with a vote: who proposed it, when, and how it begins.
func (s *session) sayAgreed(ctx context.Context, id string) {
	p, ok := s.proposal(ctx, id)
	if !ok {
		s.out.hint("With this, all who were asked agree to %s.", id)
		return
	}
	s.out.Screen.know(p)
	about := gist(string(p.Text))
	if about == "" && p.File != nil {
		about = "file " + fileOf(*p.File)
	}
	s.out.hint("With this, all who were asked agree to %s%s: %s", id, s.out.Screen.proposed[id], about)
}

// unsaid returns the result of a command whose message the person who watches the seat holds back.
func (s *session) unsaid(sent results.Sent, r result, req SendRequest) error {
	held := sent.Status == "pending"
	err := s.out.show(r, func() {
		if held {
			s.out.hint("Not sent yet: the owner of your seat approves what you say. It waits as draft %s.", sent.ID)
		}
	})
	switch {
	case err != nil:
		return err
	case sent.Status == "paused":
		return fail(failed, "Nothing was sent: %s", pausedHere)
	case !held:
		said := s.next
		s.next = ""
		return fail(failed, "%s", said)
	case req.Answer:
		return ErrQuiet
	}
	return nil
}

// pausedHere is why nothing goes out from a seat.
const pausedHere = "the owner of your seat has paused you, and can resume you."

// debt returns the request that a person answers by just saying something: the only request whose answer the seat owes.
// debt returns zero if there is none, or if the message has another purpose. debt returns zero, too, for the person
// behind an agent: there the agent owes the answer. Without debt the sender of the request would wait in vain.
func (s *session) debt(ctx context.Context, req SendRequest) (results.Message, error) {
	plain := req.Kind == "" || req.Kind == "message"
	if s.seat.Person || req.New || !plain || req.Undo != "" || req.ReplyTo != "" || len(req.Ask) > 0 {
		return results.Message{}, nil
	}
	var room results.Info
	if _, err := s.call(ctx, "room_info", args{}, &room); err != nil {
		return results.Message{}, err
	}
	var all []results.Message
	for _, q := range room.Requests {
		reads := len(req.To) == 0 || slices.ContainsFunc(req.To, sameName(q.From)) ||
			slices.ContainsFunc(req.To, sameName(everyone))
		if !slices.Contains(q.OwedBy, s.seat.Name) || !reads {
			continue
		}
		said, _, err := s.history(ctx, args{"id": q.ID})
		if err != nil {
			return results.Message{}, err
		}
		if len(said) == 1 && said[0].Kind != "proposal" { // a text is no vote
			all = append(all, said[0].Message)
		}
	}
	switch len(all) {
	case 0:
		return results.Message{}, nil
	case 1:
		return all[0], nil
	}
	var choices []string
	for _, o := range all {
		choices = append(choices, "  --reply-to "+o.ID+"  "+o.From+": "+gist(string(o.Text)))
	}
	return results.Message{}, fail(usage, "Nothing was sent: several requests wait for your answer. Choose one, or "+
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

// gist is the beginning of a text, on one line.
func gist(text string) string {
	const most = 60
	short := []rune(strings.Join(strings.Fields(text), " "))
	if len(short) > most {
		short = append(short[:most-1:most-1], '…')
	}
	return string(short)
}

// send sends the message. If the connection breaks, nobody knows whether the server has the message: then send tries
// again with the same key, so the message is said only once.
func (s *session) send(ctx context.Context, req SendRequest) (sent results.Sent, r result, err error) {
	a := args{"idempotency_key": rand.Text()}
	a.set("text", req.Text)
	a.set("reply_to", req.ReplyTo)
	a.set("kind", req.Kind)
	a.set("withdraw", req.Undo)
	a.list("to", req.To)
	a.list("ask", req.Ask)
	if s.isAgents() { // what it has not read holds its words back
		a.set("cursor", s.seat.Cursor)
	}
	until, tried := s.clock.Now().Add(sendFor), false
	goOn := func(err error) bool {
		again := passing(err) && !s.clock.Now().After(until) && (tried || !unheard(err))
		tried = true
		return again
	}
	err = s.persist(ctx, goOn, func() error {
		r, err = s.call(ctx, "send_message", a, &sent)
		return err
	})
	return sent, r, err
}

// unheard reports whether a call failed before the server could receive the call.
func unheard(err error) bool {
	lost := new(net.OpError)
	return errors.As(err, &lost) && lost.Op == "dial" || fault.CodeOf(err) == fault.RateLimited
}

// await prints the answers to the message id. await reads the history after the message, so await takes no messages
// from another command, and no other command ends it.
func (s *session) await(ctx context.Context, id string, req SendRequest) error {
	return s.within(ctx, req.Within, "No answer within %s.", func(ctx context.Context) error {
		w := &answers{s: s, id: id}
		err := s.sent(ctx, w)
		switch {
		case err != nil:
		case s.isAgents():
			err = s.awaitAll(ctx, w)
		default:
			err = s.follow(ctx, id, w.add)
		}
		if err == nil && !w.answered {
			s.out.hint("%s left without an answer.", named(w.asked, " and "))
			return ErrQuiet
		}
		return err
	})
}

// awaitAll is follow for an agent, which reads whatever comes while it waits: what is no answer beside the output. The
// wait ends, too, if somebody asks the agent.
func (s *session) awaitAll(ctx context.Context, w *answers) error {
	for asked := false; !asked; {
		a := args{"wait_seconds": int(waitCall / time.Second), "for_me": true}
		a.set("cursor", s.seat.Cursor)
		var got results.Waited
		var r result
		err := s.persist(ctx, passing, func() (err error) {
			r, err = s.call(ctx, "wait_for_message", a, &got)
			return err
		})
		if err != nil {
			return err
		}
		fields, err := r.messages()
		if err != nil {
			return err
		}
		var beside []results.Message
		over := got.Status == results.StatusDone || got.Status == results.StatusTurn && w.several
		for i, m := range got.Messages {
			if w.isAnswer(m) || m.Type == "left" {
				done, err := w.add(entry{m, fields[i]})
				if err != nil {
					return err
				}
				over = over || done
				continue
			}
			beside = append(beside, m)
			asked = asked || slices.Contains(m.Ask, s.seat.Name)
		}
		if err := s.toRead(beside, got.Cursor); err != nil {
			return err
		}
		switch {
		case over && (w.answered || len(w.asked) > 0):
			return nil
		case got.Status == results.StatusRemoved:
			return &fault.Error{Code: fault.RoomClosed}
		case got.Status == results.StatusSuperseded, over:
			return ErrQuiet
		}
	}
	s.out.hint("No answer yet: you are asked first.")
	return ErrQuiet
}

// isAnswer reports whether m answers the message, from another agent.
func (w *answers) isAnswer(m results.Message) bool {
	return m.Type == "message" && !w.s.isOwn(m) && w.answers(m)
}

// sent learns from the server who owes an answer, and who reads the message. sent tries until the server answers: the
// message need not be said again.
func (s *session) sent(ctx context.Context, w *answers) error {
	var said []entry
	err := s.persist(ctx, passing, func() (err error) {
		said, _, err = s.history(ctx, args{"id": w.id})
		return err
	})
	switch {
	case err != nil:
		return err
	case len(said) != 1:
		return fail(failed, "The server accepted the message, but does not show it.")
	}
	w.s.learn(ctx, said[0].Message)
	w.asked, w.to = slices.Clone(said[0].Ask), said[0].To
	w.open, w.several = slices.Clone(w.asked), len(w.asked) > 1
	return nil
}

// answers finds the answers to a message.
type answers struct {
	s        *session
	id       string
	to       []string // the only readers of the message; nobody: all read it
	asked    []string // who owed an answer
	open     []string // who still owes an answer
	several  bool
	answered bool
}

func (w *answers) add(e entry) (done bool, err error) {
	if e.Type == "left" {
		w.open = slices.DeleteFunc(w.open, func(name string) bool { return name == e.Agent })
		return len(w.asked) > 0 && len(w.open) == 0, nil
	}
	if e.Type != "message" || w.s.isOwn(e.Message) {
		return false, nil
	}
	if !w.answers(e.Message) {
		if slices.Contains(w.open, e.From) { // the agent may have forgotten reply_to
			notes := *w.s.out.Screen
			notes.Out, notes.Color = w.s.out.Notes, false
			notes.Show(e.Message)
			return false, notes.err
		}
		return false, nil
	}
	w.answered = true
	w.open = slices.DeleteFunc(w.open, func(name string) bool { return name == e.From })
	return len(w.open) == 0 || e.Kind == "object" || e.Agreed == w.id, w.print(e)
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
		case w.several || out.Screen.Terminal || asks(e.Message) || e.File != nil:
			out.Screen.Show(e.Message)
		case e.Text == "":
			out.print("%s", e.Kind)
		default:
			out.print("%s", lines(e.Text))
		}
	})
}
