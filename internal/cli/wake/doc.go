// Package wake wakes agents that have gone idle, when there is something to read.
//
//   - The standby waits in the place of idle agents: one process for all seats of a person (standby.go, watch.go,
//     process.go). The standby acknowledges nothing, so a notice that is lost costs no message.
//   - A notice brings a sentence to the session of an idle agent, in the way that its client offers, or to a person's
//     screen or program (notify.go, listener.go). The sentence says that there is something to read, but neither what
//     it is nor who wrote it.
//   - Claude Code and Codex run a hook, which is a command of this program, when a tool was used, a turn is over or a
//     session begins or ends (hook.go). The hook records which session has which seat. It also takes the notices for a
//     session without an inbox.
package wake
