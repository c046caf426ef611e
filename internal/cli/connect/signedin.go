package connect

import (
	"encoding/json"
	"path/filepath"
)

// credentials is the name of the file in which a client keeps its sign-ins, in its own folder.
const credentials = ".credentials.json"

// claudeSignedIn reads where Claude Code keeps its sign-ins outside macOS, which has them in a keychain.
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

// codexSignedIn reads where Codex keeps its sign-ins on a machine without a keyring. It takes out the refresh token
// that a server has refused.
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
