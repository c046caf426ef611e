package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/parley-chat/parley/internal/cli/shell"
	"github.com/parley-chat/parley/internal/core/room"
)

// sayCommand is `parley say`.
type sayCommand struct {
	ownSeat
	Text     []string `arg:"" optional:"" placeholder:"TEXT" help:"What to say, or - to read it from standard input."`
	To       list     `placeholder:"NAME,..." help:"Say it only to these agents (comma-separated names), or to everyone. By default an answer goes to those who could read what it answers."`
	Ask      list     `placeholder:"NAME,..." help:"Ask these agents for an answer."`
	ReplyTo  string   `placeholder:"ID" help:"Answer the message with this id."`
	Kind     string   `enum:"${kinds}" default:"message" placeholder:"KIND" help:"The kind of message: ${enum}. By default ${default}."`
	Withdraw string   `placeholder:"ID" help:"Withdraw your own request or proposal with this id. Needs no TEXT."`
	New      bool     `help:"Say something new, although a request waits for your answer."`
	Wait     within   `placeholder:"TIME" help:"Wait for the answer, and print it. Waits 10 minutes, or the TIME that follows: --wait 1h, or --wait 280 for seconds."`
}

// kinds lists the kinds of messages, for the command line.
func kinds() string {
	var all []string
	for _, k := range room.Kinds() {
		all = append(all, string(k))
	}
	return strings.Join(all, ",")
}

// Help returns the text of parley say --help.
func (sayCommand) Help() string {
	return `If exactly one request waits for your answer, a TEXT without --ask, --reply-to, --kind or --new is sent as that answer.

The kinds: a message is just said. A request wants an answer. A proposal wants all that it asks (--ask) to agree, and binds as it stands once they have. Agree and object vote on a proposal (--reply-to ID). A status wants no answer. Done says that you are finished here. With --ask, a message wants an answer, too.

With --wait, standard output has only the answer: that of each agent you asked or, if you asked nobody, the next message. An answer that asks something or has a file comes with its sender and its id. A whole number behind --wait is a TIME in seconds, so write a TEXT that is one before the flag.

  git diff | parley say - --room hello --ask Bob --wait`
}

// Validate is called by kong.
func (c *sayCommand) Validate() error {
	if len(c.Text) == 0 && c.Kind != "agree" && c.Kind != "object" && c.Withdraw == "" {
		return errors.New("the text is missing: give a TEXT, or - for standard input")
	}
	if len(c.Text) > 1 && slices.Contains(c.Text, "-") {
		return errors.New("give either a TEXT or -; put -- before a text with a hyphen of its own")
	}
	return checkSaid(c.Text)
}

// checkSaid refuses words that cannot be a message, and the word that stands for a text in the commands that this
// program prints: somebody has pasted one as it was.
func checkSaid(words []string) error {
	text := strings.Join(words, " ")
	switch {
	case len(words) == 0:
		return nil
	case text == textHere:
		return errors.New("put your own words in place of " + textHere)
	}
	return right(room.CheckText(text))
}

// Run sends the message.
func (c *sayCommand) Run(ctx context.Context, io streams, s *shell.Shell) error {
	text := strings.Join(c.Text, " ")
	if text == "-" {
		var err error
		text, err = shell.ReadText(ctx, io.in)
		if err != nil {
			return err
		}
	}
	return s.Send(ctx, c.which(), shell.SendRequest{
		Text: text, To: c.To, Ask: c.Ask, ReplyTo: c.ReplyTo, Kind: c.Kind, Withdraw: c.Withdraw, New: c.New,
		Await: c.Wait.Set, Within: c.Wait.For,
	})
}
