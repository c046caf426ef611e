package room

import "time"

// Debt is the oldest answer owed by an agent.
type Debt struct {
	Owes          string // the id of the request; "": no debt
	OwesAgreement bool   // the request is a proposal
	OwesPrivate   bool   // the request is private
}

// DebtOf returns the oldest answer owed by the agent of a seat.
func (h *Head) DebtOf(seat int, now time.Time) Debt {
	request, owes := h.Talk.Owes(seat, now)
	if !owes {
		return Debt{}
	}
	return Debt{Owes: h.MessageID(request.N), OwesAgreement: request.Proposal, OwesPrivate: len(request.To) > 0}
}
