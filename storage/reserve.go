package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// NewGeneration is what Reserve makes a generation of. One operation serves chat, command line, Mini App and API.
type NewGeneration struct {
	ID         string // from NewID, so that messages can name it before it exists
	User       int64
	Origin     Origin
	RequestKey string // update key or idempotency key
	Form       Form
	Parent     string
	ParentN    int // image of the parent that is the reference, -1 for none
	Model      string
	Operation  string
	Request    Request
	Params     Params
	Price      int64 // for all images, a multiple of Params.Count
	// Parallel is how many of the person's generations may be enqueued at once, Waiting how many more may wait.
	Parallel, Waiting int
	// Quote, if set, is used up by this, and only while its price holds.
	Quote string
	// Cap is the most credits the person wants to spend in a calendar month, UTC; zero is no limit.
	Cap int64
	// TopUp pays from the house, for accounts of the operator.
	TopUp bool
	// References are pictures that are in the object store already; those of Request are still to be fetched.
	References []Image
	// Token of the API that it is asked for with; empty for none. One that is gone is ErrNotFound.
	Token string
	// Act is of the operator who asks for it in the person's stead; nil where nobody does.
	Act *Act
}

// Reserve commits a generation with the hold of its price, or nothing: ErrInsufficient, ErrCapped, ErrTokenCapped, ErrTooMany,
// ErrRestricted, ErrBanned, ErrFrozen, ErrSeen, ErrConsumed, ErrExpired. The same request key again returns the generation it made.
// The Ref is set if the generation is to be enqueued at once; otherwise it waits until others of the person have ended.
func (s *Store) Reserve(ctx context.Context, e Effect, n NewGeneration) (g Generation, enqueue *Ref, out Outbox, err error) {
	sealed, err := s.seal(ctx, n.User, "generations|request", n.ID, n.Request)
	if err != nil {
		return g, nil, nil, err
	}
	params, err := json.Marshal(n.Params)
	if err != nil {
		return g, nil, nil, fmt.Errorf("encode params: %w", err)
	}
	if e.Album != nil {
		e.Album = &AlbumEnd{ID: e.Album.ID, Epoch: e.Album.Epoch, used: true}
	}
	out, err = s.effectBy(ctx, e, n.Act, func(t tx) error {
		g, enqueue, err = t.reserve(ctx, n, sealed, string(params))
		return err
	})
	if err == nil {
		g.Request = n.Request
		return g, enqueue, out, nil
	}
	if !errors.Is(err, errReplay) {
		return Generation{}, nil, nil, err
	}
	g, err = s.readGeneration(ctx, s.w.QueryRowContext(ctx, `SELECT `+generationColumns+` FROM generations WHERE request_key = $1`, n.RequestKey))
	if err == nil && g.User != n.User {
		err = ErrKeyReuse
	}
	return g, nil, nil, err
}

// errReplay rolls back a transaction whose request was made before.
var errReplay = errors.New("storage: request exists")

func (t tx) reserve(ctx context.Context, n NewGeneration, sealed []byte, params string) (g Generation, enqueue *Ref, err error) {
	running, waiting, err := t.admit(ctx, n.User)
	if err != nil {
		return g, nil, err
	}
	var promoted any
	var epoch int64
	if running < n.Parallel && waiting == 0 {
		promoted, epoch = t.now, 1
	}
	g, _, err = scanGeneration(t.row(ctx, `INSERT INTO generations (id, user_id, origin, request_key, form, parent_id, parent_n, status, model, operation,
		request, params, images_wanted, refs_missing, price, promoted_at, epoch, created_at, updated_at, token_id)
		VALUES ($1,$2,$3,$4,$5,$6,$7,'held',$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$17,$18) ON CONFLICT (request_key) DO NOTHING
		RETURNING `+generationColumns,
		n.ID, n.User, string(n.Origin), n.RequestKey, string(n.Form), nullString(n.Parent), nullN(n.ParentN), n.Model, n.Operation,
		sealed, params, n.Params.Count, len(n.Request.References), n.Price, promoted, epoch, t.now, nullString(n.Token)))
	if errors.Is(err, ErrNotFound) {
		return g, nil, errReplay
	}
	if err != nil {
		return g, nil, err
	}
	if promoted == nil && waiting >= n.Waiting {
		return g, nil, ErrTooMany // rolls the row back; a replay above never gets here
	}
	for _, i := range n.References {
		if err := t.insertImage(ctx, "reference", i); err != nil {
			return g, nil, err
		}
	}
	if n.Quote != "" {
		if err := t.useQuote(ctx, n.User, n.Quote); err != nil {
			return g, nil, err
		}
	}
	if n.TopUp && n.Price > 0 {
		if _, err := t.give(ctx, Given{User: n.User, Key: "operator:" + n.ID, Source: SourceOperator, Credits: n.Price}); err != nil {
			return g, nil, err
		}
	}
	if promoted != nil {
		enqueue = &Ref{ID: n.ID, Epoch: epoch}
	}
	if err := t.underCap(ctx, n.User, n.Cap, n.Price); err != nil {
		return g, nil, err
	}
	if err := t.underTokenCap(ctx, n); err != nil {
		return g, nil, err
	}
	return g, enqueue, t.hold(ctx, n.User, n.ID, n.Price)
}

