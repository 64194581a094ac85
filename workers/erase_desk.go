package workers

import (
	"context"
	"errors"
	"time"

	"github.com/imagika/imagika/storage"
)

// EraseView is an erasure that an operator asks for, or would.
type EraseView struct {
	Person string           `json:"person"`
	Takes  storage.Erasable `json:"takes"`
	Right  string           `json:"right,omitempty"` // the request; empty where nothing was asked for
	At     time.Time        `json:"at"`              // when it begins
	Due    time.Time        `json:"due,omitzero"`    // by when it has to be done
}

// Erasure says what erasing a person would take.
func (d *Desk) Erasure(ctx context.Context, name string) (EraseView, error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return EraseView{}, err
	}
	return d.erasure(ctx, p)
}

func (d *Desk) erasure(ctx context.Context, p storage.Person) (EraseView, error) {
	takes, err := d.Store.Erasable(ctx, p.ID)
	return EraseView{Person: d.personHash(p.ID), Takes: takes, At: d.Store.Now()}, err
}

// Erase has a person erased, after a while in which they can still object. What they asked for themselves gives way to it.
func (d *Desk) Erase(ctx context.Context, by storage.By, name string, wait time.Duration) (EraseView, error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return EraseView{}, err
	}
	v, err := d.erasure(ctx, p)
	if err != nil {
		return v, err
	}
	v.At = v.At.Add(wait)
	ref, err := d.Store.AskErasure(ctx, storage.Act{By: by, What: "users erase", Object: v.Person}, p.ID, v.At)
	if errors.Is(err, storage.ErrRestricted) {
		err = &OperatorError{"this person is being erased already"}
	}
	if err != nil {
		return v, err
	}
	v.Right, v.Due = ref.ID, d.Store.Now().Add(storage.RightTime)
	return v, nil
}

// eraseUndead has everybody erased again who is in the database although their key was destroyed: a backup of before that was
// restored.
func (w *Workers) eraseUndead(ctx context.Context) error {
	const page = 100
	for {
		users, err := w.Store.Undead(ctx, page)
		if err != nil {
			return err
		}
		for _, user := range users {
			act := storage.Act{By: storage.By{Who: "imagika", Why: "a backup was restored"}, What: "users erase", Object: w.personHash(user)}
			if _, err := w.Store.AskErasure(ctx, act, user, w.Store.Now()); err != nil {
				return err
			}
		}
		if len(users) > 0 {
			w.Log.WarnContext(ctx, "a backup was restored, who was erased since is erased again", "people", len(users))
		}
		if len(users) < page {
			return nil
		}
	}
}
