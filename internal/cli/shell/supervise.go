package shell

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/parley-chat/parley/internal/base/fault"
	"github.com/parley-chat/parley/internal/base/results"
)

// SuperviseRequest is what the person behind an agent wants of the agent; an empty request shows how things stand.
type SuperviseRequest struct {
	Paused, Approve *bool
	ApproveSome     string // the kinds of messages that wait for the person, with commas
	Draft           string // the id of a draft on which the person decides
	Decision        string // send, edit or refuse
	Text            string // the text of an edited draft, or why the draft is rejected
	Anyway          bool   // the draft is sent although what it answers is open no more
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
		a.flag("anyway", req.Anyway)
		var got results.Supervised
		r, err := s.call(ctx, "supervise", a, &got)
		var refused *fault.Error
		if errors.As(err, &refused) && refused.Reason == fault.ReasonStale && s.by.Confirm != nil {
			if err := s.confirmStale(refused.Message); err != nil {
				return err
			}
			a.flag("anyway", true)
			r, err = s.call(ctx, "supervise", a, &got)
		}
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

// confirmStale asks the person at the terminal whether a draft is sent although what it answers is open no more, as the
// refusal says. The error says that the person did not type yes.
func (s *session) confirmStale(refusal string) error {
	why, _, _ := strings.Cut(refusal, ".")
	answer, err := s.by.Confirm(HarmlessLine(why) + ". Send it anyway? Type yes and press Enter: ")
	if err == nil && !strings.EqualFold(strings.TrimSpace(answer), "yes") {
		err = fail(failed, "Nothing was sent. The draft still waits.")
	}
	return err
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
		s.out.print("Draft %s waits. Send, edit or reject it: %s", d.ID, s.command("supervise send "+idOr(d.ID)))
		for _, line := range aboutDraft(d) {
			s.out.print("%s", line)
		}
		s.out.Screen.Show(results.Message{
			Type: "message", ID: d.ID, From: s.seat.Name, Text: results.Part(d.Text),
			To: d.To, Ask: d.Ask, ReplyTo: d.ReplyTo, Kind: d.Kind, At: d.At,
			File: d.File, Finished: d.Finishes,
		})
	}
}

// aboutDraft says what a draft answers, and how many messages came since, each in a line.
func aboutDraft(d results.Draft) (about []string) {
	if a := d.Answers; a != nil {
		states := map[string]string{"open": " (open)", "withdrawn": " (withdrawn)", "answered": " (answered by others)",
			"ended": " (no longer open)"}
		about = append(about, HarmlessLine("It answers "+a.From+states[a.State]+": "+string(a.Text)))
	}
	if n := d.MessagesSince; n > 0 {
		about = append(about, results.Count(n, "message of others came since.", "messages of others came since."))
	}
	return about
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
