package workers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/keys"
)

// UnsealView is who talked with whom, once two operators have opened it.
type UnsealView struct {
	Conversation string           `json:"conversation"`
	People       []UnsealedPerson `json:"people,omitempty"` // none while it is half open
}

// UnsealedPerson is one of the two.
type UnsealedPerson struct {
	Person     string `json:"person"`                // hashed, as in logs
	TelegramID int64  `json:"telegram_id,omitempty"` // zero for one who was erased
}

// Unseal opens who talked with whom in a conversation that is over: the first operator's key opens half of it, the key of
// another one the rest. Both are written down before anything shows.
func (d *Desk) Unseal(ctx context.Context, by storage.By, conversation string, key keys.OperatorKey) (v UnsealView, err error) {
	v.Conversation = conversation
	p, err := d.Store.SealedPair(ctx, conversation)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return v, &OperatorError{"of conversation " + conversation + " nobody can tell any more who it was, or not yet: it lives, its time is over, or there were no keys to seal it to"}
	case err != nil:
		return v, err
	case p.Half == nil:
		return v, d.unsealFirst(ctx, by, conversation, p, key)
	}
	plain, err := key.Second(p.Place, p.Half)
	if errors.Is(err, keys.ErrNotTheirs) {
		return v, &OperatorError{"half of it is open, by " + p.Who + ": the rest takes the key of another operator"}
	}
	if err != nil {
		return v, err
	}
	if err := d.Store.OpenedPair(ctx, storage.Act{By: by, What: "conversation unseal second", Object: conversation}, conversation); err != nil {
		return v, err
	}
	v.People, err = d.unsealed(ctx, plain)
	return v, err
}

func (d *Desk) unsealFirst(ctx context.Context, by storage.By, conversation string, p storage.SealedPair, key keys.OperatorKey) error {
	half, err := key.First(p.Place, p.Sealed)
	if errors.Is(err, keys.ErrNotTheirs) {
		return &OperatorError{"this key was not among IMAGIKA_OPERATOR_KEYS when the conversation ended"}
	}
	if err != nil {
		return err
	}
	return d.Store.OpenHalf(ctx, storage.Act{By: by, What: "conversation unseal first", Object: conversation}, conversation, half)
}

func (d *Desk) unsealed(ctx context.Context, plain []byte) (all []UnsealedPerson, err error) {
	var ids []int64
	if err := json.Unmarshal(plain, &ids); err != nil {
		return nil, fmt.Errorf("unseal: %w", err)
	}
	for _, id := range ids {
		p, err := d.Store.PersonByID(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, UnsealedPerson{d.personHash(id), p.TelegramID})
	}
	return all, nil
}
