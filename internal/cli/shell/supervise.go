package shell

import (
	"cmp"
	"context"
	"strings"

	"github.com/parley-chat/parley/internal/base/results"
)

// SuperviseRequest is what the person behind an agent wants of the agent; an empty request shows how things stand.
type SuperviseRequest struct {
	Paused, Approve *bool
	ApproveSome     string // the kinds of messages that wait for the person, with commas
	Draft           string // the id of a draft on which the person decides
	Decision        string // send, edit or refuse
	Text            string // the text of an edited draft, or why the draft is rejected
	NewLink         bool   // a link for a further device
}

// Supervise makes the request, and shows how things stand.
func (s *Shell) Supervise(ctx context.Context, which Which, req SuperviseRequest) error {
	which.Watched = true
	with := s.inPerson
	if req == (SuperviseRequest{}) { // the command only shows
		with = s.with
	}
	return with(which, func(s *session) error {
		a := args{}
		a.set("draft", req.Draft)
		a.set("decision", req.Decision)
		a.set("text", req.Text)
		copyArg(a, "paused", req.Paused)
		copyArg(a, "approve", req.Approve)
		a.set("approve_some", req.ApproveSome)
		a.flag("new_link", req.NewLink)
		var got results.Supervised
		r, err := s.call(ctx, "supervise", a, &got)
		if err != nil {
			return err
		}
		if req.NewLink && s.out.JSON { // the person asked for the link
			s.out.Screen.write(r.json())
			return s.out.Screen.err
		}
		return s.out.show(r, func() {
			if req.NewLink {
				s.out.print("%s", got.Watch)
				return
			}
			if req.Decision != "" {
				s.decided(req, len(got.Drafts))
				return
			}
			s.supervision(got)
		})
	})
}

// decided says what a decision about a draft has done, and how many other drafts wait.
func (s *session) decided(req SuperviseRequest, left int) {
	done := map[string]string{"send": "Sent.", "edit": "Sent, in your words.", "refuse": "Rejected."}
	s.out.print("%s", done[req.Decision])
	if left > 0 {
		s.out.print("%s: %s", results.Count(left, "other draft waits", "other drafts wait"),
			s.command("supervise drafts"))
	}
}

// supervision shows what the person decides about an agent's messages.
func (s *session) supervision(got results.Supervised) {
	does, needs := "speaks for itself", ""
	switch {
	case got.Approve:
		needs = "needs your approval for each message"
	case len(got.ApproveSome) > 0:
		needs = "needs your approval for " + approved(got.ApproveSome)
	}
	switch {
	case got.Paused && needs != "":
		does = "is paused: it says nothing until you resume it, and then " + needs
	case got.Paused:
		does = "is paused: it says nothing until you resume it"
	case needs != "":
		does = needs
	}
	s.out.print("%s %s.", s.seat.Name, does)
	for _, d := range got.Drafts {
		s.out.print("Draft %s waits. Send, edit or reject it: %s", d.ID, s.command("supervise send "+d.ID))
		s.out.Screen.Show(results.Message{
			Type: "message", ID: d.ID, From: s.seat.Name, Text: results.Part(d.Text),
			To: d.To, Ask: d.Ask, ReplyTo: d.ReplyTo, Kind: d.Kind, At: d.At,
			File: d.File, Finished: d.Finishes,
		})
	}
}

// approved says which messages wait for the person.
func approved(some []string) string {
	words := map[string]string{"private": "private messages", "files": "messages with a file",
		"agreements": "proposals and votes"}
	list := make([]string, len(some))
	for i, kind := range some {
		list[i] = cmp.Or(words[kind], kind) // a newer server may have more
	}
	return strings.Join(list, ", ")
}

// remind tells the person behind an agent which drafts wait.
func (s *session) remind(ctx context.Context) error {
	var got results.Supervised
	if _, err := s.call(ctx, "supervise", args{}, &got); err != nil {
		return err
	}
	if got.Paused {
		s.out.hint("%s is paused: %s", s.seat.Name, s.command("supervise resume"))
	}
	if n := len(got.Drafts); n > 0 {
		s.out.hint("%s: %s", results.Count(n, "draft waits", "drafts wait"), s.command("supervise drafts"))
	}
	return nil
}
