package room

import (
	"slices"
	"time"
)

// Debt is what an agent owes answers to.
type Debt struct {
	Owes          string   // the id of the request to answer first: the oldest proposal, else the oldest; "": no debt
	OwesAgreement bool     // that request is a proposal
	AlsoOwes      []string // the ids of the other requests, oldest first
}

// DebtOf returns what the agent of a seat owes answers to. A vote comes first, since all who see the proposal wait for
// the vote, and what is agreed may answer the other requests.
func (h *Head) DebtOf(seat int, now time.Time) (debt Debt) {
	owed := h.Talk.owedBy(seat, now)
	if len(owed) == 0 {
		return debt
	}
	first := max(0, slices.IndexFunc(owed, func(r OpenRequest) bool { return r.Proposal }))
	for i, request := range owed {
		if i != first {
			debt.AlsoOwes = append(debt.AlsoOwes, h.MessageID(request.N))
		}
	}
	debt.Owes, debt.OwesAgreement = h.MessageID(owed[first].N), owed[first].Proposal
	return debt
}
