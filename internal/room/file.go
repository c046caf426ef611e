package room

// File is what a message carries beside its text. Its bytes are in the store of files.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Type string `json:"type"` // a media type of the server's own list, never what its sender said
	Key  string `json:"key"`  // files.Key.ID of its bytes
	Sum  string `json:"sum"`  // SHA-256 of its bytes, in hex; shown to nobody
}
