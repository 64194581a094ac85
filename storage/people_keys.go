package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"github.com/imagika/imagika/storage/keys"
)

// LogIDs returns what stands for a person in logs and on the screens of operators: that of today first, then older ones by which
// they are still found.
func (s *Store) LogIDs(user int64) []string { return s.keys.LogIDs(strconv.FormatInt(user, 10)) }

// DestroyErased destroys again the keys of people who were erased, if the key store was put back to where it was before, and
// returns how many that were. It is called before anybody is served.
func (s *Store) DestroyErased(ctx context.Context) (n int, err error) {
	err = s.inBatches(ctx, `SELECT id FROM users WHERE erased_at IS NOT NULL`, func(ids []int64) (bool, error) {
		some, err := s.keys.DestroyAll(ctx, ids)
		n += some
		return true, err
	})
	return n, err
}

// readableErased returns a few of the people whose erasure is over and whose key is there all the same: what is left of them in a
// backup can be read.
func (s *Store) readableErased(ctx context.Context) (all []int64, err error) {
	err = s.inBatches(ctx, erasedPeople, func(ids []int64) (bool, error) {
		some, err := s.keys.Undestroyed(ctx, ids)
		all = append(all, some...)
		return len(all) < sampled, err
	})
	return all[:min(len(all), sampled)], err
}

// inBatches hands f the ids of the people of a query, by the thousand, as long as it wants more.
func (s *Store) inBatches(ctx context.Context, people string, f func(ids []int64) (more bool, err error)) error {
	for after, more := int64(0), true; more; {
		ids, err := collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) },
			`SELECT e.id FROM (`+people+`) e WHERE e.id > $1 ORDER BY e.id LIMIT 1000`, after)
		if err != nil || len(ids) == 0 {
			return err
		}
		if more, err = f(ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
	return nil
}

// ErrOtherKeys says that the key store is not the one that belongs to the database.
var ErrOtherKeys = errors.New("storage: the key store knows none of the people of the database")

// somePeople are people whose key there has to be. Ids are random, so the first ones are like any others. The newest would not do:
// a key store that was put back from a backup lacks theirs, and is the right one.
const somePeople = `SELECT id FROM users WHERE profile IS NOT NULL AND erasing_at IS NULL ORDER BY id LIMIT 20`

// SomePeople returns a few people of a database, which it only looks at, who have something that is sealed.
func SomePeople(ctx context.Context, address string) (all []int64, err error) {
	err = look(address, func(s *Store, _ *sql.DB) (err error) {
		all, err = s.somePeople(ctx)
		return err
	})
	return all, err
}

func (s *Store) somePeople(ctx context.Context) ([]int64, error) {
	return collect(ctx, s.r, func(row scanner) (id int64, err error) { return id, row.Scan(&id) }, somePeople)
}

// SameKeys is [ErrOtherKeys] where the key store knows nobody of the database. It does not find that some keys are missing.
func (s *Store) SameKeys(ctx context.Context) error {
	people, err := s.somePeople(ctx)
	if err != nil || len(people) == 0 {
		return err
	}
	known, err := s.keys.KnowsAny(ctx, people)
	if err == nil && !known {
		err = ErrOtherKeys
	}
	return err
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
