// Package datafile reads files that an operator may change while the program runs.
package datafile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"
)

// maxFile is more than any of them has.
const maxFile = 4 << 20

// Read returns the bytes of a file.
func Read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s is larger than %d MB", path, maxFile>>20)
	}
	return os.ReadFile(path)
}

// Watch looks at the file every so often and gives what parse says of it to changed, once for every change, beginning with
// what it says now. It returns when the context ends.
func Watch[T any](ctx context.Context, path string, every time.Duration, parse func([]byte) (T, error), changed func(T, error)) {
	var known []byte
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		text, err := Read(path)
		if err != nil || bytes.Equal(text, known) { // a file that is being replaced may be away for a moment
			continue
		}
		known = text
		changed(parse(text))
	}
}
