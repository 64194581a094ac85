// Command s3serve serves the embedded S3 until its standard input ends. It is for tests: packages that must not import
// the server, or that need it in a process they can kill, run this instead.
//
// Its first and only line of output is the server's address and credentials in JSON. Without -dir it serves a temporary
// folder that it removes at the end.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/imagika/imagika/cmd/internal/embedded"
)

func main() {
	dir := flag.String("dir", "", "data folder; empty means a temporary one")
	flag.Parse()
	if err := serve(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "s3serve:", err)
		os.Exit(1)
	}
}

func serve(dir string) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "imagika-s3-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if err := os.MkdirAll(filepath.Join(dir, "versions"), 0o700); err != nil { // buckets keep them where a test wants it
		return err
	}
	out := os.Stdout
	os.Stdout = os.Stderr // the server says there where versions are
	s, err := embedded.S3(context.Background(), dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := json.NewEncoder(out).Encode(s); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
