package main

import (
	"errors"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/posener/complete"

	"github.com/parley-chat/parley/internal/cli/client"
	"github.com/parley-chat/parley/internal/cli/shell"
)

// completionCommand is `parley completion`.
type completionCommand struct{ kongcompletion.Completion }

// Help returns the text of parley completion --help.
func (*completionCommand) Help() string {
	return `On a terminal it says how a shell completes the commands, with your rooms and your names in them. Into a pipe it prints what the shell runs, for a line in the file that your shell reads when it starts:

  source <(parley completion bash)   in ~/.bashrc
  source <(parley completion zsh)    in ~/.zshrc, below compinit
  parley completion fish | source    in ~/.config/fish/config.fish`
}

// Run prints what the shell runs or, for a person at a terminal, how the person has the shell run that.
func (c *completionCommand) Run(command *kong.Context, io streams) error {
	c.Code = c.Code || !shell.IsTerminal(io.out)
	err := c.Completion.Run(command)
	if err != nil && c.Shell == "" {
		return usage(errors.New("name your shell, bash, zsh or fish, such as: parley completion bash"))
	}
	return err
}

// completed answers a shell that asks how a command line (COMP_LINE) can go on, and reports whether a shell asked.
// Rooms and names come from the seats of this person.
func completed(parser *kong.Kong) (done bool) {
	from := func(list func(*client.TokenStore) []string) complete.Predictor {
		return complete.PredictFunc(func(complete.Args) []string {
			file, err := client.OpenTokens()
			if err != nil {
				return nil
			}
			return list(file)
		})
	}
	kongcompletion.Register(parser,
		kongcompletion.WithPredictor("room", from(shell.RoomNames)),
		kongcompletion.WithPredictor("as", from(shell.AgentNames)),
		kongcompletion.WithPredictor("file", complete.PredictFiles("*")),
		kongcompletion.WithExitFunc(func(int) { done = true }))
	return done
}
