package bfl_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers/bfl/bfltest"
)

// TestAISDK drives the fake with the Black Forest Labs provider of Vercel's AI SDK: what it takes for the service is one.
func TestAISDK(t *testing.T) {
	if testing.Short() {
		t.Skip("needs nodejs and npm")
	}
	t.Parallel()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal("install nodejs and npm")
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/js")); err != nil {
		t.Fatal(err)
	}
	picture, mask := filepath.Join(dir, "picture.png"), filepath.Join(dir, "mask.png")
	for _, file := range []string{picture, mask} {
		var out bytes.Buffer
		if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 96, 64))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := bfltest.New(t)
	s.AllowKeyAtResults()
	s.Fault(
		bfltest.Fault{}, bfltest.Fault{}, bfltest.Fault{}, bfltest.Fault{}, bfltest.Fault{Pending: 1},
		bfltest.Fault{Status: 402, Body: `{"detail":"Insufficient credits"}`}, bfltest.Fault{End: "Error"},
	)
	run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	out := run(t, dir, "node", "drive.mjs", s.URL(), bfltest.Key, picture, mask)
	if !strings.HasSuffix(strings.TrimSpace(out), "done 9") {
		t.Errorf("the AI SDK did not finish:\n%s", out)
	}
	if s.Billed() != 6 {
		t.Errorf("billed %d, want 6", s.Billed())
	}
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
