package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// room is a room with its agents, and the person behind one of them. Each does one thing after the other.
type room struct {
	store *store
	name  string

	ann  agent // adds tasks, reports a few herself, and proposes
	bob  agent // takes tasks and finishes them, as Cid does: both want each
	cid  agent
	dan  agent // checks what was done, and votes
	eve  agent // may say nothing before her person has decided
	user agent // the person behind Eve
	fay  agent // listens
	gil  agent // makes one room after the other

	cursor string // of Fay's last result
	camp   string // the last room that Gil made
}

// agent is a client of one seat.
type agent struct {
	room  *room
	name  string
	token string
	// cursor is that of its last result that was kept. Fay's waits have one of their own.
	cursor string
	fault  fault
}

// fault is what an agent is to do wrong, so that a comparison finds it.
type fault string

const (
	noFault fault = ""
	loss    fault = "loss"   // it writes into the ledger what it has not done
	double  fault = "double" // it does again what it has done, in a way that no server can know as a repetition
)

// openRoom makes a room and seats all.
func (s *store) openRoom(ctx context.Context, n int) (*room, error) {
	r := &room{store: s, name: fmt.Sprint("floor ", n)}
	r.gil = agent{room: r, name: "Gil"}
	seats := []*agent{&r.ann, &r.bob, &r.cid, &r.dan, &r.eve, &r.fay}
	claim := ""
	for i, name := range []string{"Ann", "Bob", "Cid", "Dan", "Eve", "Fay"} {
		tool, in := "join_room", args{"room": r.name, "agent_name": name}
		if i == 0 {
			// A room that is public shows newcomers all that was said.
			tool, in = "create_room", args{"room": r.name, "agent_name": name, "capacity": 20, "public": true}
		}
		got, err := s.ask(ctx, tool, in, nil)
		if err := refused(got, err); err != nil {
			return nil, err
		}
		*seats[i] = agent{room: r, name: name, token: got.AgentToken, cursor: got.Cursor}
		if name == "Fay" {
			r.cursor = got.Cursor
		}
		if name == "Eve" {
			_, claim, _ = strings.Cut(got.Watch, "#")
		}
	}
	r.user = agent{room: r, name: r.eve.name, token: personToken(claim)}
	for _, in := range []args{{"claim": claim}, {"approve": true}} {
		in["agent_token"] = r.user.token
		if err := refused(s.ask(ctx, "supervise", in, nil)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// refused returns an error if there is one, or if the answer is a refusal.
func refused(got answer, err error) error {
	if err == nil && got.Code != "" {
		err = fmt.Errorf("refused: %s: %s", got.Code, got.Message)
	}
	return err
}

// personToken makes the token of the person who opens a link: see docs/tools.md, "For programs of people".
func personToken(claim string) string {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	token := "p" + claim[1:13]
	for range 16 {
		token += digits[rand.IntN(len(digits)):][:1]
	}
	sum := 0
	for _, b := range []byte(token) {
		sum = (sum*33 + int(b) + 7) % 1021
	}
	return token + digits[sum/32:][:1] + digits[sum%32:][:1]
}

// act does what words of a kind stand for, until an answer was kept, and writes that down. taken reads the answer.
func (a *agent) act(ctx context.Context, k kind, words, tool string, in args, taken func(answer) (deed, error)) (
	d deed, err error) {
	l := a.room.store.ledger
	write := func(s step, d deed) error { return l.write(entry{s, key{a.room.name, k, words}, d}) }
	switch a.fault {
	case loss:
		words += " that nobody did"
		d = deed{Who: a.name, ID: "lost"}
		return d, write(acknowledged, d)
	case double:
		write = func(step, deed) error { return nil }
	}
	if err := write(begun, deed{}); err != nil {
		return d, err
	}
	in["agent_token"] = a.token
	got, err := a.ask(ctx, tool, in, func(s step) error { return write(s, deed{}) })
	if err != nil {
		return d, err
	}
	d, err = taken(got)
	if err != nil {
		return d, fmt.Errorf("%s, %s of %s, %q: %w", a.room.name, k, a.name, words, err)
	}
	d.Who = a.name
	a.room.store.count(k, 1)
	return d, write(acknowledged, d)
}

// ask calls a tool as store.ask does, and once more if the message was held back.
func (a *agent) ask(ctx context.Context, tool string, in args, note func(step) error) (answer, error) {
	for {
		got, err := a.room.store.ask(ctx, tool, in, note)
		if in["cursor"] == nil || got.Cursor == "" {
			return got, err
		}
		in["cursor"], a.cursor = got.Cursor, got.Cursor
		if tool != "send_message" || got.Sent || got.Code != "" || got.Status == "pending" {
			return got, err
		}
	}
}

// keyed adds an idempotency key to every second act, and where another double is to be made; else the cursor.
func (a *agent) keyed(n int, words string, in args) args {
	if n%2 == 0 || a.fault == double {
		in["idempotency_key"] = fmt.Sprintf("%s%.50s", a.fault, words)
	} else {
		in["cursor"] = a.cursor
	}
	return in
}

func messageOf(got answer) (deed, error) {
	if !got.Sent {
		return deed{}, fmt.Errorf("it was not sent: %+v", got)
	}
	return deed{ID: got.ID}, refused(got, nil)
}

func taskOf(got answer) (deed, error) {
	if err := refused(got, nil); err != nil || got.Task == nil {
		return deed{}, errors.Join(err, fmt.Errorf("no task: %+v", got))
	}
	return deed{ID: got.Task.ID}, nil
}

// addedOf reads the answer to an add, which shows what was added first.
func addedOf(title string) func(answer) (deed, error) {
	return func(got answer) (deed, error) {
		if err := refused(got, nil); err != nil || len(got.Tasks) == 0 || got.Tasks[0].Title != title {
			return deed{}, errors.Join(err, fmt.Errorf("%s was not added: %+v", title, got))
		}
		return deed{ID: got.Tasks[0].ID}, nil
	}
}

func (a *agent) say(ctx context.Context, n int) error {
	words := fmt.Sprintf("%s says sentence %d, which is long enough to be known again.", a.name, n)
	_, err := a.act(ctx, say, words, "send_message", a.keyed(n, words, args{"text": words}), messageOf)
	return err
}

func taskTitle(n int) string  { return fmt.Sprint("task ", n) }
func choreTitle(n int) string { return fmt.Sprint("chore ", n) }

func (a *agent) add(ctx context.Context, title string) (id string, err error) {
	done, err := a.act(ctx, add, title, "task", args{"action": "add", "cursor": a.cursor,
		"tasks": []args{{"title": title, "text": a.fault}}}, addedOf(title))
	return done.ID, err
}

// report ends a task by a message that reports it.
func (a *agent) report(ctx context.Context, n int, id string) error {
	words := fmt.Sprintf("%s reports that chore %d is done, so go on.", a.name, n)
	_, err := a.act(ctx, finish, choreTitle(n), "send_message",
		a.keyed(n, words, args{"text": words, "finishes": []string{id}}), func(got answer) (deed, error) {
			d, err := messageOf(got)
			d.Of, d.End = id, words
			return d, err
		})
	return err
}

// take takes a task that another one wants, too.
func (a *agent) take(ctx context.Context, n int, id string) (mine bool, err error) {
	_, err = a.act(ctx, take, taskTitle(n), "task", args{"action": "take", "id": id}, func(got answer) (deed, error) {
		if got.Code == "invalid_argument" && got.By != a.name {
			return deed{}, errTaken
		}
		mine = got.Task != nil && got.Task.By == a.name
		return taskOf(got)
	})
	if errors.Is(err, errTaken) {
		err = nil
	}
	return mine, err
}

var errTaken = errors.New("somebody else has it")

// command is what whoever finishes a task has run.
const command = "make test"

func (a *agent) finish(ctx context.Context, n int, id string) error {
	_, err := a.act(ctx, finish, taskTitle(n), "task", args{"action": "finish", "id": id,
		"text": fmt.Sprint("done ", n), "ran": command, "exit": 0}, func(got answer) (deed, error) {
		d, err := taskOf(got)
		d.End = fmt.Sprint("done ", n, " ", command)
		return d, err
	})
	return err
}

func (a *agent) check(ctx context.Context, n int, id string) error {
	_, err := a.act(ctx, check, taskTitle(n), "task", args{"action": "check", "id": id, "exit": n % 2},
		func(got answer) (deed, error) {
			d, err := taskOf(got)
			d.End = []string{"same", "differs"}[n%2]
			return d, err
		})
	return err
}

func (a *agent) propose(ctx context.Context, n int) (id string, err error) {
	words := fmt.Sprintf("%s proposes rule %d, which is long enough to be known again.", a.name, n)
	done, err := a.act(ctx, agree, words, "send_message", a.keyed(n, words, args{"text": words, "kind": "proposal",
		"ask": []string{"Dan"}}), messageOf)
	return done.ID, err
}

// vote agrees to a proposal, or every third time objects.
func (a *agent) vote(ctx context.Context, n int, id string) error {
	how := "agree"
	if n%3 == 0 {
		how = "object"
	}
	words := fmt.Sprintf("%s votes on rule %d: %s.", a.name, n, how)
	in := a.keyed(n, words, args{"text": words, "kind": how, "reply_to": id})
	_, err := a.act(ctx, agree, words, "send_message", in,
		func(got answer) (deed, error) {
			d, err := messageOf(got)
			d.Of, d.End = id, how
			return d, err
		})
	return err
}

func draftWords(n int) string { return fmt.Sprintf("draft %d, which waits for the person of Eve.", n) }

// edited is what a person makes of a draft.
func edited(words string) string { return words + " Edited." }

func (a *agent) draft(ctx context.Context, n int) (id string, err error) {
	words := draftWords(n)
	done, err := a.act(ctx, draft, words, "send_message", a.keyed(n, words, args{"text": words}),
		func(got answer) (deed, error) {
			if got.Status != "pending" {
				return deed{}, fmt.Errorf("it is no draft: %+v", got)
			}
			return deed{ID: got.ID}, nil
		})
	return done.ID, err
}

// decide sends, edits or refuses a draft.
func (a *agent) decide(ctx context.Context, n int, id string) error {
	how, in := []string{"sent", "edited", "refused"}[n%3], args{"draft": id, "decision": "send"}
	switch how {
	case "edited":
		in["decision"], in["text"] = "edit", edited(draftWords(n))
	case "refused":
		in["decision"], in["text"] = "refuse", "not this one"
	}
	_, err := a.act(ctx, decide, draftWords(n), "supervise", in, func(got answer) (deed, error) {
		return deed{Of: id, End: how}, refused(got, nil)
	})
	return err
}

// join makes a room. Nobody can join again at once under a name that has a seat, so who had no answer makes another
// room.
func (a *agent) join(ctx context.Context, n int) error {
	s := a.room.store
	for try := 1; ; try++ {
		e := entry{begun, key{a.room.name, join, fmt.Sprintf("camp %d-%d of %s", n, try, a.room.name)}, deed{}}
		switch a.fault {
		case loss:
			e.Words += " that nobody made"
			e.Step, e.deed = acknowledged, deed{Who: a.name, ID: "lost"}
			return s.ledger.write(e)
		case double:
			return refused(s.ask(ctx, "join_room", args{"room": a.room.camp, "agent_name": "Gil again"}, nil))
		}
		if err := s.ledger.write(e); err != nil {
			return err
		}
		got, err := s.once(ctx, "join_room", args{"room": e.Words, "agent_name": a.name})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			e.Step = cut
			pause(ctx, soon)
		case rand.IntN(2) == 0:
			e.Step = thrown
		case got.Code != "":
			return fmt.Errorf("%s: %w", e.Words, refused(got, nil))
		default:
			e.Step, e.deed = acknowledged, deed{Who: a.name, ID: got.AgentToken}
			a.room.camp = e.Words
			s.count(join, 1)
			return s.ledger.write(e)
		}
		if err := s.ledger.write(e); err != nil {
			return err
		}
	}
}

// hear waits for what is new, as the clients of agents do: the cursor of its next call shows what has arrived. It
// reports whether anything had.
func (a *agent) hear(ctx context.Context, seconds int) (more bool, err error) {
	r := a.room
	e := entry{Step: begun, key: key{Room: r.name, Kind: hear}}
	got, err := r.store.ask(ctx, "wait_for_message", args{"agent_token": a.token, "cursor": r.cursor,
		"wait_seconds": seconds}, func(s step) error {
		e.Step = s
		return r.store.ledger.write(e)
	})
	if err := refused(got, err); err != nil {
		return false, err
	}
	r.cursor = got.Cursor
	var heard []entry
	for _, m := range got.Messages {
		if m.Type == "message" && a.fault != loss {
			heard = append(heard, entry{acknowledged, key{r.name, hear, m.ID},
				deed{Who: a.name, ID: m.ID, End: m.Text}})
		}
		if m.Type == "message" && a.fault == double {
			heard = append(heard, heard[len(heard)-1])
		}
	}
	r.store.count(hear, len(heard))
	return len(got.Messages) > 0, r.store.ledger.write(heard...)
}

// work lets all in the room work until ctx ends.
func (r *room) work(ctx context.Context) error {
	type job struct {
		n  int
		id string
	}
	toBob, toCid, done := make(chan job, 1), make(chan job, 1), make(chan job, 2)
	proposed, toEve, drafted, toGil := make(chan job, 1), make(chan job, 1), make(chan job), make(chan job, 1)
	give := func(to chan<- job, j job) error {
		select {
		case to <- j:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	all, ctx := errgroup.WithContext(ctx)
	// always has somebody do a step again and again. A step that ctx has cut off is no failure.
	always := func(step func(n int) error) {
		all.Go(func() error {
			for n := 1; ; n++ {
				if err := step(n); err != nil && ctx.Err() == nil {
					return err
				} else if err != nil {
					return nil
				}
			}
		})
	}
	next := func(from <-chan job, step func(j job) error) {
		always(func(int) error {
			select {
			case j := <-from:
				return step(j)
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
	always(func(n int) error {
		pause(ctx, r.store.rest)
		chore, err := r.ann.add(ctx, choreTitle(n))
		if err != nil {
			return err
		}
		id, err := r.ann.add(ctx, taskTitle(n))
		if err != nil {
			return err
		}
		if err := r.ann.report(ctx, n, chore); err != nil {
			return err
		}
		for _, to := range []chan job{toBob, toCid, toEve, toGil} {
			if err := give(to, job{n, id}); err != nil {
				return err
			}
		}
		id, err = r.ann.propose(ctx, n)
		if err != nil {
			return err
		}
		return give(proposed, job{n, id})
	})
	for from, worker := range map[chan job]*agent{toBob: &r.bob, toCid: &r.cid} {
		next(from, func(j job) error {
			mine, err := worker.take(ctx, j.n, j.id)
			if err != nil || !mine {
				return cmp.Or(err, worker.say(ctx, j.n))
			}
			if err := worker.finish(ctx, j.n, j.id); err != nil {
				return err
			}
			return cmp.Or(give(done, j), worker.say(ctx, j.n))
		})
	}
	always(func(int) error {
		select {
		case j := <-done:
			return r.dan.check(ctx, j.n, j.id)
		case j := <-proposed:
			return r.dan.vote(ctx, j.n, j.id)
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	next(toEve, func(j job) error {
		id, err := r.eve.draft(ctx, j.n)
		if err != nil {
			return err
		}
		return give(drafted, job{j.n, id})
	})
	next(drafted, func(j job) error { return r.user.decide(ctx, j.n, j.id) })
	next(toGil, func(j job) error { return r.gil.join(ctx, j.n) })
	always(func(int) error {
		pause(ctx, 300*time.Millisecond) // else each message would cost a call
		_, err := r.fay.hear(ctx, 20)
		return err
	})
	return all.Wait()
}

// once has all do acts of each kind, one after the other.
func (r *room) once(ctx context.Context, n int) error {
	chore, err := r.ann.add(ctx, choreTitle(n))
	if err != nil {
		return err
	}
	id, err := r.ann.add(ctx, taskTitle(n))
	if err != nil {
		return err
	}
	proposal, err := r.ann.propose(ctx, n)
	if err != nil {
		return err
	}
	drafted, err := r.eve.draft(ctx, n)
	if err != nil {
		return err
	}
	if err := r.ann.report(ctx, n, chore); err != nil {
		return err
	}
	if _, err := r.bob.take(ctx, n, id); err != nil {
		return err
	}
	return errors.Join(r.gil.join(ctx, n), r.bob.finish(ctx, n, id), r.bob.say(ctx, n), r.dan.check(ctx, n, id),
		r.dan.vote(ctx, n, proposal), r.user.decide(ctx, n, drafted))
}

// plant has all do acts of each kind as they should, and then the same with a fault.
func (r *room) plant(ctx context.Context, f fault) error {
	const n = 1_000_000 // no other act has this number
	if err := r.once(ctx, n); err != nil {
		return err
	}
	for _, a := range []*agent{&r.ann, &r.bob, &r.dan, &r.eve, &r.user, &r.gil} {
		a.fault = f
	}
	if err := r.once(ctx, n); err != nil {
		return err
	}
	if err := r.cid.say(ctx, n); err != nil {
		return err
	}
	r.fay.fault = f
	_, err := r.fay.hear(ctx, 0)
	r.fay.fault = noFault
	return err
}

// hearRest has Fay hear what was said since her last call.
func (r *room) hearRest(ctx context.Context) error {
	for {
		if more, err := r.fay.hear(ctx, 0); err != nil || !more {
			return err
		}
	}
}

// work lets all in all rooms work until ctx ends, while servers are killed.
func (s *store) work(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return s.killOften(ctx) })
	for _, r := range s.rooms {
		all.Go(func() error { return r.work(ctx) })
	}
	return all.Wait()
}
