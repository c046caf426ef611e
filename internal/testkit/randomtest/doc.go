// Package randomtest runs a room with agents that obey what they are told, in random
// schedules, and checks what must hold in all of them. It has only tests.
//
// A run is one schedule: it lets agents, and now and then a person without one, act
// (agent_test.go, acts_test.go) on the services of one table in a bubble of
// testing/synctest, where time passes only while everyone waits. What they are told is
// compared with the log itself, of which a ledger (ledger_test.go) says who owes what to
// whom. The ledger is written from the rules and shares no code with package room.
//
// A schedule follows from its seed. PARLEY_SEED=<seed> runs that one alone, and shows
// what happened.
package randomtest
