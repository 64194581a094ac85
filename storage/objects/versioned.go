package objects

import "context"

// Versioned reports whether the bucket keeps what is deleted: then nothing is ever erased.
func (s *Store) Versioned(ctx context.Context) (on bool, err error) {
	err = s.call(ctx, opBucket, func(ctx context.Context) error {
		v, err := s.client.GetBucketVersioning(ctx, s.bucket)
		on = v.Enabled()
		return err
	})
	return on, err
}
