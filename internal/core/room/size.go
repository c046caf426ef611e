package room

import "unsafe"

// How much memory a room takes. The figures count what a slice has reserved and the
// bytes of each string, although two values may share them. They are upper bounds, but
// for what the allocator rounds up.
//
// They are added up by hand, since every append weighs its whole head: by reflection that takes 25 times as long,
// a tenth of the time of a send in a room of a hundred agents. size_test.go compares both.

// EventBytes is what an Event takes itself, beside what it refers to.
const EventBytes = int(unsafe.Sizeof(Event{}))

// Referred returns how many bytes of memory e refers to.
func (e *Event) Referred() int {
	n := texts(e.ID, string(e.Type), e.Name, e.Text, string(e.Kind), string(e.Reason), e.NewAdmin, e.LogKey, e.Hash,
		e.Key, e.ByName, string(e.Action), e.Note, e.PersonName)
	n += list(e.To) + list(e.Ask) + list(e.Named) + list(e.ReFor) + list(e.Agreed) + list(e.AgreedTo)
	n += names(e.ToNames) + names(e.AskNames)
	for _, seats := range e.AgreedTo {
		n += list(seats)
	}
	n += list(e.Finishes) + list(e.Closes) + list(e.Wakes) + list(e.Calls)
	for _, c := range e.Calls {
		n += texts(c.Hook)
	}

	// What few types of events have is behind a pointer.
	n += pointed(e.Talk) + pointed(e.Agent) + pointed(e.Behind) + pointed(e.Settings) + pointed(e.Changed)
	n += pointed(e.Ban) + pointed(e.Task)
	if e.Draft != nil {
		n += int(unsafe.Sizeof(*e.Draft)) + e.Draft.Referred()
	}
	if e.OpenFrom != nil {
		n += int(unsafe.Sizeof(*e.OpenFrom))
	}
	if e.Hook != nil {
		n += int(unsafe.Sizeof(*e.Hook)) + texts(e.Hook.ID, string(e.Hook.Form))
	}
	if f := e.File; f != nil {
		n += int(unsafe.Sizeof(*f)) + texts(f.Name, f.Type, f.Key, f.Sum)
	}
	if e.Invite != nil {
		n += int(unsafe.Sizeof(*e.Invite))
	}
	return n
}

// pointed returns how many bytes what p points to takes, with what it refers to; 0 for nil.
func pointed[T any, P interface {
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
	n := int(unsafe.Sizeof(*h)) + h.State.referred() + h.Recent.referred() + list(h.Proposals)
	for i := range h.Proposals {
		n += h.Proposals[i].Referred()
	}
	return n
}

func (s *State) referred() int {
	n := s.Settings.referred() + s.Talk.referred() + texts(s.ID, s.LogKey)
	n += list(s.Agents) + list(s.Bans) + list(s.Mutes) + list(s.Knocks)
	for i := range s.Agents {
		n += s.Agents[i].referred()
	}
	for _, bans := range [][]Ban{s.Bans, s.Mutes} {
		for i := range bans {
			n += bans[i].referred()
		}
	}
	for _, k := range s.Knocks {
		n += texts(k.Key)
	}
	n += list(s.Tasks) + list(s.TasksAdded) + list(s.TaskEnds)
	for i := range s.Tasks {
		n += s.Tasks[i].referred()
	}
	for _, x := range s.TasksAdded {
		n += x.Party.referred() + texts(x.Titles)
	}
	return n
}

func (m Party) referred() int { return texts(m.Name, m.Key, m.Person) }

func (t *Task) referred() int {
	n := texts(t.Title, t.Text) + t.Adder.referred() + t.Holder.referred() + list(t.For) + list(t.After)
	for _, m := range t.For {
		n += m.referred()
	}
	return n
}

func (c *TaskChange) referred() int {
	n := texts(string(c.Action), c.Title, c.Text) + c.Was.referred() + list(c.Add) + list(c.For) + list(c.After)
	for i := range c.Add {
		n += c.Add[i].referred()
	}
	for _, m := range c.For {
		n += m.referred()
	}
	return n
}

func (r *Recent) referred() int {
	n := list(r.said) + list(r.messages.private) + list(r.words.private) + list(r.left)
	for i := range r.said {
		n += list(r.said[i].earlier)
	}
	return n
}

func (s *Settings) referred() int {
	return texts(s.Name, s.Key, s.Description, string(s.Type), s.Password)
}

func (t *Talk) referred() int {
	n := list(t.Open) + list(t.Done)
	for i := range t.Open {
		r := &t.Open[i]
		n += list(r.To) + list(r.Owed) + list(r.Agreed) + list(r.Apart) + list(r.Persons)
		for _, v := range r.Persons {
			n += texts(v.Name)
		}
	}
	return n
}

func (a *Agent) referred() int {
	n := texts(a.Name, a.Key, string(a.Role), a.Hash, a.Principal, a.SignIn, a.Owner, a.TakenFrom)
	n += a.Person.referred()
	n += list(a.Hooks)
	for i := range a.Hooks {
		n += texts(a.Hooks[i].ID, string(a.Hooks[i].Form))
	}
	return n
}

func (p *Person) referred() int { return names(p.Devices) + list(p.Drafts) + texts(p.Name) }

func (b *Ban) referred() int { return texts(b.Name, b.Key) }

func (c *Changes) referred() int {
	n := texts(c.Password, c.Invite)
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

func texts(all ...string) (n int) {
	for _, s := range all {
		n += len(s)
	}
	return n
}

func names(all []string) int { return list(all) + texts(all...) }

// list returns what a slice takes, beside what its elements refer to.
func list[T any](all []T) int {
	var one T
	return cap(all) * int(unsafe.Sizeof(one))
}
