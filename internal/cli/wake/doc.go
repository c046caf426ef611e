// Package wake wakes agents that have gone idle, when there is something to read.
//
//   - The standby waits in the place of idle agents: one process for all seats of a person
//     (standby.go, watch.go, process.go). It reads nothing for the agent: what it lost is
//     still in the room's log.
//   - A notice brings a sentence to the session of an idle agent in the way that its client
//     offers, or to a person's screen or program (notify.go, listener.go). It says that there
//     is something to read, and never what it says or who said it.
//   - The hooks of Claude Code and Codex are programs that a client runs when a tool was used,
//     a turn is over or a session ends (hook.go). They note which session has which seat, and
//     take the notices for a session that has no other way in.
package wake
