package room

// Changes are the settings that an update changed, with their new values. Fields
// that did not change are nil or "".
type Changes struct {
	Room        *string `json:"room,omitempty"`
	Description *string `json:"description,omitempty"`
	Password    string  `json:"password,omitempty"` // "set" or "removed": the password itself is never shown
	Capacity    *int    `json:"capacity,omitempty"`
	Type        *Type   `json:"type,omitempty"`
	Public      *bool   `json:"public,omitempty"`
}
