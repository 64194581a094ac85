package storage

import (
	"context"
	"strconv"

	"github.com/imagika/imagika/storage/keys"
)

// LogIDs returns what stands for a person in logs and on the screens of operators: that of today first, then older ones by which
// they are still found.
func (s *Store) LogIDs(user int64) []string { return s.keys.LogIDs(strconv.FormatInt(user, 10)) }

// DestroyErased destroys again the keys of people who were erased, if the key store was put back to where it was before, and
// returns how many that were. It is called before anybody is served.
func (s *Store) DestroyErased(ctx context.Context) (n int, err error) {
	for after := int64(0); ; {
		ids, err := collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
			`SELECT id FROM users WHERE erased_at IS NOT NULL AND id > $1 ORDER BY id LIMIT 1000`, after)
		if err != nil || len(ids) == 0 {
			return n, err
		}
		some, err := s.keys.DestroyAll(ctx, ids)
		if n += some; err != nil {
			return n, err
		}
		after = ids[len(ids)-1]
	}
}

// Masters says which master keys wrap people's keys.
func (s *Store) Masters(ctx context.Context) ([]keys.Master, error) { return s.keys.Masters(ctx) }

// Rewrap wraps everything by the first master key, and returns how many keys that changed.
func (s *Store) Rewrap(ctx context.Context, a Act) (int, error) {
	if _, err := s.Acted(ctx, Effect{}, a); err != nil {
		return 0, err
	}
	return s.keys.Rewrap(ctx)
}
