package status

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// healthy are readings of a service in which everything works.
func healthy() Readings {
	q := Queue{Workers: 4, Target: 2 * time.Second}
	return Readings{
		Parts: Parts(),
		Up:    map[Part]bool{Website: true, Telegram: true, Accounts: true, Pictures: true, Line: true},
		Queues: map[Part]Queue{
			Bot: q, Delivery: q, Conversations: q, Payments: q, Images: {Workers: 64, Target: time.Minute, Waiting: 3, Active: 2, Oldest: 50 * time.Second},
		},
		Models: []ModelReading{
			{Name: "flux", Routes: []Route{{"fal.ai", Works}, {"Replicate", Works}}, Take: Range{P50: 4 * time.Second}, Usual: 4 * time.Second},
			{Name: "gpt", Routes: []Route{{"OpenAI", Works}}},
		},
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	queue := func(r *Readings, p Part, f func(q *Queue)) {
		q := r.Queues[p]
		f(&q)
		r.Queues[p] = q
	}
	tests := []struct {
		desc    string
		wrong   func(r *Readings)
		parts   map[Part]State // those that do not work
		models  []State
		overall State
	}{
		{"healthy", func(*Readings) {}, map[Part]State{}, []State{Works, Works}, Works},
		{"one of two services is held back", func(r *Readings) { r.Models[0].Routes[0].State = Away }, map[Part]State{}, []State{Works, Works}, Works},
		{"a model's only service is held back", func(r *Readings) { r.Models[1].Routes[0].State = Away }, map[Part]State{Images: Partly}, []State{Works, Away}, Partly},
		{"no service works", func(r *Readings) {
			r.Models[0].Routes, r.Models[1].Routes[0].State = []Route{{"fal.ai", Away}, {"Replicate", Away}}, Away
		}, map[Part]State{Images: Away}, []State{Away, Away}, Away},
		{"a model takes three times as long", func(r *Readings) { r.Models[0].Take.P50 = 12 * time.Second }, map[Part]State{}, []State{Slow, Works}, Works},
		{"every model is slow", func(r *Readings) {
			r.Models[0].Take.P50, r.Models[1].Wait.P50 = 12*time.Second, 3*time.Minute
		}, map[Part]State{Images: Slow}, []State{Slow, Slow}, Slow},
		{"a long line", func(r *Readings) { queue(r, Images, func(q *Queue) { q.Oldest = 5 * time.Minute }) }, map[Part]State{Images: Slow}, []State{Works, Works}, Slow},
		{"a line that does not move", func(r *Readings) {
			queue(r, Delivery, func(q *Queue) { q.Oldest = 6 * time.Minute })
		}, map[Part]State{Delivery: Away}, []State{Works, Works}, Away},
		{"nobody works on it", func(r *Readings) { queue(r, Images, func(q *Queue) { q.Workers = 0 }) }, map[Part]State{Images: Away}, []State{Works, Works}, Away},
		{"payments are paused", func(r *Readings) { queue(r, Payments, func(q *Queue) { q.Paused = true }) }, map[Part]State{Payments: Away}, []State{Works, Works}, Partly},
		{"Telegram does not answer", func(r *Readings) { r.Up[Telegram] = false }, map[Part]State{
			Bot: Away, Delivery: Away, Conversations: Away, Payments: Away, Telegram: Away,
		}, []State{Works, Works}, Away},
		{"the pictures are away", func(r *Readings) { r.Up[Pictures] = false }, map[Part]State{Images: Away, Delivery: Away, Pictures: Away}, []State{Works, Works}, Away},
		{"Redis is away", func(r *Readings) {
			r.Up[Line], r.Queues = false, nil
			for i := range r.Models {
				r.Models[i].Routes = []Route{{"x", Unknown}}
			}
		}, map[Part]State{Bot: Away, Images: Away, Delivery: Away, Conversations: Away, Payments: Away, Line: Away}, []State{Unknown, Unknown}, Away},
		{"the queues do not say", func(r *Readings) { r.Queues = nil }, map[Part]State{
			Bot: Unknown, Images: Unknown, Delivery: Unknown, Conversations: Unknown, Payments: Unknown,
		}, []State{Works, Works}, Unknown},
		{"the database is away", func(r *Readings) { r.Up[Accounts] = false }, map[Part]State{
			Bot: Away, Images: Away, Delivery: Away, Conversations: Away, Payments: Away, Accounts: Away,
		}, []State{Works, Works}, Away},
	}
	for _, tt := range tests {
		t.Run(tt.desc, func(t *testing.T) {
			t.Parallel()
			r := healthy()
			tt.wrong(&r)
			b := Judge(r)
			parts, models := map[Part]State{}, []State(nil)
			for _, p := range b.Parts {
				if p.State != Works {
					parts[p.Part] = p.State
				}
			}
			for _, m := range b.Models {
				models = append(models, m.State)
			}
			if diff := cmp.Diff(tt.parts, parts); diff != "" || b.Overall != tt.overall || !cmp.Equal(models, tt.models) {
				t.Errorf("overall %s, models %v, want %s, %v; parts (-want +got):\n%s", b.Overall, models, tt.overall, tt.models, diff)
			}
		})
	}
}

// A known problem keeps the page from saying that all is well; it never makes it look better.
func TestWith(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		is     State
		impact string
		want   State
	}{
		{Works, "", Works},
		{Works, "notice", Works},
		{Works, Degraded, Slow},
		{Works, Outage, Partly},
		{Away, Degraded, Away},
		{Slow, Outage, Partly},
	} {
		if got := (Board{Overall: tt.is}).With(tt.impact); got != tt.want {
			t.Errorf("%s with %q = %s, want %s", tt.is, tt.impact, got, tt.want)
		}
	}
}
