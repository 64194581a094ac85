package workers

import (
	"context"
	"strconv"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
)

// Rows of pictures and objects in the bucket belong together. What is in the bucket without a row is removed (retain.go); a row
// without its object is a picture that was lost, which nobody but an operator can do something about: it is counted.

// missingPeople is how many people are looked at between two notes of how far it is.
const missingPeople = 100

// eachPainted looks at the pictures of all people with a number above after, in order. seen gets what is missing of each, of how
// many; noted is called with the last number of every few.
func eachPainted(
	ctx context.Context, store *storage.Store, bucket *objects.Store, after int64, seen func(user int64, missing []string, of int64), noted func(user int64) error,
) error {
	for {
		users, err := store.Painted(ctx, after, missingPeople)
		if err != nil || len(users) == 0 {
			return err
		}
		for _, user := range users {
			missing, of, err := missingOf(ctx, store, bucket, user)
			if err != nil {
				return err
			}
			seen(user, missing, of)
			after = user
		}
		if err := noted(after); err != nil {
			return err
		}
	}
}

// missingOf names the objects of a person's pictures that are not there, of how many.
func missingOf(ctx context.Context, store *storage.Store, bucket *objects.Store, user int64) (missing []string, of int64, err error) {
	keys, err := store.ObjectKeys(ctx, user) // first: what is stored meanwhile is not looked for
	if err != nil {
		return nil, 0, err
	}
	there := make(map[string]bool)
	for o, err := range bucket.List(ctx, objects.UserPrefix(user)) {
		if err != nil {
			return nil, 0, err
		}
		there[o.Key] = true
	}
	for _, key := range keys {
		if !there[key] {
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return nil, int64(len(keys)), nil
	}
	gone, err := store.UnknownObjects(ctx, missing) // deleted meanwhile
	if err != nil {
		return nil, 0, err
	}
	deleted := make(map[string]bool)
	for _, key := range gone {
		deleted[key] = true
	}
	lost := missing[:0]
	for _, key := range missing {
		if !deleted[key] {
			lost = append(lost, key)
		}
	}
	return lost, int64(len(keys)), nil
}

const missingChore = "missing"

// countMissing looks once a week for pictures whose object is not there, and goes on where it was when it is interrupted.
func (w *Workers) countMissing(ctx context.Context) error {
	c, err := w.Store.Chore(ctx, missingChore)
	if err != nil || !c.Done.IsZero() && w.Store.Now().Sub(c.Done) < orphansEvery {
		return err
	}
	if c.Started.IsZero() || !c.Done.IsZero() {
		c = storage.Chore{Name: missingChore, Started: w.Store.Now()}
	}
	after, _ := strconv.ParseInt(c.Place, 10, 64) // none is the beginning
	err = eachPainted(ctx, w.Store, w.Objects, after, func(user int64, missing []string, _ int64) {
		if len(missing) > 0 {
			w.Metrics.missing.Add(float64(len(missing)))
			w.Log.ErrorContext(ctx, "pictures are not in the bucket", "person", w.personHash(user), "missing", len(missing))
		}
	}, func(user int64) error {
		c.Place = strconv.FormatInt(user, 10)
		return w.Store.SaveChore(ctx, c)
	})
	switch {
	case err == nil:
		return w.Store.SaveChore(ctx, c.Finish(w.Store.Now()))
	case ctx.Err() != nil:
		return nil // the next turn goes on
	}
	return err
}
