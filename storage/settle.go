package storage

import (
	"context"
	"errors"
	"fmt"
)

// Image is a picture in the object store, sealed there; sizes and hash are of the plain bytes.
type Image struct {
	Generation string
	N          int
	Attempt    string // of a result
	User       int64
	Key        string
	SHA256     string
	Bytes      int64
	Width      int
	Height     int
	MediaType  string
	Seed       int64
	Note       string
}

func (t tx) insertImage(ctx context.Context, role string, i Image) error {
	return t.put(ctx, `INSERT INTO images (generation_id, role, n, attempt_id, user_id, object_key, sha256, bytes, width, height,
		media_type, seed, note, created_at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)`,
		i.Generation, role, i.N, nullString(i.Attempt), i.User, i.Key, i.SHA256, i.Bytes, i.Width, i.Height, i.MediaType, i.Seed, i.Note, t.now)
}

// Images returns the results of a generation in order, or its references.
func (s *Store) Images(ctx context.Context, generation string, results bool) ([]Image, error) {
	role := "reference"
	if results {
		role = "result"
	}
	return lookup(ctx, s, scanImage, `SELECT `+imageColumns+` FROM images WHERE generation_id = $1 AND role = $2 ORDER BY n`, generation, role)
}

const imageColumns = `generation_id, n, COALESCE(attempt_id, ''), user_id, object_key, sha256, bytes, width, height, media_type, seed, note`

func scanImage(row scanner) (i Image, err error) {
	err = row.Scan(&i.Generation, &i.N, &i.Attempt, &i.User, &i.Key, &i.SHA256, &i.Bytes, &i.Width, &i.Height, &i.MediaType, &i.Seed, &i.Note)
	return i, err
}

// ImagesOf returns the results of some of a person's generations, in order, by generation.
func (s *Store) ImagesOf(ctx context.Context, user int64, generations []string) (map[string][]Image, error) {
	of := make(map[string][]Image, len(generations))
	if len(generations) == 0 {
		return of, nil
	}
	args := []any{user}
	all, err := collect(ctx, s.r, scanImage, `SELECT `+imageColumns+` FROM images WHERE user_id = $1 AND role = 'result'
		AND generation_id IN (`+list(&args, generations)+`) ORDER BY generation_id, n`, args...)
	for _, i := range all {
		of[i.Generation] = append(of[i.Generation], i)
	}
	return of, err
}

// Complete is the moment of payment: the images are in the object store, so in one transaction their rows are written,
// the credits for all that exist are captured and the rest released, the attempt is closed and the delivery is owed.
func (s *Store) Complete(ctx context.Context, g Generation, a Attempt, cost int64, images []Image, final []Send) (Outbox, error) {
	return s.complete(ctx, g, final, func(t tx) error { return t.store(ctx, a, cost, images, false) })
}

// CompleteParts is Complete for a generation of which some images exist and no more are to come: its last attempt, if that
// is named, ended without any.
func (s *Store) CompleteParts(ctx context.Context, g Generation, attempt string, end End, final []Send) (Outbox, error) {
	return s.complete(ctx, g, final, func(t tx) error {
		if attempt == "" {
			return nil
		}
		return t.endAttempt(ctx, attempt, end)
	})
}

// Part stores the images of one call of several and gives the claim back. Nothing is paid yet; the returned epoch is that of
// the task that makes the next call.
func (s *Store) Part(ctx context.Context, g Generation, a Attempt, cost int64, images []Image) (epoch int64, err error) {
	err = s.suppose(ctx, func(t tx) error {
		if epoch, err = t.resume(ctx, g.ID, g.Fence, 0); err != nil {
			return err
		}
		return t.store(ctx, a, cost, images, false)
	})
	return epoch, err
}

// complete makes a generation stored, closes its attempt, and captures the price of the images there are then.
func (s *Store) complete(ctx context.Context, g Generation, final []Send, attempt func(t tx) error) (Outbox, error) {
	var made int
	return s.finish(ctx, final, func(t tx) error {
		if err := t.change(ctx, ErrFenced, `UPDATE generations SET status = 'stored', lease_until = 0, stored_at = $3, updated_at = $3,
			progress_fence = fence WHERE id = $1 AND fence = $2 AND status = 'generating'`, g.ID, g.Fence, t.now); err != nil {
			return err
		}
		if err := attempt(t); err != nil {
			return err
		}
		err := t.row(ctx, countResults, g.ID).Scan(&made)
		if err == nil && (made == 0 || made > g.Params.Count) {
			err = fmt.Errorf("complete generation with %d of %d images", made, g.Params.Count)
		}
		return err
	}, func(t tx) error { return t.settle(ctx, g.ID, g.Price/int64(g.Params.Count)*int64(made)) })
}

