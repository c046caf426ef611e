package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// account is what the rooms of a store hold: the deeds of each act. It should have one.
type account map[key][]deed

// roomLog is what servers show of a room to somebody who was never there, and to the person behind Eve.
type roomLog struct {
	room   string
	all    []message       // seen by all
	agreed []message       // of these what is on record
	own    []message       // seen by Eve's person
	tasks  map[string]task // by id
	camps  []camp
}

// read reads the whole log of a room, and of those that Gil made by it.
func (r *room) read(ctx context.Context, ledger []entry) (l roomLog, err error) {
	s := r.store
	ask := func(tool string, in args) (got answer) {
		if err == nil {
			got, err = s.ask(ctx, tool, in, nil)
			err = refused(got, err)
		}
		return got
	}
	history := func(in args) (list []message) {
		for in["limit"] = 100; ; {
			page := ask("message_history", in)
			list = slices.Concat(page.Messages, list)
			if !page.HasMore || len(page.Messages) == 0 {
				return list
			}
			in["before"] = page.Messages[0].ID
		}
	}
	// While Eve is held, no further agent of her caller gets a seat, and a server on one machine has one caller.
	ask("supervise", args{"agent_token": r.user.token, "approve": false})
	reader := ask("join_room", args{"room": r.name, "agent_name": "Reader", "person": true}).AgentToken
	l = roomLog{room: r.name, all: history(args{"agent_token": reader}),
		agreed: history(args{"agent_token": reader, "agreed": true}),
		own:    history(args{"agent_token": r.user.token}), tasks: map[string]task{}}
	for _, m := range l.all {
		if m.Action == "add" && m.Task != nil {
			if got := ask("list_tasks", args{"agent_token": reader, "id": m.Task.ID}); got.Task != nil {
				l.tasks[m.Task.ID] = *got.Task
			}
		}
	}
	for _, e := range ledger {
		if err == nil && e.Step == acknowledged && e.Kind == join && e.Room == r.name {
			// A seat that is not there is refused.
			got, lost := s.ask(ctx, "message_history", args{"agent_token": e.ID}, nil)
			l.camps, err = append(l.camps, camp{e.Words, e.ID, got.Messages}), lost
		}
	}
	return l, err
}

// camp is a room that Gil made, as the token of his seat there shows it.
type camp struct {
	name, token string
	all         []message
}

// enter adds what a log says was done. What a list shows otherwise than the log is said in End: so it differs from what
// was acknowledged.
func (a account) enter(l roomLog) {
	enter := func(k kind, words string, d deed) {
		at := key{l.room, k, words}
		a[at] = append(a[at], d)
	}
	l.enterTasks(enter)
	l.enterDrafts(enter)
	for _, c := range l.camps {
		for _, m := range c.all {
			enter(join, c.name, deed{Who: m.Agent, ID: c.token})
		}
	}
	last := map[string]int{}                          // number of what each said last
	own, onRecord := byID(l.own), map[string]string{} // who agreed, by the id of the proposal
	for _, m := range l.agreed {
		onRecord[m.ID] += fmt.Sprint(m.AgreedBy)
	}
	for _, m := range l.all {
		if m.Type != "message" {
			continue
		}
		d := deed{Who: m.From, ID: m.ID}
		switch {
		case m.Kind == "proposal":
			enter(agree, m.Text, d)
		case m.Kind != "":
			d.Of, d.End = m.ReplyTo, m.Kind
			if by := onRecord[m.ReplyTo]; by != map[string]string{"agree": "[Ann Dan]"}[m.Kind] {
				d.End += fmt.Sprintf(", and those on record are %q", by)
			}
			enter(agree, m.Text, d)
		case len(m.Finished) > 0:
			for _, id := range m.Finished {
				d.Of, d.End = id, l.endOf(id, m.From)
				enter(finish, l.tasks[id].Title, d)
			}
		case m.From != "Eve":
			n := 0
			if _, err := fmt.Sscanf(m.Text, m.From+" says sentence %d,", &n); err == nil && n < last[m.From] {
				d.End = fmt.Sprintf("after sentence %d", last[m.From])
			}
			last[m.From] = max(last[m.From], n)
			enter(say, m.Text, d)
		case own[m.ID] == 0:
			enter(decide, m.Text, d)
		}
		enter(hear, m.ID, deed{Who: "Fay", ID: m.ID, End: m.Text})
	}
}

