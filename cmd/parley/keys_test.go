package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parley-chat/parley/internal/auth/access"
	"github.com/parley-chat/parley/internal/base/ident"
	"github.com/parley-chat/parley/internal/store/table"
	"github.com/parley-chat/parley/internal/store/table/sqlite"
	"github.com/parley-chat/parley/internal/testkit/dynamolocal"
)

// emptyFile makes a file as a server leaves it at its first start.
func emptyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley.db")
	tab, err := sqlite.Open(path, sqlite.Options{})
	if err == nil {
		err = tab.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// The lines to paste have the address, so serve must accept the address.
func TestKeysAdd_publicURL_isCheckedAsServeChecksIt(t *testing.T) {
	file := emptyFile(t)
	for _, given := range []string{"parley.example", "ftp://a.example", "https://ann:b@a.example",
		"https://a.example/?b", "https://a.example/#b", "https://"} {
		served, _, toServe := command(t, "serve", "--data", file, "--public-url", given)
		code, out, says := command(t, "keys", "add", "Ann", "--data", file, "--public-url", given)
		want := strings.ReplaceAll(toServe, "serve", "keys add")
		if code != exitUsage || served != code || out != "" || says != want ||
			!strings.HasPrefix(want, "parley: keys add: --public-url (PARLEY_PUBLIC_URL) ") {
			t.Errorf("%s: code %d, %q, %q; serve ends with %d, %q", given, code, out, says, served, toServe)
		}
	}
	if all := listed(t, "--data", file); len(all) > 0 {
		t.Errorf("%d keys were made", len(all))
	}
}

// listed returns the keys in the output of parley keys list.
func listed(t *testing.T, where ...string) []access.Entry {
	t.Helper()
	code, out, says := command(t, append([]string{"keys", "list", "--json"}, where...)...)
	var list struct{ Keys []access.Entry }
	if err := json.Unmarshal([]byte(out), &list); err != nil || code != 0 {
		t.Fatalf("code %d, %q, %q: %v", code, out, says, err)
	}
	return list.Keys
}

func TestKeys_inAFileOrATable_areMadeListedAndRevoked(t *testing.T) {
	for name, place := range map[string]func(t *testing.T) []string{
		"file": func(t *testing.T) []string { return []string{"--data", emptyFile(t)} },
		"table": func(t *testing.T) []string {
			t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamolocal.Start(t))
			t.Setenv("AWS_REGION", "eu-west-1")
			t.Setenv("AWS_ACCESS_KEY_ID", "local")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "local")
			name := "keys-" + rand.Text()
			if code, says := copyRooms(t, "--create-table", "--from", emptyFile(t), "--to", "table:"+name); code != 0 {
				t.Fatal(says)
			}
			return []string{"--table", name}
		},
	} {
		t.Run(name, func(t *testing.T) {
			where := place(t)
			code, out, says := command(t, append([]string{"keys", "add", "Ann", "--days", "30", "--public-url",
				"https://chat.example"}, where...)...)
			key, ok := ident.ParseKey(out)
			if code != 0 || !ok || out != key.String()+"\n" {
				t.Fatalf("code %d, %q, %q", code, out, says)
			}
			for _, line := range []string{
				"  parley connect claude-code --url https://chat.example --allow\n",
				" https://chat.example/ has the lines for others.\n",
			} {
				if !strings.Contains(says, line) {
					t.Errorf("no %q in\n%s", line, says)
				}
			}
			if strings.Count(says, "\n") > 12 || strings.Contains(says, "This is the address on this machine") {
				t.Errorf("it says\n%s", says)
			}
			if strings.Contains(says, key.Secret) {
				t.Errorf("what may be a log has the key:\n%s", says)
			}
			if _, out, _ := command(t, append([]string{"keys", "add", "Bob", "--json"},
				where...)...); !regexp.MustCompile(`^{"key":"pk_\w{34}","id":"\w{8}"}\n$`).MatchString(out) {
				t.Errorf("as JSON: %q", out)
			}
			code, out, _ = command(t, append([]string{"keys", "renew", "ann"}, where...)...)
			if renewed, ok := ident.ParseKey(out); code != 0 || !ok || renewed.ID != key.ID || renewed == key {
				t.Errorf("renewed: code %d, %q", code, out)
			}
			code, out, _ = command(t, append([]string{"keys", "list"}, where...)...)
			if day := `\d{4}-\d\d-\d\d`; code != 0 ||
				!regexp.MustCompile(`(?m)^`+key.ID+` +Ann +`+day+` +`+day+` +never +0$`).MatchString(out) ||
				strings.Contains(out, key.Secret) {
				t.Errorf("code %d, %s", code, out)
			}
			if code, _, says := command(t, append([]string{"keys", "revoke", "ann"}, where...)...); code != 0 ||
				!strings.Contains(says, "Revoked the key "+key.ID+" of Ann.") ||
				!strings.Contains(says, "still admit guests") {
				t.Errorf("code %d, %q", code, says)
			}
			if list := listed(t, where...); len(list) != 1 || list[0].Label != "Bob" {
				t.Errorf("left are %+v", list)
			}
		})
	}
}

