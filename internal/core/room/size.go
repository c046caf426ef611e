package room

import "unsafe"

// How much memory a room takes. The figures count the capacity of a slice and the bytes of each string,
// although values may share both. They are upper bounds, apart from what the allocator rounds up.
//
// The sums are written by hand, since every append weighs its whole head: reflection takes 25 times as long, a
// tenth of the time of a send in a room of a hundred agents. size_test.go compares both.

// EventBytes is the size of an Event, without the memory that the Event refers to.
const EventBytes = int(unsafe.Sizeof(Event{}))

// Referred returns how many bytes of memory e refers to.
func (e *Event) Referred() int {
	n := textBytes(e.ID, string(e.Type), e.Name, e.Text, string(e.Kind), string(e.Reason), e.NewAdmin, e.LogKey, e.Hash,
		e.Key, e.Call, e.ByName, string(e.Action), e.Note, e.PersonName)
	n += sliceBytes(e.To) + sliceBytes(e.Ask) + sliceBytes(e.Named) + sliceBytes(e.ReFor) + sliceBytes(e.Chain)
	n += sliceBytes(e.Agreed) + sliceBytes(e.AgreedTo)
	n += textsBytes(e.ToNames) + textsBytes(e.AskNames)
	for _, seats := range e.AgreedTo {
		n += sliceBytes(seats)
	}
	n += sliceBytes(e.Bound) + sliceBytes(e.Finishes) + sliceBytes(e.Closes) + sliceBytes(e.Wakes) + sliceBytes(e.Calls)
	for _, c := range e.Calls {
		n += textBytes(c.Hook)
	}

	// Fields of few event types are behind a pointer.
	n += pointerBytes(e.Talk) + pointerBytes(e.Agent) + pointerBytes(e.Behind) + pointerBytes(e.Settings)
	n += pointerBytes(e.Changed) + pointerBytes(e.Ban) + pointerBytes(e.Task)
	if e.Draft != nil {
		n += int(unsafe.Sizeof(*e.Draft)) + e.Draft.Referred()
	}
	if e.OpenFrom != nil {
		n += int(unsafe.Sizeof(*e.OpenFrom))
	}
	if e.Hook != nil {
		n += int(unsafe.Sizeof(*e.Hook)) + textBytes(e.Hook.ID, string(e.Hook.Form))
	}
	if file := e.File; file != nil {
		n += int(unsafe.Sizeof(*file)) + textBytes(file.Name, file.Type, file.Key, file.Sum)
	}
	if e.Invite != nil {
		n += int(unsafe.Sizeof(*e.Invite))
	}
	return n
}

// pointerBytes returns the bytes behind p, with all memory that they refer to; 0 for nil.
func pointerBytes[T any, P interface {
	*T
	referred() int
}](p P) int {
	if p == nil {
		return 0
	}
	return int(unsafe.Sizeof(*p)) + p.referred()
}

// Bytes returns how many bytes of memory h takes.
func (h *Head) Bytes() int {
	n := int(unsafe.Sizeof(*h)) + h.State.referred() + h.Recent.referred() + sliceBytes(h.Proposals)
	for i := range h.Proposals {
		n += h.Proposals[i].Referred()
	}
	return n
}

func (s *State) referred() int {
	n := s.Settings.referred() + s.Talk.referred() + textBytes(s.ID, s.LogKey)
	n += sliceBytes(s.Agents) + sliceBytes(s.Bans) + sliceBytes(s.Mutes) + sliceBytes(s.Knocks)
	for i := range s.Agents {
		n += s.Agents[i].referred()
	}
	for _, bans := range [][]Ban{s.Bans, s.Mutes} {
		for i := range bans {
			n += bans[i].referred()
		}
	}
	for _, k := range s.Knocks {
		n += textBytes(k.Key)
	}
	n += sliceBytes(s.Tasks) + sliceBytes(s.TaskEnds)
	for i := range s.Tasks {
		n += s.Tasks[i].referred()
	}
	return n
}

func (m Party) referred() int { return textBytes(m.Name, m.Person) }

