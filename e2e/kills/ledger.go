package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// kind is a kind of act.
type kind string

const (
	join   kind = "join"   // a room that this makes
	say    kind = "say"    // a message to all
	hear   kind = "hear"   // what a wait brings, until the next call shows its cursor
	add    kind = "add"    // a task
	take   kind = "take"   // a task, of two who want it
	finish kind = "finish" // a task, by a result or by a message that reports it
	check  kind = "check"  // what another agent says that it ran
	agree  kind = "agree"  // a proposal, a vote or an objection
	draft  kind = "draft"  // a message that waits for its person
	decide kind = "decide" // of a person about a draft: sent, edited or refused
)

// kinds are all kinds in the order of the table.
var kinds = []kind{join, say, hear, add, take, finish, check, agree, draft, decide}

// key names an act. Its words are unlike those of every other act of its kind in its room.
type key struct {
	Room  string `json:"room,omitempty"`
	Kind  kind   `json:"kind,omitempty"`
	Words string `json:"words,omitempty"`
}

// deed is what the answer to an act says, or what the log says of it.
type deed struct {
	Who string `json:"who,omitempty"`
	ID  string `json:"id,omitempty"`  // of the message, the task or the draft; of a join the token
	Of  string `json:"of,omitempty"`  // the id of what the act is about
	End string `json:"end,omitempty"` // how it ended; of what was heard its words
}

// step is what happened to an act.
type step string

const (
	begun        step = "begun"  // its first call follows
	cut          step = "cut"    // a call had no answer
	thrown       step = "thrown" // an answer came, and the client threw it away
	acknowledged step = "acknowledged"
	killed       step = "killed" // servers, Who names them
)

// entry is a line of the ledger.
type entry struct {
	Step step `json:"step"`
	key
	deed
}

// ledger is a file of what clients were told. No server knows it.
type ledger struct {
	mu   sync.Mutex
	file *os.File
}

func createLedger(name string) (*ledger, error) {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	return &ledger{file: file}, err
}

// write appends entries. What was acknowledged is on the disk when write returns, and so before the next call of
// whoever was told.
func (l *ledger) write(entries ...entry) error {
	var text []byte
	durable := false
	for _, e := range entries {
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
		durable = durable || e.Step == acknowledged
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(text); err != nil || !durable {
		return err
	}
	return l.file.Sync()
}

// readLedger returns the entries of a file, in order.
func readLedger(name string) (entries []entry, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, len(entries)+1, err)
		}
		entries = append(entries, e)
	}
	return entries, lines.Err()
}
