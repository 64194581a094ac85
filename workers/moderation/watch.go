package moderation

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"
)

// maxFile is more than any rules.
const maxFile = 4 << 20

// Read reads rules from a file; an empty path is the embedded ones.
func Read(path string) (*Rules, error) {
	if path == "" {
		return Default()
	}
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("moderation rules: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("moderation rules: %s is larger than %d MB", path, maxFile>>20)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("moderation rules: %w", err)
	}
	return text, nil
}

// Watch looks at the file every so often and gives what it says, or why it says nothing, to changed, once for every
// change, beginning with what it says now. It returns when the context ends.
func Watch(ctx context.Context, path string, every time.Duration, changed func(*Rules, error)) {
	var known []byte
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		text, err := readFile(path)
		if err != nil || bytes.Equal(text, known) { // a file that is being replaced may be away for a moment
			continue
		}
		known = text
		changed(Parse(text))
	}
}
