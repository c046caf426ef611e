// Package view shows the events of a room as one agent sees them: as messages, in
// batches that fit into a result. What the agent may not see does not exist in them.
package view
