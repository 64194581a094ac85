package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModerationTry(t *testing.T) {
	t.Parallel()
	own := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(own, []byte("lists: {a: {en: [fox]}}\nrules: [{name: foxes, category: illicit, action: refuse, any: [a]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("rules: 7"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		rules string
		words []string
		code  int
		want  []string // of what is said
	}{
		{"", []string{"Scunthorpe", "in the rain"}, exitOK, []string{"read as   scunthorpe in the rain\nverdict   pass\n"}},
		{"", []string{"a p.0.r.n scene"}, exitFailed, []string{"rule      sexual (sexual)\nbecause   p.0.r.n\n", "refused by rule sexual"}},
		{"", []string{"--json", "pоrn"}, exitFailed, []string{`"read": "porn"`, `"action": "refuse"`}},
		{own, []string{"a fox"}, exitFailed, []string{"rule      foxes (illicit)"}},
		{own, []string{"porn"}, exitOK, []string{"verdict   pass"}},
		{broken, []string{"a fox"}, exitUsage, []string{"IMAGIKA_MODERATION_RULES: " + broken + `: line 1, rules: "7" stands there, want a list`, "Mend the file"}},
		{"", nil, exitUsage, []string{"admin moderation try --help"}},
	} {
		env := map[string]string{"IMAGIKA_DATA": t.TempDir(), "IMAGIKA_MODERATION_RULES": tt.rules}
		r := execute(t.Context(), env, nil, append([]string{"admin", "moderation", "try"}, tt.words...)...)
		if r.code != tt.code {
			t.Errorf("%q: %+v, want code %d", tt.words, r, tt.code)
		}
		for _, want := range tt.want {
			if !strings.Contains(r.out+r.err, want) {
				t.Errorf("%q: said %q and %q, want %q", tt.words, r.out, r.err, want)
			}
		}
	}
}

// Where nothing runs, the desk is over the databases of the data folder.
func TestModerationWithoutAProcess(t *testing.T) {
	t.Parallel()
	env := map[string]string{"IMAGIKA_DATA": dataFolder(t), "IMAGIKA_LOG_LEVEL": "error"}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"appeals"}, exitOK, "APPEAL  WAITS  PERSON  ABOUT  CAUSE  PROMPT\n"},
		{[]string{"reports", "--json"}, exitOK, "[]\n"},
		{[]string{"appeals", "nobody"}, exitRefused, "there is no case nobody"},
		{[]string{"appeal", "accept", "nobody"}, exitRefused, "no appeal nobody is waiting"},
		{[]string{"strikes", "4242"}, exitRefused, "there is no person 4242"},
		{[]string{"ban", "0123456789abcdef", "--for", "72h"}, exitRefused, "there is no person 0123456789abcdef"},
		{[]string{"ban", "4242", "--for", "-1h"}, exitUsage, "-1h0m0s is over before it begins"},
		{[]string{"ban", "4242", "--for", "0"}, exitUsage, "0s is over before it begins"},
		{[]string{"unban", "4242"}, exitRefused, "there is no person"},
	} {
		r := execute(t.Context(), env, nil, adminArgs(append([]string{"moderation"}, tt.args...)...)...)
		if r.code != tt.code || !strings.Contains(r.out+r.err, tt.want) {
			t.Errorf("%q: %+v, want code %d and %q", tt.args, r, tt.code, tt.want)
		}
	}
}
