package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// programs begin with one of these: ELF, Mach-O, PE, WebAssembly.
var programs = []string{"\x7fELF", "\xcf\xfa\xed\xfe", "\xfe\xed\xfa\xcf", "\xca\xfe\xba\xbe", "MZ", "\x00asm"}

// largestFile is more than any picture or table here takes.
const largestFile = 1 << 20

// TestNothingBuiltIsKept: what is in the repository can be read. A program among the sources, built by hand and added by mistake, is
// neither reproducible nor reviewed.
func TestNothingBuiltIsKept(t *testing.T) {
	if _, err := os.Stat("../.git"); err != nil {
		t.Skip("not a checkout: nothing tells what is kept")
	}
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git: nothing tells what is kept")
	}
	// Whoever owns the folder: nothing of it is run.
	out, err := exec.CommandContext(t.Context(), git, "-c", "safe.directory=*", "-C", "..", "ls-files", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(names) < 100 {
		t.Fatalf("only %d files are kept", len(names))
	}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // about to be removed
		}
		if err != nil {
			t.Error(err)
			continue
		}
		if why := notKept(b); why != "" {
			t.Errorf("%s is %s", name, why)
		}
	}
}

func notKept(b []byte) string {
	for _, p := range programs {
		if bytes.HasPrefix(b, []byte(p)) {
			return "a program"
		}
	}
	if len(b) > largestFile {
		return "larger than 1 MiB"
	}
	return ""
}

func TestNotKept(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	if got := notKept(b); got != "a program" {
		t.Errorf("the test itself is %q", got)
	}
	if got := notKept(make([]byte, largestFile+1)); got != "larger than 1 MiB" {
		t.Errorf("a large file is %q", got)
	}
	if got := notKept([]byte("package cmd\n")); got != "" {
		t.Errorf("a source is %q", got)
	}
}
