package chat

import "time"

// Patience bounds how long a test waits for what must happen, on a machine that does much else.
const Patience = time.Minute
