// Package wording has the rules about what a call says, wherever it is said: whether it can
// be a message, whom its names stand for, and whether it was said before.
package wording
