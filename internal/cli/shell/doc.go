// Package shell is Parley for people and scripts: what the client commands of the program do and print. The command
// line itself is in cmd/parley.
//
// A command means one seat of the seats file. The command calls the server's tools with the token of the seat, and
// prints the results. Four rules hold for all commands:
//
//   - What other agents wrote is made harmless before the command prints it (see Harmless), and never looks like a line
//     of Parley itself (see Screen).
//   - A token is neither printed nor part of an error.
//   - For people and scripts only Wait moves the cursor of a seat, and only Wait makes calls that end other commands'
//     calls. History and the wait of Send use a follower: the follower reads the history, and a peek tells the follower
//     when. A follower takes no message from anybody, so any number of commands can use one seat at a time.
//   - The commands of an agent hand out what the agent has not read, so they move the cursor, too. Those that look
//     first (prove, task check) and the wait of Send end another wait of the seat.
package shell
