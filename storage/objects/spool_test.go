package objects_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/imagika/imagika/storage/objects"
)

func spool(tb testing.TB, dir string, limit int64) *objects.Spool {
	tb.Helper()
	s, err := objects.NewSpool(dir, limit)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestSpool(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 511, 512, 513, 100_000} {
		dir := t.TempDir()
		s := spool(t, dir, int64(size))
		content := bytes.Repeat([]byte{byte(size), 1, 2}, size)[:size]
		// Small pieces, so that the head is made of several.
		if _, err := io.CopyBuffer(struct{ io.Writer }{s}, struct{ io.Reader }{bytes.NewReader(content)}, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(content); s.Size() != int64(size) || !bytes.Equal(s.SHA256(), sum[:]) {
			t.Errorf("%d bytes: size %d, hash %x", size, s.Size(), s.SHA256())
		}
		if want := content[:min(size, 512)]; !bytes.Equal(s.Head(), want) {
			t.Errorf("%d bytes: head of %d, want %d", size, len(s.Head()), len(want))
		}
		for range 2 {
			if got, err := io.ReadAll(s.Reader()); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes: read %d, %v", size, len(got), err)
			}
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
			t.Errorf("the folder shows %v, %v, want nothing", names, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSpoolLimit(t *testing.T) {
	t.Parallel()
	s := spool(t, t.TempDir(), 10)
	defer s.Close()
	if n, err := io.WriteString(s, "0123456789"); n != 10 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	n, err := io.Copy(s, strings.NewReader("x"))
	if n != 0 || !errors.Is(err, objects.ErrTooLarge) {
		t.Errorf("one byte more: %d, %v, want ErrTooLarge", n, err)
	}
	if _, err := s.Write(nil); !errors.Is(err, objects.ErrTooLarge) {
		t.Errorf("a write after: %v, want ErrTooLarge", err)
	}
	if s.Size() != 10 {
		t.Errorf("size %d, want 10", s.Size())
	}
}

func TestSpoolHasManyReaders(t *testing.T) {
	t.Parallel()
	s := spool(t, t.TempDir(), 1<<20)
	defer s.Close()
	content := bytes.Repeat([]byte("0123456789"), 50_000)
	if _, err := s.Write(content); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := io.ReadAll(s.Reader()); err != nil || !bytes.Equal(got, content) {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
		})
	}
	wg.Wait()
}

func TestSpoolNeedsItsFolder(t *testing.T) {
	t.Parallel()
	if s, err := objects.NewSpool(t.TempDir()+"/none", 1); err == nil {
		_ = s.Close()
		t.Error("a spool in a folder that does not exist")
	}
}
