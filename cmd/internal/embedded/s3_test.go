package embedded_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/cmd/internal/embedded"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
)

func config(s *embedded.S3Server) objects.Config {
	return objects.Config{
		Endpoint: s.Endpoint, Region: s.Region, Key: s.Key, Secret: s.Secret, Bucket: "images", CreateBucket: true,
		Timeout: 30 * time.Second,
	}
}

func openStore(t *testing.T, c objects.Config) *objects.Store {
	t.Helper()
	s, err := objects.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func put(t *testing.T, s *objects.Store, key string, content []byte) error {
	t.Helper()
	return s.Put(t.Context(), key, bytes.NewReader(content), int64(len(content)), "image/png")
}

func get(t *testing.T, s *objects.Store, key string) []byte {
	t.Helper()
	r, _, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return content
}

// Not parallel, like all that run the server in this process: it moves the working directory.
func TestS3Conformance(t *testing.T) {
	s, err := embedded.S3(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	objectstest.Conformance(t, func(testing.TB) objects.Config {
		c := config(s)
		c.Bucket = "test-" + strings.ToLower(rand.Text())
		return c
	})
}

func TestS3KeepsObjectsAcrossRestarts(t *testing.T) {
	dir, cwd := t.TempDir(), workingDir(t)
	var first *embedded.S3Server
	for n := range 3 {
		s, err := embedded.S3(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = s
		}
		if s.Key != first.Key || s.Secret != first.Secret || s.Region != first.Region {
			t.Error("the credentials changed")
		}
		store := openStore(t, config(s))
		for i := range n {
			if got := get(t, store, fmt.Sprintf("u/1/g/a-%d.png", i)); string(got) != strconv.Itoa(i) {
				t.Errorf("object %d became %q", i, got)
			}
		}
		if err := put(t, store, fmt.Sprintf("u/1/g/a-%d.png", n), []byte(strconv.Itoa(n))); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("close with an idle client took %s", took)
		}
		if got := workingDir(t); got != cwd {
			t.Errorf("the working directory is %s, want %s as before", got, cwd)
		}
	}
	checkPrivate(t, dir)
}

func workingDir(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkPrivate makes sure that other users of the machine cannot read anything below dir.
func checkPrivate(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.Type().IsRegular() {
			files++
			if info.Size() > 0 && info.Mode().Perm()&0o077 != 0 { // the server's lock files are empty
				t.Errorf("%s has mode %v", path, info.Mode().Perm())
			}
		}
		if filepath.Dir(path) == dir && d.IsDir() && info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v", path, info.Mode().Perm())
		}
		return nil
	})
	if err != nil || files < 4 {
		t.Fatalf("%d files, %v", files, err)
	}
}

func TestS3OncePerProcess(t *testing.T) {
	cwd := workingDir(t)
	s, err := embedded.S3(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if second, err := embedded.S3(t.Context(), t.TempDir()); err == nil {
		t.Error("a second server started", second.Close())
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// A start that fails must neither block the next one nor leave the process elsewhere.
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := embedded.S3(t.Context(), blocked); err == nil {
		t.Error("a server over a file", s.Close())
	}
	s, err = embedded.S3(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := workingDir(t); got != cwd {
		t.Errorf("the working directory is %s, want %s", got, cwd)
	}
}

// A server can be closed at once: it listens before it serves, and what comes in between must not be lost.
func TestS3ClosesAtOnce(t *testing.T) {
	dir := t.TempDir()
	for range 50 {
		s, err := embedded.S3(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// child is the server in a process of its own.
type child struct {
	cmd    *exec.Cmd
	server embedded.S3Server
}

func startChild(t *testing.T, binary, dir string) *child {
	t.Helper()
	c := &child{cmd: exec.CommandContext(t.Context(), binary, "-dir", dir)}
	_, inErr := c.cmd.StdinPipe()
	out, outErr := c.cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, c.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &c.server); err != nil {
		t.Fatal(err)
	}
	return c
}

// kill ends the process without a word, as kill -9 or the kernel short of memory do.
func (c *child) kill(t *testing.T) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // "signal: killed"
}

func TestS3SurvivesKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "s3serve")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/imagika/imagika/cmd/internal/embedded/s3serve")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data := filepath.Join(dir, "data")
	version := func(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 3<<20) }

	c := startChild(t, binary, data)
	if err := put(t, openStore(t, config(&c.server)), "u/1/g/a-0.png", version(0)); err != nil {
		t.Fatal(err)
	}
	written := 0
	for round := range 5 {
		conf := config(&c.server)
		conf.Timeout = time.Second // the last put of a round meets nobody
		store := openStore(t, conf)
		puts := make(chan int)
		go func() { // overwrite until it fails
			defer close(puts)
			for n := written + 1; put(t, store, "u/1/g/a-0.png", version(n)) == nil; n++ {
				puts <- n
			}
		}()
		for range round + 2 {
			n, ok := <-puts
			if !ok {
				t.Fatal("a put failed before the kill")
			}
			written = n
		}
		c.kill(t)
		for n := range puts {
			written = n
		}
		c = startChild(t, binary, data)
		got := get(t, openStore(t, config(&c.server)), "u/1/g/a-0.png")
		if !bytes.Equal(got, version(written)) && !bytes.Equal(got, version(written+1)) {
			t.Fatalf("after kill %d: %d bytes, neither version %d nor the next", round, len(got), written)
		}
		written++
	}
	c.kill(t)
}
