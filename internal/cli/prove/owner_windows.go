package prove

import "io/fs"

// isOwn leaves the question to Git, which refuses a repository of another user.
func isOwn(fs.FileInfo) bool { return true }
