package storage

import "context"

// MigrateTo makes a database as an older release had it.
func MigrateTo(ctx context.Context, url string, version int64) error {
	d, w, r, err := openDatabase(url, 0)
	if err != nil {
		return err
	}
	s := &Store{dialect: d, w: w, r: r}
	p, err := s.migrator()
	if err == nil {
		_, err = p.UpTo(ctx, version)
	}
	if err != nil {
		return err
	}
	return s.Close()
}
