package workers

import (
	"context"
	"slices"
	"time"

	"github.com/imagika/imagika/storage"
)

// rightSoon is how long before it has to be answered a request is shown to operators every day: they are told at twenty days.
const rightSoon = storage.RightTime - 20*24*time.Hour

// DayView is what a day has for an operator: what the law gives little time for first.
type DayView struct {
	Breaches []BreachView     `json:"breaches"` // of which the authority was not told
	Rights   []RightView      `json:"rights"`   // late, or nearly
	Seconds  []storage.Wanted `json:"waits_for_second"`
	Waiting  []WaitingView    `json:"waiting"`
	Late     []LateView       `json:"past_its_time"` // data that should be deleted
}

// WaitingView is a kind of what waits for operators.
type WaitingView struct {
	What   string        `json:"what"`
	Number int           `json:"number"`
	Oldest time.Duration `json:"oldest_ns"`
}

// LateView is a kind of data that is past its time by more than a turn of the sweeper explains.
type LateView struct {
	Kind string        `json:"kind"`
	By   time.Duration `json:"by_ns"`
}

// lateAfter is when data that is past its time is a fault.
const lateAfter = 6 * retainEvery

// Day collects it.
func (d *Desk) Day(ctx context.Context) (v DayView, err error) {
	v = DayView{Rights: []RightView{}, Waiting: []WaitingView{}, Late: []LateView{}}
	if v.Breaches, err = d.Breaches(ctx); err != nil {
		return v, err
	}
	v.Breaches = slices.DeleteFunc(v.Breaches, func(b BreachView) bool { return !b.Authority.IsZero() || !b.Closed.IsZero() })
	rights, err := d.Rights(ctx, false)
	if err != nil {
		return v, err
	}
	v.Rights = slices.DeleteFunc(rights, func(r RightView) bool { return time.Until(r.Due) > rightSoon })
	wanted, err := d.Store.Wanted(ctx)
	if err != nil {
		return v, err
	}
	v.Seconds = append([]storage.Wanted{}, wanted...)
	f, err := d.Store.Figures(ctx)
	if err != nil {
		return v, err
	}
	for _, what := range []string{storage.DeskAppeal, storage.DeskTicket, storage.DeskGrant, storage.DeskRefund} {
		if b := f.Desk[what]; b.Count > 0 {
			v.Waiting = append(v.Waiting, WaitingView{what, b.Count, b.Age(f.At)})
		}
	}
	late, err := d.Store.Overdue(ctx)
	for _, o := range late {
		if o.By > lateAfter {
			v.Late = append(v.Late, LateView{o.Kind, o.By})
		}
	}
	return v, err
}
