// Package reins has the rules by which the person behind a seat holds its agent: Reins pause
// it, or let its messages wait as drafts until the person has decided about each.
//
// What a room keeps of that is room.Person. A draft is an event that only the agent and the
// person see; to decide about it is one further event.
package reins
