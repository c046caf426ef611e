package chat

import "time"

// Patience bounds how long a test waits for what must happen, on a machine that does much else.
const Patience = time.Minute

// Size returns how many bytes of a result m counts for.
func (m Message) Size() int { return m.size() }
