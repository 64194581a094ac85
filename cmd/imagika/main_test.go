package main

import (
	"bytes"
	"context"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imagika/imagika/storage/keys"
)

// execute runs the command line as main does, with these settings.
func execute(t *testing.T, env map[string]string, args ...string) (out, errOut string, err error) {
	t.Helper()
	for k, v := range env {
		t.Setenv(k, v)
	}
	var o, e bytes.Buffer
	c := root(&o, &e)
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return o.String(), e.String(), err
}

func TestImagineFromTheTerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	dir := t.TempDir()
	env := map[string]string{"IMAGIKA_DATA": filepath.Join(dir, "data"), "IMAGIKA_LOG_LEVEL": "error"}
	file := filepath.Join(dir, "fox.png")
	out, progress, err := execute(t, env, "imagine", "a red fox under a full moon --n 2 --seed 3", "-o", file)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{file, filepath.Join(dir, "fox-2.png")} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if cfg, err := png.DecodeConfig(f); err != nil || cfg.Width != 1024 {
			t.Errorf("image %d: %+v, %v", i, cfg, err)
		}
	}
	if !strings.Contains(out, "seed 3, drawn by the built-in painter") || !strings.Contains(progress, "painting\n") || strings.Contains(progress, "\x1b") {
		t.Errorf("said %q and %q", out, progress)
	}
	if out, _, err := execute(t, env, "verify"); err != nil || !strings.Contains(out, "every invariant holds") {
		t.Errorf("verify: %q, %v", out, err)
	}
}

func TestMistakesAreOneLine(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		desc string
		env  map[string]string
		args []string
		want string
	}{
		{"unknown setting", map[string]string{"IMAGIKA_PRIZE": "1"}, []string{"run"}, "IMAGIKA_PRIZE is not a setting"},
		{"value out of bounds", map[string]string{"IMAGIKA_PRICE": "-1"}, []string{"run"}, "IMAGIKA_PRICE"},
		{"a role without its server", map[string]string{
			"IMAGIKA_QUEUE_KEY": keys.GenerateMaster(), "IMAGIKA_TELEGRAM_TOKEN": "7000000001:" + strings.Repeat("x", 35),
		}, []string{"bot"}, "IMAGIKA_REDIS_URL"},
		{"unknown pool", nil, []string{"run", "--data", dir, "--pools", "fast=3"}, "fast"},
		{"unknown command", nil, []string{"paint"}, "paint"},
		{"no prompt", nil, []string{"imagine"}, "at least 1 arg"},
		{"no such folder", nil, []string{"imagine", "x", "-o", filepath.Join(dir, "none", "x.png")}, "no such file"},
		{"a folder as file", nil, []string{"imagine", "x", "-o", dir}, "is a folder"},
		{"nobody to ask", map[string]string{"IMAGIKA_ADMIN_ADDR": "127.0.0.1:1"}, []string{"healthcheck"}, "127.0.0.1:1"},
	} {
		t.Run(tt.desc, func(t *testing.T) {
			env := map[string]string{"IMAGIKA_LOG_LEVEL": "error", "IMAGIKA_WEB_ADDR": "127.0.0.1:0"}
			maps.Copy(env, tt.env)
			_, _, err := execute(t, env, tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
}

// A canceled command leaves no half-written file.
func TestImagineInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("starts every embedded server")
	}
	dir := t.TempDir()
	t.Setenv("IMAGIKA_DATA", filepath.Join(dir, "data"))
	t.Setenv("IMAGIKA_LOG_LEVEL", "error")
	t.Setenv("IMAGIKA_LOCAL_DELAY", "2s")
	ctx, cancel := context.WithCancel(t.Context())
	var e cancelOn
	e.what, e.cancel = "painting", cancel
	c := root(&bytes.Buffer{}, &e)
	c.SetArgs([]string{"imagine", "a fox", "-o", filepath.Join(dir, "fox.png")})
	if err := c.ExecuteContext(ctx); err == nil {
		t.Error("an interrupted command succeeded")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*fox*"))
	if err != nil || len(files) > 0 {
		t.Errorf("left %v, %v", files, err)
	}
}

// cancelOn cancels when it is told something.
type cancelOn struct {
	what   string
	cancel func()
}

func (c *cancelOn) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.what) {
		c.cancel()
	}
	return len(p), nil
}
