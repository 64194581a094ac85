package objects

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

// List goes through the objects under a prefix, in the order of their keys, reading page after page as it is asked for
// more. An error ends it. There is no deadline but that of ctx: a caller may take its time between two objects.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return s.ListAfter(ctx, prefix, "")
}

// ListAfter is List of what comes after a key.
func (s *Store) ListAfter(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		// Stopping early must also stop the client.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		start := time.Now()
		var err error
		for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true}) {
			if err = classify(opList, o.Err); err != nil {
				yield(Info{}, err)
				break
			}
			if !yield(newInfo(o), nil) {
				break
			}
		}
		if err == nil && ctx.Err() != nil {
			// The client ends a canceled listing as if it were complete.
			err = classify(opList, ctx.Err())
			yield(Info{}, err)
		}
		s.metrics.done(opList, start, err)
	}
}

// RemovePrefix deletes everything under a prefix, uploads that were never completed included, and returns how many
// objects that were. The prefix must end with a slash, so that u/1/ does not take u/12 along and an empty string does
// not take everything. It has no deadline but that of ctx, and may be repeated.
func (s *Store) RemovePrefix(ctx context.Context, prefix string) (int, error) {
	if len(prefix) < 2 || !strings.HasSuffix(prefix, "/") {
		return 0, errNoPrefix
	}
	return s.removeAll(ctx, prefix, false)
}

// Purge is RemovePrefix with every version of what is under the prefix, and the marks that some were deleted, in a bucket that
// keeps them.
func (s *Store) Purge(ctx context.Context, prefix string) (int, error) {
	if len(prefix) < 2 || !strings.HasSuffix(prefix, "/") {
		return 0, errNoPrefix
	}
	versions, err := s.hasVersions(ctx)
	if err != nil {
		return 0, err
	}
	return s.removeAll(ctx, prefix, versions)
}

var errNoPrefix = errors.New("objects: a prefix to remove must end with a slash")

func (s *Store) removeAll(ctx context.Context, prefix string, versions bool) (int, error) {
	start := time.Now()
	removed, err := s.removeObjects(ctx, prefix, versions)
	if err == nil {
		err = s.abortUploads(ctx, prefix)
	}
	err = classify(opRemovePrefix, err)
	s.metrics.done(opRemovePrefix, start, err)
	return removed, err
}

func (s *Store) removeObjects(ctx context.Context, prefix string, versions bool) (removed int, err error) {
	var listErr error
	listed := func(yield func(minio.ObjectInfo) bool) {
		ctx, cancel := context.WithCancel(ctx) // stopping early must also stop the client
		defer cancel()
		for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true, WithVersions: versions}) {
			if o.Err != nil {
				listErr = o.Err
				return
			}
			if !yield(minio.ObjectInfo{Key: o.Key, VersionID: o.VersionID}) {
				return
			}
		}
	}
	results, err := s.client.RemoveObjectsWithIter(ctx, s.bucket, listed, minio.RemoveObjectsOptions{})
	if err != nil {
		return 0, err
	}
	errs := []error{}
	for r := range results {
		if r.Err != nil {
			errs = append(errs, r.Err)
			continue
		}
		removed++
	}
	// One reason is enough: a thousand objects usually fail for the same one.
	return removed, errors.Join(first(errs), listErr, ctx.Err())
}

// abortUploads removes the parts of uploads that a crash left incomplete. They are listed nowhere and stay for ever.
func (s *Store) abortUploads(ctx context.Context, prefix string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for u := range s.client.ListIncompleteUploads(ctx, s.bucket, prefix, true) {
		if u.Err != nil {
			return fmt.Errorf("incomplete uploads: %w", u.Err)
		}
		err := s.client.AbortMultipartUpload(ctx, s.bucket, u.Key, u.UploadID)
		if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
			return fmt.Errorf("incomplete uploads: %w", err)
		}
	}
	return ctx.Err()
}

func first(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	return errs[0]
}