// byID counts messages by their ids.
func byID(list []message) map[string]int {
	n := map[string]int{}
	for _, m := range list {
		n[m.ID]++
	}
	return n
}

// endOf returns the result of a task that somebody has finished, and what was run for it.
func (l roomLog) endOf(id, by string) string {
	t := l.tasks[id]
	if t.State != "done" || t.By != by {
		return fmt.Sprintf("%s by %s", t.State, t.By)
	}
	return strings.TrimSpace(t.Result + " " + t.Evidence.Ran)
}

func (l roomLog) enterTasks(enter func(kind, string, deed)) {
	for _, m := range l.all {
		if m.Task == nil {
			continue
		}
		t := l.tasks[m.Task.ID]
		d := deed{Who: m.Agent, ID: t.ID}
		switch m.Action {
		case "add":
			enter(add, t.Title, d)
		case "take":
			if t.By != m.Agent {
				d.End = t.By + " has it"
			}
			enter(take, t.Title, d)
		case "finish":
			d.End = l.endOf(t.ID, m.Agent)
			enter(finish, t.Title, d)
		case "check":
			for _, c := range t.Checks {
				if c.By == m.Agent {
					d.End += c.Verdict
				}
			}
			enter(check, t.Title, d)
		}
	}
}

func (l roomLog) enterDrafts(enter func(kind, string, deed)) {
	words, there := map[string]string{}, byID(l.all) // words of drafts, by id
	for _, m := range l.own {
		if m.Type == "draft" && m.Reason == "" {
			words[m.ID] = m.Text
			enter(draft, m.Text, deed{Who: m.From, ID: m.ID})
		}
	}
	for _, m := range l.own {
		if m.Draft == "" {
			continue
		}
		d := deed{Who: "Eve", Of: m.Draft, End: m.Reason}
		want, sent := words[m.Draft], 1
		switch m.Reason {
		case "edited":
			want = edited(want)
		case "refused":
			want, sent = "", 0
		}
		if n := there[m.ID]; n != sent || m.Text != want {
			d.End += fmt.Sprintf(", and %q is in the room %d times", m.Text, n)
		}
		enter(decide, words[m.Draft], d)
	}
}

// row is a row of the table: what became of the acts of a kind.
type row struct {
	store                     string
	kind                      kind
	acknowledged, thrown, cut int
	kills                     int
	lost, doubled             int
}

// told is what a ledger says.
type told struct {
	begun map[key]bool
	deeds account // of each act that was acknowledged
	rows  map[kind]*row
}

func toldBy(ledger []entry, store string) told {
	t := told{begun: map[key]bool{}, deeds: account{}, rows: map[kind]*row{}}
	for _, k := range kinds {
		t.rows[k] = &row{store: store, kind: k}
	}
	for _, e := range ledger {
		switch r := t.rows[e.Kind]; e.Step {
		case begun:
			t.begun[e.key] = true
		case cut:
			r.cut++
		case thrown:
			r.thrown++
		case acknowledged:
			r.acknowledged++
			t.begun[e.key] = true
			t.deeds[e.key] = append(t.deeds[e.key], e.deed)
		case killed:
			for _, r := range t.rows {
				r.kills++
			}
		}
	}
	return t
}

// compare holds what rooms hold against what clients were told. explain is called with each difference.
func (a account) compare(store string, ledger []entry, explain func(string)) (rows []row) {
	t := toldBy(ledger, store)
	all := maps.Clone(t.begun)
	for k := range a {
		all[k] = true
	}
	for k := range all {
		there, deeds, r := a[k], t.deeds[k], t.rows[k.Kind]
		lost := isLost(k, there, deeds)
		doubled := len(there) > 1 || len(deeds) > 1 || k.Kind != hear && !t.begun[k]
		if lost {
			r.lost++
		}
		if doubled {
			r.doubled++
		}
		if lost || doubled {
			explain(fmt.Sprintf("%+v: acknowledged as %+v, is there as %+v", k, deeds, there))
		}
	}
	for _, k := range kinds {
		rows = append(rows, *t.rows[k])
	}
	return rows
}

// isLost reports whether something was acknowledged otherwise than it is there. What nobody was told may be there, or
// not. What is there must be heard.
func isLost(k key, there, deeds []deed) bool {
	if k.Kind == hear && len(deeds) == 0 {
		return true
	}
	return slices.ContainsFunc(deeds, func(d deed) bool { return !slices.Contains(there, d) })
}
