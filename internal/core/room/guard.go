package room

import "slices"

// Act is a call that unread events may hold back.
type Act struct {
	ByAny    bool    // any words of others hold it back: a text to all, a proposal, and to take a task
	To       []int   // the readers of a private text, else nil
	ReplyTo  int64   // the message that it answers; 0: none
	Finishes []int64 // the tasks that it finishes
}

// IsHeldBy reports whether event, which c has not read, holds back act (talk: held once).
//
// Words of others hold back what others read or work by, since they may say "stop": an agent, asked one second after
// its wait not to begin, began. A private text, a file, a vote and a report stay right whatever others say, and a
// report that comes late costs others work. So only words hold them back that are meant for c (see isMeantFor), that
// answer or withdraw what act answers, and the edit of a task that act finishes: what was done may no longer be what is
// wanted. A private text is held back, too, by the join of a reader, who may have the name of an agent known to c. The
// words of the person behind c always hold back, also why a draft was refused. The zero Act is held back by these, and
// by what is meant for c.
func (c Caller) IsHeldBy(event Event, act Act) bool {
	switch {
	case !c.IsNews(event):
		return false
	case event.Type == Joined:
		return !event.Regains && slices.Contains(act.To, event.Seat)
	case event.Type == TaskChanged:
		return event.Task.Action == EditTask && slices.Contains(act.Finishes, event.Task.No)
	case c.IsOwnPersons(event) && (event.Type == Said || event.Note != ""):
		return true
	case event.Type != Said:
		return false
	case event.Kind.WantsNothing():
		return false
	}
	return act.ByAny || event.isMeantFor(c.Seat) ||
		act.ReplyTo != 0 && (event.ReplyTo == act.ReplyTo || event.Withdraws == act.ReplyTo)
}

// IsOwnPersons reports whether event is an act of the person behind c, or words that the person let c say.
func (c Caller) IsOwnPersons(event Event) bool { return event.isOfPerson() && event.Seat == c.Seat }
