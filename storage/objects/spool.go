package objects

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// ErrTooLarge says that more was written to a Spool than it may hold.
var ErrTooLarge = errors.New("objects: too large")

// headSize is how much of the beginning a Spool keeps at hand: what http.DetectContentType looks at.
const headSize = 512

// Spool is a temporary file on its way somewhere: written once, then read as often as needed. The file has no name, so
// that nothing is left of it however the process ends. Write it from one goroutine; once written, several may read.
type Spool struct {
	file  *os.File
	limit int64
	size  int64
	sum   hash.Hash
	head  []byte
	err   error
}

// NewSpool makes a spool for at most limit bytes in dir, which should be on a disk with room for all spools in use at
// once; an empty dir means the system's.
func NewSpool(dir string, limit int64) (*Spool, error) {
	f, err := os.CreateTemp(dir, "spool-")
	if err != nil {
		return nil, fmt.Errorf("objects: spool: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("objects: spool: %w", err), f.Close())
	}
	return &Spool{file: f, limit: limit, sum: sha256.New(), head: make([]byte, 0, headSize)}, nil
}

// Write implements io.Writer. Beyond the limit it writes nothing and returns [ErrTooLarge]; an error stays.
func (s *Spool) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if int64(len(p)) > s.limit-s.size {
		s.err = fmt.Errorf("%w: more than %d bytes", ErrTooLarge, s.limit)
		return 0, s.err
	}
	n, err := s.file.WriteAt(p, s.size)
	if err != nil {
		s.err = fmt.Errorf("objects: spool: %w", err)
		return n, s.err
	}
	s.size += int64(n)
	_, _ = s.sum.Write(p) // never fails
	s.head = append(s.head, p[:min(len(p), headSize-len(s.head))]...)
	return n, nil
}

// Size is the number of bytes written.
func (s *Spool) Size() int64 { return s.size }

// SHA256 is the hash of the bytes written, 32 bytes.
func (s *Spool) SHA256() []byte { return s.sum.Sum(nil) }

// Head is the first 512 bytes, or all of them.
func (s *Spool) Head() []byte { return s.head }

// Reader returns a new reader of what was written so far. It is valid until Close.
func (s *Spool) Reader() *io.SectionReader { return io.NewSectionReader(s.file, 0, s.size) }

// Close frees the disk space.
func (s *Spool) Close() error {
	if err := s.file.Close(); err != nil {
		return fmt.Errorf("objects: spool: %w", err)
	}
	return nil
}
