package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ErrLocked says that another process works in the data folder.
var ErrLocked = errors.New("the data folder is in use")

// FolderLock is the right to work in a data folder. It ends with the process, however that ends.
type FolderLock struct {
	file *os.File
}

// LockFolder takes the data folder for this process, creating it with mode 0700 if need be. The error is [ErrLocked],
// with the holder's process id, if another process has it.
func LockFolder(dir string) (*FolderLock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := take(f, dir); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &FolderLock{file: f}, nil
}

// Close gives the folder back. The file stays: removing it could remove the lock of the next process.
func (l *FolderLock) Close() error {
	return l.file.Close()
}

// take locks the file and writes into it whose it is.
func take(f *os.File, dir string) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("%w: %s, by process %s", ErrLocked, dir, holder(f))
	}
	if err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	return nil
}

// holder returns the process id in the file, or "unknown" in the moment before it is written.
func holder(f *os.File) string {
	b := make([]byte, 20)
	n, _ := f.ReadAt(b, 0)
	if pid, err := strconv.Atoi(strings.TrimSpace(string(b[:n]))); err == nil {
		return strconv.Itoa(pid)
	}
	return "unknown"
}
