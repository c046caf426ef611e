package presence

import "github.com/parley-chat/parley/internal/core/room"

// The presence of a seat is known from three sides: a call brings one, this process has cached that of the calls before
// it, and the table has one, perhaps of another process. Two become one by merge. The cases are of Bob, who called this
// process at 12:00:
//
//  1. Nothing is known but Bob's join: the presence is that of the join.
//  2. Bob called another process alone: the presence is the stored one.
//  3. The table has nothing newer: the presence is the known one.
//  4. Bob called another process at 12:01, and calls here: that call was the last, and the known wait stays.
//  5. Bob told another process that he is back, and calls here: he is back.
//  6. A program looks in for Bob, who called another process at 12:01: the presence is the stored one.
//  7. Others look at Bob, who called another process at 12:01: they see the stored presence.
//  8. Others look at Bob, who called nobody else: they see the known presence, with the activity of the table.
//  9. Others look at Bob, who told another process that he is away: they see that, and the known wait.
//  10. Another process handed Bob 9 and began his youngest wait: both stay known, whoever called last.

// What becomes of each field. seatCall.presence and announceProgram set the fields, but Read is seatCache.handedOut:
//
//	call   V, AtMs, Used: merge keeps that of the later call
//	rises  OwnMs, WaitMs, ShellMs, WakesMs, Read: merge keeps the greater one
//	wait   UntilMs, WaitFrom, Standby, ForMe: as call, but addTo keeps that of an open wait beside a call
//	table  BackMs, HookedMs, Activity, ActiveAsOf: as call, but seenByOthers shows that of the table

// merge returns the presence of two calls.
func merge(later, earlier room.Presence) room.Presence { // 10
	later.OwnMs = max(later.OwnMs, earlier.OwnMs)
	later.WaitMs = max(later.WaitMs, earlier.WaitMs)
	later.ShellMs = max(later.ShellMs, earlier.ShellMs)
	later.WakesMs = max(later.WakesMs, earlier.WakesMs)
	later.Read = max(later.Read, earlier.Read)
	return later
}

// withStored returns known, with what the table has, before a call of agent. The call adds to known, but an absence may
// have begun or ended elsewhere. stored is zero if the table has none, or was not read.
func withStored(known, stored room.Presence, agent *room.Agent) room.Presence {
	switch {
	case known.AtMs == 0 && stored.AtMs == 0: // 1
		return merge(room.Presence{AtMs: agent.AtMs, Read: agent.Joined}, known)
	case known.AtMs == 0: // 2
		return merge(stored, known)
	case stored.AtMs == 0: // 3
		return known
	}
	both := merge(known, stored) // 4, 5
	both.AtMs, both.BackMs = max(known.AtMs, stored.AtMs), stored.BackMs
	return both
}

// laterOf returns known or, if a later call brought it, stored.
func laterOf(known, stored room.Presence) room.Presence {
	if stored.AtMs > known.AtMs || stored.AtMs == known.AtMs && stored.Standby != known.Standby { // 6
		return merge(stored, known)
	}
	return known
}

// seenByOthers returns the presence that others see of a seat that has called here. Each begin and end of an absence is
// written, so the table knows of an absence unless this process is the only one.
func seenByOthers(known, stored room.Presence, singleProcess bool) room.Presence {
	if known.AtMs < stored.AtMs || known.AtMs == stored.AtMs && !singleProcess { // 7
		return merge(stored, known)
	}
	seen := merge(known, stored) // 8
	seen.HookedMs, seen.Activity, seen.ActiveAsOf = stored.HookedMs, stored.Activity, stored.ActiveAsOf
	if !singleProcess { // 9
		seen.BackMs = stored.BackMs
	}
	return seen
}
