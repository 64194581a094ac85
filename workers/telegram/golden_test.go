package telegram

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// update writes lines of the golden file that are missing; those that are there stay.
var update = flag.Bool("update", false, "write golden lines that are missing")

// TestOldButtonsWork: old messages keep their buttons, so what any release so far has written into one is understood by this
// one. Each op has a line: op, object, nonce and data, as signed for person 7.
func TestOldButtonsWork(t *testing.T) {
	t.Parallel()
	s, name := NewSigner(testMAC), filepath.Join("testdata", "golden", "buttons.txt")
	text, err := os.ReadFile(name)
	if err != nil && !*update {
		t.Fatal(err)
	}
	have := map[Op]bool{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		want := Press{Op(f[0]), strings.Trim(f[1], "-"), strings.Trim(f[2], "-")}
		have[want.Op] = true
		if got, err := s.Parse(f[3], 7); err != nil || got != want {
			t.Errorf("%s: %+v, %v", f[3], got, err)
		}
	}
	for _, op := range Ops() {
		switch {
		case have[op]:
		case *update:
			text = append(text, []byte(strings.Join([]string{string(op), object, "0123456789abcdef", s.Data(op, object, 7, "0123456789abcdef")}, " ")+"\n")...)
		default:
			t.Errorf("op %s has no golden line: run with -update once it means what it is to mean", op)
		}
	}
	if *update {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
