package objects

import "context"

// hasVersions reports whether there may be older versions in the bucket: also one that keeps no more has those of before.
func (s *Store) hasVersions(ctx context.Context) (has bool, err error) {
	err = s.call(ctx, opBucket, func(ctx context.Context) error {
		v, err := s.client.GetBucketVersioning(ctx, s.bucket)
		has = v.Status != ""
		return err
	})
	return has, err
}

// Versioned reports whether the bucket keeps what is deleted: then nothing is ever erased.
func (s *Store) Versioned(ctx context.Context) (on bool, err error) {
	err = s.call(ctx, opBucket, func(ctx context.Context) error {
		v, err := s.client.GetBucketVersioning(ctx, s.bucket)
		on = v.Enabled()
		return err
	})
	return on, err
}
