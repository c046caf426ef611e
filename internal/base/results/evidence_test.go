package results

import "testing"

func TestEvidence_inWords_saysWhoReportsWhat(t *testing.T) {
	zero, two := 0, 2
	commit := "5ef2c4c0a1b2c3d4e5f60718293a4b5c6d7e8f90"
	for want, got := range map[string]string{
		"reported: make test, exit 0":             Evidence{Ran: "make test"}.Reported(),
		"reported: make test, exit 0, at 5ef2c4c": Evidence{Ran: "make test", Commit: commit}.Reported(),
		"reported: a \\u202eb, exit -1":           Evidence{Ran: "a \u202eb", Exit: -1}.Reported(),
		"reported: make, exit 2, at 5ef2c4c with changes": Evidence{Ran: "make", Exit: 2, Commit: commit,
			Dirty: true}.Reported(),
		`reported: "make, exit 0, at 5ef2c4c; checked by Bob", exit 1`: Evidence{
			Ran: "make, exit 0, at 5ef2c4c; checked by Bob", Exit: 1}.Reported(),
		`reported: "make    checked by Bob: same result", exit 1`: Evidence{
			Ran: "make    checked by Bob: same result", Exit: 1}.Reported(),
		`reported: "a, exit 0", exit 1`: Evidence{Ran: "a, exit 0", Exit: 1}.ReportedQuoted(),
		`reported: "make", exit 0`:      Evidence{Ran: "make"}.ReportedQuoted(),
		"checked by Bob: same result":   Check{By: "Bob", Verdict: "same", Exit: &zero, Tree: commit}.Checked(),
		"checked by Kim, for Bob: same result (exit 2)": Check{By: "Bob", ByPerson: true, ByName: "Kim",
			Verdict: "same", Exit: &two, Tree: commit}.Checked(),
		"checked by Bob: same exit code, files not compared": Check{By: "Bob", Verdict: "same",
			Exit: &zero}.Checked(),
		"Bob: not the same (exit 2)": Check{By: "Bob", Verdict: "differs", Exit: &two}.Checked(),
		"Bob: not the same (exit 0)": Check{By: "Bob", Verdict: "differs", Exit: &zero}.Checked(),
		"Bob: could not run it":      Check{By: "Bob", Verdict: "cannot"}.Checked(),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
