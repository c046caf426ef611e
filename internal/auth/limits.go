package auth

import "time"

// The limits of the look-ups of new secrets. To guess 80 bits is hopeless, but each guess costs a read.
const (
	MaxLookUpsAtOnce = 20 // of an address, of a network around the address, and of a process
	// LookUpEvery is how often an address looks up one more secret. A network does so more often: see ident.Groups.
	LookUpEvery   = time.Second
	UsualLookUps  = 20              // a second, of a process: see access.Options.LookUps
	MaxLookUpWait = 5 * time.Second // of a call for its turn
	MaxAddresses  = 5000            // addresses and networks in memory; beyond that, any without a call is forgotten
	MaxKnownKeys  = 10_000          // in memory; beyond that, any is forgotten
)

// MaxSignIns is how many sign-ins a key has. A further sign-in ends the sign-in that was used least recently.
const MaxSignIns = 50

// The limits of what a provider says of a person.
const (
	MaxSubject   = 255 // characters (OpenID Connect Core 1.0, section 2)
	MaxLabel     = 100 // characters
	MaxGroups    = 200 // that Entra ID puts into a token
	MaxGroupName = 256 // characters
)

// The limits of programs that sign in.
const (
	MaxForm      = 8 << 10 // bytes of what a program sends
	MaxCookie    = 4000    // bytes that every browser keeps (RFC 6265, section 6.1), without the name
	MaxClientID  = 2000    // bytes
	MaxDocument  = 5 << 10 // bytes of the document that describes a program
	MaxDocuments = 1000    // in memory
	// DocumentsEvery is the time of the next limits: how many new documents are fetched in that time. For the networks
	// around an address see ident.Groups.
	DocumentsEvery        = time.Minute
	MaxDocumentsOfAddress = 10
	MaxDocumentsOfProcess = 60
	MaxFirstDocuments     = 300 // of a process: beyond MaxDocumentsOfProcess, the first ones of networks alone
)
