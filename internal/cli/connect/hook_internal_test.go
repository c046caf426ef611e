package connect

import "testing"

// PowerShell, Git Bash and cmd.exe run hooks on Windows.
func TestHook_program_isAWordThatEachShellOfTheSystemRuns(t *testing.T) {
	for _, c := range []struct{ system, path, want string }{
		{"windows", `C:\Users\ann\bin\parley.exe`, "C:/Users/ann/bin/parley.exe"},
		{"windows", `C:\Users\RUNNER~1\parley.exe`, "C:/Users/RUNNER~1/parley.exe"},
		{"windows", `\\files\tools\parley.exe`, "//files/tools/parley.exe"},
		{"windows", `C:\Program Files\parley.exe`, `"C:\Program Files\parley.exe"`},
		{"windows", `C:\R&D\parley.exe`, `"C:\R&D\parley.exe"`},
		{"windows", `C:\a,b\parley.exe`, `"C:\a,b\parley.exe"`},
		{"linux", "/opt/parley", `"/opt/parley"`},
		{"linux", `/opt/a\b$c/parley`, `"/opt/a\\b\$c/parley"`},
	} {
		if got := commandOf(c.system, c.path); got != c.want {
			t.Errorf("on %s, %s is %s, want %s", c.system, c.path, got, c.want)
		}
	}
}
