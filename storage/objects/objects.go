// Package objects keeps images, references and exports in one private bucket of any S3.
//
// What is stored is sealed (package keys), so the bucket sees sizes and times and nothing else, and access goes through
// us: nothing is presigned. Sealing is a stream and an upload that is to be tried again needs a body that can be read
// again, so everything passes through a [Spool] first: an unlinked temporary file with a size cap and a running hash.
// Memory stays flat whatever the size, and the length sent to S3 is always known (a stream of unknown length makes the
// client allocate half a gigabyte).
//
// Invariants:
//
//   - A key names the attempt that made the object, so that a worker whose claim was taken over never overwrites what
//     another one stored. Keys come from the builders in this package and are never both an object and a prefix.
//   - A put is atomic: a short body, a crash or a lost connection leaves the old object or none. It may be repeated.
//   - Integrity is our own hash and the seal, not the server's checksum, which not every S3 accepts.
//   - Every call ends by itself, except that those over many objects end with their context. What went wrong is one of
//     [ErrNotFound], [ErrRefused] and [ErrUnavailable].
//
// The suite every server has to pass is objectstest.Conformance.
package objects

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	defaultTimeout = 2 * time.Minute
	// tries bounds the client's own repetitions of one call, about two seconds in all. What lasts longer is a task's
	// matter, not a call's.
	tries = 4
	// idleConns is how many connections wait for the next call; more would only be opened again and again.
	idleConns = 64
)

// Config says where the bucket is.
type Config struct {
	// Endpoint is host:port, without scheme.
	Endpoint string
	// Region is part of every signature. Empty means us-east-1.
	Region string
	// Bucket is the name of the bucket.
	Bucket string
	// CreateBucket allows Open to create a missing bucket.
	CreateBucket bool
	// Key and Secret sign requests.
	Key, Secret string
	// TLS selects https.
	TLS bool
	// Timeout bounds one call, the transfer of the object included. Zero means two minutes.
	Timeout time.Duration
	// Metrics may be nil.
	Metrics *Metrics
	// Transport makes the requests. Nil: one with sane time-outs.
	Transport http.RoundTripper
}

// Store is one bucket. It is safe for concurrent use.
type Store struct {
	client    minio.Core
	bucket    string
	region    string
	timeout   time.Duration
	metrics   *Metrics
	transport http.RoundTripper
}

// Info is what S3 knows about an object.
type Info struct {
	Key       string
	Size      int64  // bytes as stored, hence sealed
	MediaType string // empty in lists
	Modified  time.Time
}

// Open connects to the bucket, and creates it if it is missing and [Config].CreateBucket says so.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := &Store{bucket: c.Bucket, region: c.Region, timeout: c.Timeout, metrics: c.Metrics, transport: c.Transport}
	if s.transport == nil {
		s.transport = newTransport()
	}
	if s.region == "" {
		s.region = "us-east-1"
	}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	if s.metrics == nil {
		s.metrics = NewMetrics(nil)
	}
	client, err := minio.NewCore(c.Endpoint, &minio.Options{
		Creds:      credentials.NewStaticV4(c.Key, c.Secret, ""),
		Secure:     c.TLS,
		Transport:  s.transport,
		Region:     s.region,
		MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("objects: %w", err)
	}
	s.client = *client
	if err := s.ensureBucket(ctx, c.CreateBucket); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close lets go of idle connections. Calls under way go on.
func (s *Store) Close() {
	if t, ok := s.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		MaxIdleConns:          idleConns,
		MaxIdleConnsPerHost:   idleConns,
		IdleConnTimeout:       time.Minute,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		ExpectContinueTimeout: 10 * time.Second,
		DisableCompression:    true, // what is sealed does not compress
	}
}

func (s *Store) ensureBucket(ctx context.Context, create bool) error {
	return s.call(ctx, opBucket, func(ctx context.Context) error {
		exists, err := s.client.BucketExists(ctx, s.bucket)
		switch {
		case err != nil:
			return err
		case exists:
			return nil
		case !create:
			return fmt.Errorf("bucket %s does not exist: %w", s.bucket, ErrRefused)
		}
		err = s.client.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region})
		if code := minio.ToErrorResponse(err).Code; err != nil && code == "BucketAlreadyOwnedByYou" {
			return nil // another process was faster
		}
		return err
	})
}

// Put stores size bytes of r under the key, replacing what was there. It may read r several times.
func (s *Store) Put(ctx context.Context, key string, r io.ReaderAt, size int64, mediaType string) error {
	return s.call(ctx, opPut, func(ctx context.Context) error {
		// A body that cannot be rewound is sent once and never again, hence not r itself.
		body := io.NewSectionReader(r, 0, size)
		_, err := s.client.Client.PutObject(ctx, s.bucket, key, body, size, minio.PutObjectOptions{
			ContentType: mediaType,
			// Without TLS the client would sign every chunk: that proves less than the seal, costs four times the memory,
			// and after an empty body leaves bytes on the connection that the server takes for the next request.
			DisableContentSha256: true,
		})
		if err == nil {
			s.metrics.sent(size)
		}
		return err
	})
}

// Get opens an object. The reader ends with [ErrUnavailable] where the connection did; it must be closed.
func (s *Store) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	start := time.Now()
	body, info, _, err := s.client.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		cancel()
		err = classify(opGet, err)
		s.metrics.done(opGet, start, err)
		return nil, Info{}, err
	}
	return &download{body: body, cancel: cancel, start: start, metrics: s.metrics}, newInfo(info), nil
}

// Stat describes an object.
func (s *Store) Stat(ctx context.Context, key string) (Info, error) {
	var info Info
	err := s.call(ctx, opStat, func(ctx context.Context) error {
		got, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
		info = newInfo(got)
		return err
	})
	return info, err
}

// Remove deletes an object. One that is not there is no error.
func (s *Store) Remove(ctx context.Context, key string) error {
	return s.call(ctx, opRemove, func(ctx context.Context) error {
		return s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	})
}

// call runs f within the time a call may take, and classifies and counts how it ended.
func (s *Store) call(ctx context.Context, op operation, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	start := time.Now()
	err := classify(op, f(ctx))
	s.metrics.done(op, start, err)
	return err
}

func newInfo(o minio.ObjectInfo) Info {
	return Info{Key: o.Key, Size: o.Size, MediaType: o.ContentType, Modified: o.LastModified}
}

// Ping reports whether the bucket answers.
func (s *Store) Ping(ctx context.Context) error { return s.ensureBucket(ctx, false) }