const countResults = `SELECT COUNT(*) FROM images WHERE generation_id = $1 AND role = 'result'`

// Made counts the images of a generation that are stored so far.
func (s *Store) Made(ctx context.Context, generation string) (n int, err error) {
	err = s.r.QueryRowContext(ctx, countResults, generation).Scan(&n)
	return n, err
}

// CompleteLate stores what came after the credits were released: the person gets it free, and the cost is a loss. The
// status of the generation stays. ErrFenced says that somebody else stored it, ErrNotFound that it was deleted meanwhile.
func (s *Store) CompleteLate(ctx context.Context, a Attempt, cost int64, images []Image, final []Send) (Outbox, error) {
	return s.finish(ctx, final, func(t tx) error {
		if err := t.change(ctx, ErrNotFound, `UPDATE generations SET updated_at = $2 WHERE id = $1 AND deleted_at IS NULL`, a.Generation, t.now); err != nil {
			return err
		}
		return t.store(ctx, a, cost, images, true)
	}, func(tx) error { return nil })
}

// store closes the attempt with its images. Closing is a conditional update, so only one caller does it.
func (t tx) store(ctx context.Context, a Attempt, cost int64, images []Image, late bool) error {
	var loss int64
	if late {
		loss = max(cost, 0)
	}
	if err := t.change(ctx, ErrFenced, `UPDATE attempts SET state = 'succeeded', actual_cost = $2, billed = 'yes', late = $3, loss = $4, ended_at = $5
		WHERE id = $1 AND state IN ('sending','submitted','running')`, a.ID, cost, late, loss, t.now); err != nil {
		return err
	}
	for _, i := range images {
		if err := t.insertImage(ctx, "result", i); err != nil {
			return err
		}
	}
	return nil
}

// Finish ends a generation without images and releases its hold, in one transaction with the end of its attempt, if it
// has one, and with what the person is told. An attempt that is not named and still open goes on: it is polled for a late
// result.
func (s *Store) Finish(ctx context.Context, g Generation, status Status, reason Reason, attempt string, end End, final []Send) (Outbox, error) {
	return s.finish(ctx, final, func(t tx) error {
		if err := t.change(ctx, ErrFenced, `UPDATE generations SET status = $3, reason = $4, lease_until = 0, done_at = $5, updated_at = $5
			WHERE id = $1 AND fence = $2 AND status IN ('held','generating')`, g.ID, g.Fence, string(status), string(reason), t.now); err != nil {
			return err
		}
		if status == StatusRefused {
			if err := t.strikeRefused(ctx, g); err != nil {
				return err
			}
		}
		if attempt == "" {
			return nil
		}
		return t.endAttempt(ctx, attempt, end)
	}, func(t tx) error { return t.settle(ctx, g.ID, 0) })
}

// finish writes the state, then what is owed to the person, then the money.
func (s *Store) finish(ctx context.Context, final []Send, state, money func(t tx) error) (out Outbox, err error) {
	rows, err := s.sealSends(ctx, final)
	if err != nil {
		return nil, err
	}
	err = s.suppose(ctx, func(t tx) error {
		if err := state(t); err != nil {
			return err
		}
		if out, err = t.owe(ctx, rows); err != nil {
			return err
		}
		return money(t)
	})
	return out, err
}

// Pulled marks a result as fetched by whoever asked for it.
func (s *Store) Pulled(ctx context.Context, user int64, id string) error {
	err := s.write(ctx, func(t tx) error {
		return t.change(ctx, ErrFenced, `UPDATE generations SET status = 'delivered', done_at = $3, updated_at = $3
			WHERE id = $1 AND user_id = $2 AND form = 'pull' AND status = 'stored'`, id, user, t.now)
	})
	if errors.Is(err, ErrFenced) {
		return nil // fetched before
	}
	return err
}
