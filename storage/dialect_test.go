package storage_test

import (
	"database/sql/driver"
	"errors"
	"slices"
	"testing"

	"github.com/imagika/imagika/storage"
)

// What one row keeps from being done keeps no other from it, and nothing is asked of a database that is away.
func TestEach(t *testing.T) {
	t.Parallel()
	bad := errors.New("a row that cannot be read")
	for _, c := range []struct {
		name string
		err  error
		done []int
	}{
		{"a bad row", bad, []int{1, 2, 3}},
		{"no database", driver.ErrBadConn, []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var done []int
			err := storage.Each([]int{1, 2, 3}, func(n int) error {
				if done = append(done, n); n == 2 {
					return c.err
				}
				return nil
			})
			if !errors.Is(err, c.err) || !slices.Equal(done, c.done) {
				t.Errorf("%v: did %v, want %v", err, done, c.done)
			}
		})
	}
}