func TestKeys_thatCannotBe_changeNothing(t *testing.T) {
	missing, path := filepath.Join(t.TempDir(), "missing.db"), emptyFile(t)
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"keys add Ann --data " + missing:                  {1, "start the server first"},
		"keys list --data " + missing:                     {1, "start the server first"},
		"keys add Ann --days -1 --data " + path:           {2, "--days -1: must be from 1 to 3650"},
		"keys add Ann --days 3651 --data " + path:         {2, "--days"},
		"keys add --data " + path:                         {2, "<label>"},
		"keys add Ann --data a --table b":                 {2, "cannot be used together"},
		"keys add Ann!! --data " + path:                   {1, "label"},
		"keys revoke nobody --data " + path:               {1, ": parley keys list --data " + path},
		"keys renew nobody --data " + path:                {1, ": parley keys list --data " + path},
		"sign-ins revoke nobody --data " + path:           {1, ": parley sign-ins list --data " + path},
		"keys revoke Ann --log-level loud --data " + path: {2, "--log-level"},
	} {
		if code, out, says := command(t, strings.Fields(args)...); code != want.code || out != "" ||
			!strings.Contains(says, want.says) {
			t.Errorf("%s: code %d, %q, %q", args, code, out, says)
		}
	}
	exists(t, missing, false)
	if list := listed(t, "--data", path); len(list) > 0 {
		t.Errorf("there are %+v", list)
	}
}

func TestKeys_logLevelInfo_writesTheAuditToStandardError(t *testing.T) {
	path := emptyFile(t)
	_, out, says := command(t, "keys", "add", "Ann", "--log-level", "info", "--data", path)
	key, _ := ident.ParseKey(out)
	if !strings.Contains(says, "level=INFO msg=audit action=key_created principal=key:"+key.ID+"\n") {
		t.Error(says)
	}
	if _, _, says := command(t, "keys", "revoke", "Ann", "--data", path); strings.Contains(says, "audit") {
		t.Error(says)
	}
}

func TestKeysAdd_labelThatAKeyHas_namesThatKeyAndHowToRevokeIt(t *testing.T) {
	path := emptyFile(t)
	add := func(args ...string) (id, says string) {
		code, out, says := command(t, append([]string{"keys", "add", "--data", path}, args...)...)
		key := keyID.FindStringSubmatch(out)
		if code != 0 || key == nil {
			t.Fatalf("%q: code %d, %q, %q", args, code, out, says)
		}
		return key[1], says
	}
	first, says := add("Ann")
	if _, ofBob := add("Bob"); strings.Contains(says+ofBob, "already") {
		t.Errorf("at the first it says %s%s", says, ofBob)
	}
	for _, again := range [][]string{{" ANN "}, {"ann", "--json"}} {
		id, says := add(again...)
		revoke := "keys revoke " + first + " --data " + path
		said, _, _ := strings.Cut(says, "\n")
		if !strings.HasPrefix(strings.ToLower(said), "ann has another key already, made on ") ||
			!strings.HasSuffix(said, ", which stays valid. To revoke it: parley "+revoke) {
			t.Errorf("%q: %s", again, says)
		}
		if code, _, says := command(t, strings.Fields(revoke)...); code != 0 {
			t.Errorf("%s: %s", revoke, says)
		}
		first = id
	}
}

// keyID finds the id in a key.
var keyID = regexp.MustCompile(`pk_(\w{8})`)

// keys list also reads a backup, and must not change it.
func TestKeysList_ofABackup_changesNothing(t *testing.T) {
	path := emptyFile(t)
	command(t, "keys", "add", "Ann", "--data", path)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if code, _, says := command(t, "backup", "--data", path, backup); code != 0 {
		t.Fatal(says)
	}
	before, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(backup, 0o400); err != nil {
		t.Fatal(err)
	}
	if list := listed(t, "--data", backup); len(list) != 1 || list[0].Label != "Ann" {
		t.Errorf("there are %+v", list)
	}
	after, err := os.ReadFile(backup)
	if beside, _ := filepath.Glob(backup + "-*"); err != nil || !bytes.Equal(before, after) || len(beside) > 0 {
		t.Errorf("the backup has changed, or there are %v: %v", beside, err)
	}
}

func TestCheck_keyThatCannotBeRead_isDamage(t *testing.T) {
	path := emptyFile(t)
	tab, err := sqlite.Open(path, sqlite.Options{})
	if err == nil {
		err = tab.Write(t.Context(), table.Put(table.Item{Key: table.Key{Partition: access.Partition, Sort: "00000000"},
			Data: []byte(`{"v":1,"hash":7}`)}, table.Always))
		err = errors.Join(err, tab.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, _, says := command(t, "check", path); code != 1 || !strings.Contains(says, "KEYS") {
		t.Errorf("code %d, %q", code, says)
	}
}
