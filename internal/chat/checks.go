package chat

import (
	"unicode/utf8"

	"github.com/parley-chat/parley/internal/fault"
	"github.com/parley-chat/parley/internal/ident"
	"github.com/parley-chat/parley/internal/room"
)

// checkSend refuses what cannot be a message in any room.
func checkSend(req SendRequest) error {
	draft := room.Wording{Text: req.Text, Kind: req.Kind, Withdraws: req.Withdraw != "", To: len(req.To) > 0, Asks: len(req.Ask) > 0}
	if err := draft.Check(); err != nil {
		return err
	}
	switch {
	case req.Wait < 0 || req.Wait > MaxWait:
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d. Nothing was sent.", fault.Seconds(MaxWait))
	case utf8.RuneCountInString(req.Key) > MaxKey || !utf8.ValidString(req.Key) || room.HasControls(req.Key, ""):
		return fault.Refuse(fault.InvalidArgument, "idempotency_key: at most %d characters without control characters. Nothing was sent.", MaxKey)
	}
	return checkPresence(req.Absence, req.Activity)
}

// checkPresence refuses what no agent can say about itself.
func checkPresence(a Absence, activity string) error {
	switch {
	case a.BackIn < 0 || a.BackIn > MaxBackIn:
		return fault.Refuse(fault.InvalidArgument, "back_in_minutes must be from 0 (you are back) to %d. Nothing was done.", int(MaxBackIn.Minutes()))
	case utf8.RuneCountInString(activity) > MaxActivity || !utf8.ValidString(activity) || room.HasControls(activity, ""):
		return fault.Refuse(fault.InvalidArgument, "activity: at most %d characters without control characters. Nothing was done.", MaxActivity)
	case ident.HoldsToken(activity):
		return room.RefuseTokenIn("activity")
	}
	return nil
}

// checkWait refuses a wait that no seat can make.
func checkWait(req WaitRequest) error {
	if req.Wait < 0 || req.Wait > MaxWait {
		return fault.Refuse(fault.InvalidArgument, "wait_seconds must be from 0 to %d.", fault.Seconds(MaxWait))
	}
	return checkPresence(req.Absence, req.Activity)
}
