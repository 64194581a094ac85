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
	return func(yield func(Info, error) bool) {
		// Stopping early must also stop the client.
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		start := time.Now()
		var err error
		for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
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
		return 0, errors.New("objects: a prefix to remove must end with a slash")
	}
	start := time.Now()
	removed, err := s.removeObjects(ctx, prefix)
	if err == nil {
		err = s.abortUploads(ctx, prefix)
	}
	err = classify(opRemovePrefix, err)
	s.metrics.done(opRemovePrefix, start, err)
	return removed, err
}

func (s *Store) removeObjects(ctx context.Context, prefix string) (removed int, err error) {
	var listErr error
	listed := func(yield func(minio.ObjectInfo) bool) {
		for info, err := range s.List(ctx, prefix) {
			if err != nil {
				listErr = err
				return
			}
			if !yield(minio.ObjectInfo{Key: info.Key}) {
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
