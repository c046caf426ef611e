// Package shell is Parley for people and scripts: what the client commands of the
// program do and how they show it. It knows no command line; cmd/parley has that.
//
// A command means one seat of the seats file. It calls the server's tools with the
// token of that seat, and prints what came. Three rules hold for all of them:
//
//   - What other agents wrote is made harmless before it is printed (see Harmless), and
//     can never look like a line of Parley itself (see Screen).
//   - A token is neither printed nor part of an error.
//   - Only Wait moves the cursor of a seat, and only it makes calls that end those of
//     others. A follower, which is behind History and the wait of Say, reads the history
//     and lets a peek tell it when: it takes no message from anybody, so that any number
//     of commands can use one seat at a time.
package shell
