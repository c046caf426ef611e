package connect

import (
	"encoding/json"
	"path/filepath"
)

// credentials is the file of a client's sign-ins, in the client's folder.
const credentials = ".credentials.json"

// claudeSignedIn reads the sign-ins of Claude Code outside macOS, where a keychain has them.
func claudeSignedIn(m Machine, address string) (access string, out bool) {
	var file struct {
		Servers map[string]struct {
			URL    string `json:"serverUrl"`
			Access string `json:"accessToken"`
		} `json:"mcpOAuth"`
	}
	_ = json.Unmarshal(encode(content(filepath.Join(claudeDir(m), credentials))), &file) // others are none of ours
	for _, s := range file.Servers {
		if s.URL == address {
			return s.Access, s.Access == ""
		}
	}
	return "", false
}

// codexSignedIn reads the sign-ins of Codex on a machine without a keyring. Codex removes a refresh token that a server
// has refused.
func codexSignedIn(m Machine, address string) (access string, out bool) {
	var servers map[string]struct {
		URL     string `json:"server_url"`
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	_ = json.Unmarshal(encode(content(filepath.Join(codexHome(m), credentials))), &servers) // others are none of ours
	for _, s := range servers {
		if s.URL == address {
			return s.Access, s.Refresh == ""
		}
	}
	return "", false
}
