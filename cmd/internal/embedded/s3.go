package embedded

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"
)

const (
	s3Region = "us-east-1"
	s3Key    = "imagika"
	// portTries bounds how often a port that was free is taken before the server has it.
	portTries = 10
	// maxCopy is what S3 itself allows; left at zero the server refuses every copy.
	maxCopy = 5 << 30
)

// s3Running guards what the server has one of per process: its globals and, worse, the working directory.
var s3Running atomic.Bool

// S3Server is an S3 in this process.
type S3Server struct {
	// Endpoint is host:port, plain http.
	Endpoint string
	// Key and Secret are the only credentials; the secret is not to be printed.
	Key, Secret string
	// Region is the one to sign for.
	Region string

	server  *s3api.S3ApiServer
	backend synced
	served  chan struct{} // closed when the server has ended
	oldDir  string
}

// S3 starts an S3 on a free loopback port over the files in dir, which is created if need be and keeps objects and
// credentials across restarts. ctx bounds the start. There is one per process at a time.
//
// The server works with paths relative to the working directory of the process and changes it to the folder of its
// buckets. It stays there until Close, so every other path the program uses has to be made absolute before this call.
// What goes wrong inside the server it writes to standard error by itself, in a form of its own.
func S3(ctx context.Context, dir string) (*S3Server, error) {
	if !s3Running.CompareAndSwap(false, true) {
		return nil, errors.New("embedded s3: already running in this process")
	}
	s, err := startS3(ctx, dir)
	if err != nil {
		s3Running.Store(false)
		return nil, fmt.Errorf("embedded s3: %w", err)
	}
	return s, nil
}

func startS3(ctx context.Context, dir string) (*S3Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	buckets := filepath.Join(dir, "buckets")
	if err := os.MkdirAll(buckets, 0o700); err != nil {
		return nil, err
	}
	secret, err := Secret(filepath.Join(dir, "secret"))
	if err != nil {
		return nil, err
	}
	s := &S3Server{Key: s3Key, Secret: hex.EncodeToString(secret), Region: s3Region}
	if s.oldDir, err = os.Getwd(); err != nil {
		return nil, err
	}
	store, side, err := newMeta(dir, buckets)
	if err != nil {
		return nil, err
	}
	s.backend = synced{buckets: buckets, side: side}
	opts := posix.PosixOpts{CopyObjectThreshold: maxCopy}
	if versions := filepath.Join(dir, "versions"); isDir(versions) { // for tests: a bucket may keep what is deleted
		opts.VersioningDir = versions
	}
	opts.SetNewDirPerm(0o700) // setting the field alone does nothing
	opts.SetNewFilePerm(0o600)
	if s.backend.Posix, err = posix.New(buckets, store, opts); err != nil { // changes the working directory
		return nil, errors.Join(err, os.Chdir(s.oldDir))
	}
	if err := s.listen(ctx); err != nil {
		s.backend.Shutdown()
		return nil, errors.Join(err, os.Chdir(s.oldDir))
	}
	return s, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// newMeta returns where content types and the like are kept: beside the data in extended attributes, or, on file
// systems without these, in a folder of its own, side.
func newMeta(dir, buckets string) (store meta.MetadataStorer, side string, err error) {
	if (meta.XattrMeta{}).Test(buckets) == nil {
		return meta.XattrMeta{}, "", nil
	}
	side = filepath.Join(dir, "meta")
	if err := os.MkdirAll(side, 0o700); err != nil {
		return nil, "", err
	}
	store, err = meta.NewSideCar(side)
	return store, side, err
}

// listen serves on the first free port that stays free, and returns once the server answers there.
func (s *S3Server) listen(ctx context.Context) error {
	ready := make(chan struct{})
	root := auth.Account{Access: s.Key, Secret: s.Secret, Role: auth.RoleAdmin}
	server, err := s3api.New(s.backend, middlewares.RootUserConfig{Access: s.Key, Secret: s.Secret}, s.Region,
		auth.NewIAMServiceSingle(root), nil, nil, nil, nil, // no access log, admin log, events or metrics
		s3api.WithQuiet(), s3api.WithKeepAlive(), s3api.WithConcurrencyLimiter(1024, 512),
		s3api.WithMpMaxParts(10000), s3api.WithOnListen(func() { close(ready) }))
	if err != nil {
		return err
	}
	s.server = server
	for range portTries {
		if s.Endpoint, err = freeAddr(ctx); err != nil {
			return err
		}
		s.served = make(chan struct{})
		go func() {
			defer close(s.served)
			err = server.ServeMultiPort([]string{s.Endpoint})
		}()
		select {
		case <-ready:
			return nil
		case <-s.served: // the port was taken meanwhile
		case <-ctx.Done():
			return errors.Join(ctx.Err(), server.ShutDown())
		}
	}
	return err
}

// Close stops the server, giving requests under way ten seconds, and restores the working directory.
func (s *S3Server) Close() error {
	err := s.stop()
	s.backend.Shutdown()
	err = errors.Join(err, os.Chdir(s.oldDir))
	s3Running.Store(false)
	if err != nil {
		return fmt.Errorf("embedded s3: %w", err)
	}
	return nil
}

// stopAgain is the pause before a server is told once more to stop.
const stopAgain = 20 * time.Millisecond

// stop stops the server and waits for that. A server says that it listens just before it serves; told to stop in between, it
// says that it has, and serves for ever.
func (s *S3Server) stop() error {
	for {
		if err := s.server.ShutDown(); err != nil {
			return err
		}
		select {
		case <-s.served:
			return nil
		case <-time.After(stopAgain):
		}
	}
}

// freeAddr returns a loopback address nobody listens on at this moment.
func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
