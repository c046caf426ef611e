package room

// Kind says what the sender of a message expects. The methods say what several rules ask of a kind; what a kind does to
// the debts of the room is in talk.go.
//
//	kind      Asks  IsVote  TakesAsk  NeedsText  WantsNothing  Interrupts
//	message   -     -       yes       yes        -             yes
//	request   yes   -       yes       yes        -             yes
//	status    -     -       -         yes        yes           -
//	proposal  yes   -       yes       yes        -             yes
//	agree     -     yes     -         -          yes           yes
//	object    -     yes     -         -          -             yes
//	done      -     -       -         yes        yes           yes
type Kind string

// The kinds of messages.
const (
	Plain    Kind = "message"
	Request  Kind = "request"  // wants an answer
	Status   Kind = "status"   // wants none
	Proposal Kind = "proposal" // wants everyone asked to agree
	Agree    Kind = "agree"    // agrees to a proposal
	Object   Kind = "object"   // ends a proposal
	Done     Kind = "done"     // the sender has finished
)

// Kinds lists the kinds of messages, for arguments.
func Kinds() []Kind { return []Kind{Plain, Request, Status, Proposal, Agree, Object, Done} }

// IsPlain reports whether k says nothing of what the sender expects.
func (k Kind) IsPlain() bool { return k == "" || k == Plain }

// Asks reports whether k wants an answer or a vote, even of nobody in particular.
func (k Kind) Asks() bool { return k == Request || k == Proposal }

// IsVote reports whether k answers a proposal.
func (k Kind) IsVote() bool { return k == Agree || k == Object }

// TakesAsk reports whether a message of kind k may name who owes it an answer.
func (k Kind) TakesAsk() bool { return k.IsPlain() || k.Asks() }

// NeedsText reports whether a message of kind k says nothing without a text. An objection without its reason is for
// those who may not speak: see State.checkVote.
func (k Kind) NeedsText() bool { return !k.IsVote() }

// WantsNothing reports whether nobody needs to answer a message of kind k: it holds back nothing. An objection may want
// another proposal.
func (k Kind) WantsNothing() bool { return k == Status || k == Agree || k == Done }

// Interrupts reports whether a message of kind k is worth the attention of all who see it. A message that does not
// interrupt only says how work goes: it wakes the seats that it is meant for, takes no turn to speak, and its
// sender works on.
func (k Kind) Interrupts() bool { return k != Status }
