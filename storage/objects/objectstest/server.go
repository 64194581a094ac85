// Package objectstest gives a test a bucket of its own, and checks any S3 for what package objects relies on.
//
// The server is the one the program embeds, in a process of its own (command s3serve): it changes its working
// directory, of which a test binary has only one, and it must not be linked into what may not import it. It is started
// by the first test that asks, serves the whole test binary and ends with it, because its standard input does.
package objectstest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/imagika/imagika/storage/objects"
)

const command = "github.com/imagika/imagika/cmd/internal/embedded/s3serve"

// server is started once per test binary and ends with it.
var server = sync.OnceValues(start)

// Config returns the settings of a new bucket, not yet created, on a real S3.
func Config(tb testing.TB) objects.Config {
	tb.Helper()
	s, err := server()
	if err != nil {
		tb.Fatalf("objectstest: %v", err)
	}
	c := s.config
	c.Bucket = "test-" + strings.ToLower(rand.Text())
	c.CreateBucket = true
	return c
}

// New returns a new, empty bucket on a real S3.
func New(tb testing.TB) *objects.Store {
	tb.Helper()
	s, err := objects.Open(tb.Context(), Config(tb))
	if err != nil {
		tb.Fatalf("objectstest: %v", err)
	}
	tb.Cleanup(s.Close)
	return s
}

// running is a started server. Were cmd let go of, the pipe would be closed with it.
type running struct {
	config objects.Config
	cmd    *exec.Cmd
}

func start() (*running, error) {
	log, err := os.CreateTemp("", "s3serve-")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	defer os.Remove(log.Name())
	cmd := exec.CommandContext(context.Background(), "go", "run", command)
	// A group of its own: an interrupt typed at the terminal would keep it from tidying up. A file, not our standard
	// error: go test waits for everybody who holds that.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = log
	_, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		return nil, fmt.Errorf("start the embedded S3: %w", err)
	}
	var c objects.Config
	if err := json.NewDecoder(out).Decode(&c); err != nil {
		text, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("start the embedded S3: %w: %s", errors.Join(err, cmd.Wait()), text)
	}
	return &running{config: c, cmd: cmd}, nil
}