// admit refuses people who are being erased, restricted, banned, who took their agreement back or who owe credits, and counts
// what they have open.
func (t tx) admit(ctx context.Context, user int64) (running, waiting int, err error) {
	var barred, banned, frozen bool
	var open int
	err = t.row(ctx, `SELECT erasing_at IS NOT NULL OR restricted_at IS NOT NULL OR `+withdrawn("$1")+`, COALESCE(ban_until, 0) > $2, frozen_at IS NOT NULL,
		(SELECT COUNT(*) FROM generations WHERE user_id = $1 AND status IN ('held','generating')),
		(SELECT COUNT(*) FROM generations WHERE user_id = $1 AND status IN ('held','generating') AND promoted_at IS NOT NULL)
		FROM users WHERE id = $1`, user, t.now).Scan(&barred, &banned, &frozen, &open, &running)
	switch {
	case err != nil:
	case barred:
		err = ErrRestricted
	case banned:
		err = ErrBanned
	case frozen:
		err = ErrFrozen
	}
	return running, open - running, notFound(err)
}

func nullN(n int) any {
	if n < 0 {
		return nil
	}
	return n
}

// Promote lets the person's longest waiting generations take their turn, as far as their tier allows. Mostly nothing waits,
// and a look finds that out; it also finds whether somebody is due credits for having invited the person.
func (s *Store) Promote(ctx context.Context, user int64, allowed func(Tier) int) (refs []Ref, due bool, err error) {
	var waits bool
	tier, err := first(ctx, s, func(row scanner) (tier Tier, err error) { return tier, row.Scan(&tier, &waits, &due) }, `SELECT tier, EXISTS (SELECT 1 FROM generations WHERE user_id = $1 AND status = 'held'
		AND promoted_at IS NULL), EXISTS (`+dueReferral+` AND friend_id = $1) FROM users WHERE id = $1`, user)
	if err != nil || !waits {
		return nil, due, err
	}
	parallel := allowed(tier)
	err = s.write(ctx, func(t tx) error {
		running, waiting, err := t.admit(ctx, user)
		if errors.Is(err, ErrBanned) || errors.Is(err, ErrFrozen) || errors.Is(err, ErrRestricted) {
			err = nil // what was accepted before is made, or canceled by whoever claims it, where nothing may be made any more
		}
		if err != nil || waiting == 0 || running >= parallel {
			return err
		}
		refs, err = collect(ctx, t, scanRef, `UPDATE generations SET promoted_at = $3, updated_at = $3, epoch = epoch + 1
			WHERE id IN (SELECT id FROM generations WHERE user_id = $1 AND status = 'held' AND promoted_at IS NULL
				ORDER BY created_at, id LIMIT $2) AND promoted_at IS NULL
			RETURNING id, epoch`, user, parallel-running, t.now)
		return err
	})
	return refs, due, err
}

func scanRef(row scanner) (r Ref, err error) {
	err = row.Scan(&r.ID, &r.Epoch)
	return r, err
}
