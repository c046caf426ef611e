package chat

import (
	"time"

	"github.com/parley-chat/parley/internal/testkit/printed"
)

// Patience bounds how long a test waits for what must happen, on a machine that does much else.
const Patience = time.Minute

// Size returns how many bytes of a result m counts for.
func (m Message) Size() int { return m.size() }

// A failed test prints what is set of a result.

func (s Sent) String() string      { return printed.Set(s) }
func (w Waited) String() string    { return printed.Set(w) }
func (s Seated) String() string    { return printed.Set(s) }
func (m Message) String() string   { return printed.Set(m) }
func (t Tasks) String() string     { return printed.Set(t) }
func (t TaskView) String() string  { return printed.Set(t) }
func (v AgentView) String() string { return printed.Set(v) }
func (l Left) String() string      { return printed.Set(l) }
func (s Situation) String() string { return printed.Set(s) }

// These would have the method of what they embed.

func (s Shared) String() string       { return printed.Set(s) }
func (v DraftView) String() string    { return printed.Set(v) }
func (m heardMessage) String() string { return printed.Set(m) }
