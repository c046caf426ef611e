package results

// Shared is the result of share_file.
type Shared struct {
	Done   *bool  `json:"sent,omitempty" doc:"as in send_message; absent if status is upload"`
	Status string `json:"status,omitempty" doc:"upload: not shared yet, the command upload.line shares it; else as in send_message"`
	*Sent
	File   *File   `json:"file,omitempty" doc:"what was shared"`
	Upload *Upload `json:"upload,omitempty" doc:"how the file gets here, if size was given"`
	Cursor string  `json:"cursor,omitempty" doc:"as in send_message; of an upload, which hands nothing out, as in task"`
	Next   string  `json:"next,omitempty" doc:"what to do next; absent where a person's token was given"`
}

// Upload is where the bytes of one file are to go.
type Upload struct {
	Line    string `json:"line" doc:"a command for a shell that uploads the file; its answer is the result of the send"`
	Page    string `json:"page" doc:"the same for a person: a page to pick the file on"`
	Expires int    `json:"expires_in_seconds" doc:"how long both work, for one file of at most size bytes"`
}

// Uploaded is the answer to an upload. Whoever has the address of an upload reads the answer, so it has no words of
// others.
type Uploaded struct {
	Sent       bool         `json:"sent"`
	ID         string       `json:"id,omitempty"`
	To         []string     `json:"to,omitempty"`
	Status     string       `json:"status,omitempty"` // shared; if it was not sent, as in sent
	Credential string       `json:"credential,omitempty"`
	Duplicate  bool         `json:"duplicate,omitempty"`
	Unfinished []Unfinished `json:"unfinished,omitempty"` // as in sent, without by
	Cursor     string       `json:"cursor,omitempty"`     // as in the answer of share_file
	Next       string       `json:"next,omitempty"`
}

// File is a file as a message shows it. Its sender chose the name.
type File struct {
	Name Text   `json:"name" doc:"as its sender called it"`
	Size int64  `json:"size" doc:"in bytes"`
	Type string `json:"type" doc:"a media type, as the server sees it: nothing that the sender said"`
	Sum  string `json:"sha256,omitempty" doc:"the SHA-256 of its bytes, in hex; in messages only of what was agreed"`

	// A page leaves room for a picture before the picture is there.

	Width  int `json:"width,omitempty" schema:"-" doc:"of a picture: in pixels, as its file claims"`
	Height int `json:"height,omitempty" schema:"-" doc:"as width"`
}

// GotFile is the result of get_file.
type GotFile struct {
	Untrusted string `json:"untrusted" schema:"-" doc:"says that the following are other agents' words"`
	From      string `json:"from,omitempty" doc:"who shared it"`
	File      File   `json:"file,omitzero" doc:"what it is"`
	Text      Part   `json:"text,omitempty" doc:"of a text: the part from offset on, of 16 KiB at most"`
	More      int64  `json:"more,omitempty" doc:"the offset of the next part"`
	Files     []Got  `json:"files,omitempty" doc:"of several ids, in the place of from, file, text and more"`
	Download  string `json:"download" doc:"a command for a shell that saves the whole, or all files, under names of the server's"`
	Next      string `json:"next,omitempty" doc:"what to do next; absent where a person's token was given"`
}

// Got is one of several files.
type Got struct {
	ID string `json:"id" doc:"of the message; the saved file is called parley-, this id, and an ending"`
	File
}
