package workers

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/imagika/imagika/storage"
)

// agree is an operator's word on what takes two. It reports whether it is the second, and the deed is to be done.
func (d *Desk) agree(ctx context.Context, a storage.Act, name string, exactly ...string) (second bool, err error) {
	digest := sha256.Sum256(fmt.Appendf(nil, "%q", exactly))
	second, err = d.Store.Second(ctx, a, storage.Intent{Name: name, Digest: digest[:]})
	if !errors.Is(err, storage.ErrOtherwise) {
		return second, err
	}
	who := "another operator"
	if w, err := d.wanted(ctx, name); err == nil && w != nil {
		who = w.Who
	}
	return false, &OperatorError{who + " wants this with other words or for other people: agree on one of the two; what was said first is forgotten after " + storage.SecondTime.String()}
}

// wanted is what waits under a name for a second operator, nil for nothing.
func (d *Desk) wanted(ctx context.Context, name string) (*storage.Wanted, error) {
	all, err := d.Store.Wanted(ctx)
	for _, w := range all {
		if w.Name == name {
			return &w, err
		}
	}
	return nil, err
}
