package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/imagika/imagika/storage"
)

// adminArgs is a command line of admin, with what every command that acts wants to know.
func adminArgs(args ...string) []string {
	args = append([]string{"admin"}, args...)
	c, _, err := root(newStreams(nil, io.Discard, io.Discard, nil)).Find(args)
	if err != nil {
		return args
	}
	if _, acts := c.Annotations[actsAnnotation]; acts {
		args = append(args, "--why", "a test")
		if !slices.Contains(args, "--account") {
			args = append(args, "--account", "ann")
		}
	}
	if c.Flags().Lookup(flagYes) != nil {
		args = append(args, "--yes")
	}
	return args
}

// leaves walks the commands that do something.
func leaves(c *cobra.Command, f func(c *cobra.Command)) {
	for _, sub := range c.Commands() {
		leaves(sub, f)
	}
	if !c.HasSubCommands() {
		f(c)
	}
}

// Every command of admin explains itself, takes --json, and asks why if it acts.
func TestAdminCommandsAreAlike(t *testing.T) {
	t.Parallel()
	admin, _, err := root(newStreams(nil, io.Discard, io.Discard, nil)).Find([]string{"admin"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	leaves(admin, func(c *cobra.Command) {
		n++
		_ = c.ParseFlags(nil) // joins the flags of its parents
		if own := c.LocalNonPersistentFlags().Lookup("json"); own != nil || c.Flags().Lookup("json") == nil {
			t.Errorf("%s: --json is not that of admin", c.CommandPath())
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") || c.Args == nil {
			t.Errorf("%s: says %q, takes anything: %v", c.CommandPath(), c.Short, c.Args == nil)
		}
		if _, acts := c.Annotations[actsAnnotation]; acts != (c.Flags().Lookup(flagWhy) != nil) || acts != (c.Flags().Lookup(flagAccount) != nil) {
			t.Errorf("%s: acts: %v, but its flags say otherwise", c.CommandPath(), acts)
		}
	})
	if n < 25 {
		t.Errorf("%d commands", n)
	}
}

// Who acts says why, agrees to what cannot be undone, and stands in the audit log.
func TestActing(t *testing.T) {
	t.Parallel()
	env := map[string]string{"IMAGIKA_DATA": dataFolder(t), "IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_OPERATOR": "bob"}
	promo := []string{"admin", "promo", "create", "SUMMER", "--credits", "5"}
	if r := execute(t.Context(), env, nil, promo...); r.code != exitUsage || !strings.Contains(r.err, "why is missing") {
		t.Errorf("without a reason: %+v", r)
	}
	if r := execute(t.Context(), env, nil, append(promo, "--why", "sun", "--account", "chat:1")...); r.code != exitUsage || !strings.Contains(r.err, "is no name") {
		t.Errorf("under a name of the chat: %+v", r)
	}
	if r := execute(t.Context(), env, nil, append(promo, "--why", "it is  warm", "--json")...); r.code != exitOK || !strings.Contains(r.out, `"credits": 5`) {
		t.Errorf("as JSON: %+v", r)
	}
	r := execute(t.Context(), env, nil, append(promo, "--why", "again", "--json")...)
	var f problem
	if err := json.Unmarshal([]byte(r.err), &f); err != nil || r.out != "" || f.Exit != exitRefused || r.code != exitRefused || !strings.Contains(f.Error, "of that name") {
		t.Errorf("refused as JSON: %+v, %v", r, err)
	}
	r = execute(t.Context(), env, nil, "admin", "audit")
	if lines := strings.Split(r.out, "\n"); len(lines) != 3 || !strings.Contains(lines[1], "  bob  promo create  01") || !strings.HasSuffix(lines[1], "  it is warm") {
		t.Errorf("audit: %q", r.out)
	}
	for _, args := range [][]string{{"--who", "ann"}, {"--object", "x"}, {"--since", "2999-01-01"}} {
		if r := execute(t.Context(), env, nil, append([]string{"admin", "audit", "--json"}, args...)...); r.out != "[]\n" {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

// At a terminal one is asked.
func TestAskedAtATerminal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typed string
		code  int
		said  string
	}{
		{"too loud\n", exitRefused, "there is no person 4242"},
		{"\n", exitUsage, "why is missing"},
		{"", exitUsage, "why is missing"},
	} {
		var o, e strings.Builder
		s := newStreams(strings.NewReader(tt.typed), &o, &e, environ(map[string]string{"IMAGIKA_DATA": dataFolder(t)}))
		s.asks = true
		if code := run(t.Context(), s, "admin", "moderation", "ban", "4242"); code != tt.code || !strings.Contains(e.String(), "Why? ") || !strings.Contains(e.String(), tt.said) {
			t.Errorf("%q: code %d, %q", tt.typed, code, e.String())
		}
	}
}

// What reaches people, or binds them, is asked about like anything else that cannot be undone; trying it takes no reason.
func TestWhatReachesPeopleIsAskedAbout(t *testing.T) {
	t.Parallel()
	env := map[string]string{"IMAGIKA_DATA": dataFolder(t), "IMAGIKA_LOG_LEVEL": "error"}
	news := filepath.Join(t.TempDir(), "news.txt")
	if err := os.WriteFile(news, []byte("[en]\nWe paint <b>faster</b> now.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	made := func(args ...string) (v struct{ ID string }) {
		t.Helper()
		r := execute(t.Context(), env, nil, append(append([]string{"admin"}, args...), "--json")...)
		if err := json.Unmarshal([]byte(r.out), &v); err != nil {
			t.Fatalf("%v: %+v", err, r)
		}
		return v
	}
	draft, breach := made("announce", "create", news).ID, made("breach", "record", "--facts", "lost").ID
	for _, tt := range []struct {
		args  []string
		asked string
		trial bool // it has --dry-run
	}{
		{[]string{"policy", "publish", "2027-03"}, "Version 2027-03 is in force from 20", true},
		{[]string{"announce", "start", draft}, "0 people are told, which takes about 0 s", false},
		{[]string{"announce", "delete", draft}, "out of the chats of 0 people", false},
		{[]string{"breach", "notify", breach, news}, "0 people are told as soon as two operators", true},
	} {
		args := append([]string{"admin"}, tt.args...)
		if r := execute(t.Context(), env, nil, args...); r.code != exitUsage || !strings.Contains(r.err, "why is missing") {
			t.Errorf("%q without a reason: %+v", args, r)
		}
		if tt.trial {
			if r := execute(t.Context(), env, nil, append(args, "--dry-run")...); r.code != exitOK {
				t.Errorf("%q on trial: %+v", args, r)
			}
		}
		args = append(args, "--why", "a test")
		if r := execute(t.Context(), env, nil, args...); r.code != exitUsage || !strings.Contains(r.err, tt.asked) || !strings.Contains(r.err, "--yes") {
			t.Errorf("%q is not asked about: %+v", args, r)
		}
		if r := execute(t.Context(), env, nil, append(args, "--yes")...); r.code != exitOK {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typed string
		asks  bool
		args  []string
		code  int
		did   bool
	}{
		{"y\n", true, nil, exitOK, true},
		{"YES\n", true, nil, exitOK, true},
		{"n\n", true, nil, exitInterrupted, false},
		{"", true, nil, exitInterrupted, false},
		{"y\n", false, nil, exitUsage, false},
		{"", false, []string{"--yes"}, exitOK, true},
	} {
		var e strings.Builder
		s := newStreams(strings.NewReader(tt.typed), io.Discard, &e, environ(map[string]string{"IMAGIKA_DATA": dataFolder(t)}))
		s.asks = tt.asks
		did := false
		c := s.acting(&cobra.Command{Use: "drop THING", SilenceErrors: true, SilenceUsage: true}, deed{
			needless: true,
			warn:     func(_ context.Context, args []string) (string, error) { return args[0] + " is lost", nil },
			do: func(*cobra.Command, storage.By, []string) error {
				did = true
				return nil
			},
		})
		c.SetArgs(append([]string{"it"}, tt.args...))
		if code := s.report(c.ExecuteContext(t.Context())); code != tt.code || did != tt.did || (tt.args == nil) != strings.Contains(e.String(), "it is lost") {
			t.Errorf("%+v: code %d, did %v, %q", tt, code, did, e.String())
		}
	}
}
