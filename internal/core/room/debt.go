package room

import "time"

// Debt is the oldest answer that an agent owes.
type Debt struct {
	Owes          string // the id of the request; "" for none
	OwesAgreement bool   // and it is a proposal
	OwesPrivate   bool   // and not everybody sees it
}

// DebtOf returns the oldest answer that the agent of a seat owes.
func (h *Head) DebtOf(seat int, now time.Time) Debt {
	r, owes := h.Talk.Owes(seat, now)
	if !owes {
		return Debt{}
	}
	return Debt{Owes: h.MessageID(r.N), OwesAgreement: r.Proposal, OwesPrivate: len(r.To) > 0}
}
