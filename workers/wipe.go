package workers

import (
	"context"
	"errors"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
)

// The end of the service: everybody is erased, as if they had asked for it, a few at a time, with what they paid for and did not
// spend going back first. What is left of the bucket goes last.

const (
	// wipeAtOnce bounds the erasures that are open at a time: each may send Stars back.
	wipeAtOnce = 100
)

// WipeView is how far the end of the service is.
type WipeView struct {
	State   string `json:"state"` // none, running, stopped or done
	People  int64  `json:"people"`
	Erasing int64  `json:"erasing"`
	Objects int64  `json:"pictures"`
	Unspent int64  `json:"unspent_paid_credits"`
	// Wanted is who wants it to begin, while no second operator has agreed.
	Wanted *storage.Wanted `json:"waits_for_second,omitempty"`
}

// States of the end of the service.
const (
	WipeNone    = "none"
	WipeRunning = "running"
	WipeStopped = "stopped"
	WipeDone    = "done"
)

// Wiped says how far it is, or what it would be about.
func (d *Desk) Wiped(ctx context.Context) (v WipeView, err error) {
	left, err := d.Store.Wiped(ctx)
	if err != nil {
		return v, err
	}
	c, err := d.Store.Chore(ctx, storage.WipeChore)
	if err != nil {
		return v, err
	}
	v = WipeView{State: wipeState(c), People: left.People, Erasing: left.Erasing, Objects: left.Objects, Unspent: left.Unspent}
	v.Wanted, err = d.wanted(ctx, storage.WipeChore)
	return v, err
}

func wipeState(c storage.Chore) string {
	switch {
	case c.Started.IsZero():
		return WipeNone
	case !c.Done.IsZero():
		return WipeDone
	case c.Place == storage.WipeStopped:
		return WipeStopped
	}
	return WipeRunning
}

// StartWipe has everybody erased, once a second operator wants it. Workers have to run: they do it.
func (d *Desk) StartWipe(ctx context.Context, by storage.By) (WipeView, error) {
	second, err := d.agree(ctx, storage.Act{By: by, What: "wipe first", Object: "everybody"}, storage.WipeChore)
	if err != nil {
		return WipeView{}, err
	}
	if !second {
		return d.Wiped(ctx)
	}
	if err := d.Store.StartWipe(ctx, storage.Act{By: by, What: "wipe", Object: "everybody"}); err != nil {
		return WipeView{}, err
	}
	return d.Wiped(ctx)
}

// StopWipe lets those live whose erasure has not been asked for yet.
func (d *Desk) StopWipe(ctx context.Context, by storage.By) (WipeView, error) {
	err := d.Store.StopWipe(ctx, storage.Act{By: by, What: "wipe stop", Object: "everybody"})
	if errors.Is(err, storage.ErrNotFound) {
		err = &OperatorError{"nobody is being wiped"}
	}
	if err != nil {
		return WipeView{}, err
	}
	return d.Wiped(ctx)
}

// wipe goes on with it. Whoever comes meanwhile is erased too.
func (w *Workers) wipe(ctx context.Context) error {
	c, err := w.Store.Chore(ctx, storage.WipeChore)
	if err != nil || wipeState(c) != WipeRunning {
		return err
	}
	left, err := w.Store.Wiped(ctx)
	if err != nil {
		return err
	}
	ids, err := w.Store.Unerased(ctx, max(0, wipeAtOnce-int(left.Erasing)))
	for _, id := range ids {
		err = errors.Join(err, w.eraseFor(ctx, id))
	}
	if err != nil || left.People > 0 {
		return err
	}
	for _, prefix := range []string{objects.ImagesPrefix, objects.ExportsPrefix} {
		if _, err := w.Objects.RemovePrefix(ctx, prefix); err != nil {
			return err
		}
	}
	w.Log.InfoContext(ctx, "everybody is erased")
	return w.Store.SaveChore(ctx, c.Finish(w.Store.Now()))
}