func (t *Task) referred() int {
	n := textBytes(t.Title, t.Text) + t.Adder.referred() + t.Holder.referred() + sliceBytes(t.For) + sliceBytes(t.After)
	for _, party := range t.For {
		n += party.referred()
	}
	return n
}

func (c *TaskChange) referred() int {
	n := textBytes(string(c.Action), c.Title, c.Text) + c.Was.referred()
	n += pointerBytes(c.Ran) + pointerBytes(c.Check) + sliceBytes(c.Add) + sliceBytes(c.For) + sliceBytes(c.After)
	n += pointerBytes(c.Finished)
	for i := range c.Add {
		n += c.Add[i].referred()
	}
	for _, party := range c.For {
		n += party.referred()
	}
	return n
}

func (e *Evidence) referred() int {
	return textBytes(e.Ran, e.Commit, e.Tree, e.Dir, e.Output, e.System)
}

func (f *Finished) referred() int {
	return textBytes(f.Title, f.Principal) + f.Adder.referred() + f.By.referred() + pointerBytes(f.Ran)
}

func (c *Check) referred() int { return textBytes(string(c.Verdict), c.Tree) }

func (r *Recent) referred() int {
	n := sliceBytes(r.said) + sliceBytes(r.messages.private) + sliceBytes(r.words.private) + sliceBytes(r.left)
	n += sliceBytes(r.made) + sliceBytes(r.decided)
	for _, by := range r.made {
		n += sliceBytes(by.calls)
		for _, m := range by.calls {
			n += textBytes(m.Call)
		}
	}
	return n
}

func (s *Settings) referred() int {
	return textBytes(s.Name, s.Key, s.Description, string(s.Type), s.Password)
}

func (t *Talk) referred() int {
	n := sliceBytes(t.Open) + sliceBytes(t.Done) + sliceBytes(t.Doubts) + sliceBytes(t.Differences)
	for i := range t.Differences {
		d := &t.Differences[i]
		n += textBytes(d.Name, d.PersonName, d.Group) + sliceBytes(d.For)
	}
	for i := range t.Open {
		request := &t.Open[i]
		n += sliceBytes(request.To) + sliceBytes(request.Owed) + sliceBytes(request.Agreed) +
			sliceBytes(request.Apart) + sliceBytes(request.Persons) + sliceBytes(request.Replaces.For) +
			sliceBytes(request.Replaces.Bound)
		for _, v := range request.Persons {
			n += textBytes(v.Name)
		}
	}
	return n
}

func (a *Agent) referred() int {
	n := textBytes(a.Name, a.Key, string(a.Role), a.Hash, a.Principal, a.SignIn, a.Owner, a.TakenFrom)
	n += a.Person.referred()
	n += sliceBytes(a.Hooks)
	for i := range a.Hooks {
		n += textBytes(a.Hooks[i].ID, string(a.Hooks[i].Form))
	}
	return n
}

func (p *Person) referred() int {
	return textsBytes(p.Devices) + sliceBytes(p.Drafts) + textBytes(p.Name)
}

func (b *Ban) referred() int { return textBytes(b.Name, b.Key) }

func (c *Changes) referred() int {
	n := textBytes(c.Password, c.Invite)
	for _, s := range []*string{c.Room, c.Description, (*string)(c.Type)} {
		if s != nil {
			n += int(unsafe.Sizeof(*s)) + len(*s)
		}
	}
	if c.Capacity != nil {
		n += int(unsafe.Sizeof(*c.Capacity))
	}
	if c.AgentMessages != nil {
		n += int(unsafe.Sizeof(*c.AgentMessages))
	}
	if c.Public != nil {
		n += int(unsafe.Sizeof(*c.Public))
	}
	return n
}

func textBytes(all ...string) (n int) {
	for _, s := range all {
		n += len(s)
	}
	return n
}

func textsBytes(all []string) int { return sliceBytes(all) + textBytes(all...) }

// sliceBytes returns the bytes of a slice, without the memory that its elements refer to.
func sliceBytes[T any](all []T) int {
	var one T
	return cap(all) * int(unsafe.Sizeof(one))
}
