package miniapp

import (
	"net/http"
	"reflect"
	"time"

	"github.com/imagika/imagika/cmd/internal/sse"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers"
)

// Somebody who watches a generation gets each change as an event. Where it stands is looked up in SQL, since whoever works on it
// is mostly another process.
const (
	eventsEvery = time.Second      // between two looks
	eventsMost  = 10 * time.Minute // of a stream; the page opens another
	eventsEach  = 4                // streams of one person
	eventsAll   = 500              // streams of this process
)

// events follows a generation until it ends, is gone, or the stream has lasted long enough.
func (a *app) events(w http.ResponseWriter, r *http.Request, p storage.Person) error {
	leave, err := a.streams.Enter(p.ID)
	if err != nil {
		return tooMany(sse.Beat)
	}
	defer leave()
	card, err := a.Workers.Card(r.Context(), p, r.PathValue("id"))
	if err != nil {
		return err
	}
	s := stream{to: sse.Begin(w)}
	look, beat, over := time.NewTicker(eventsEvery), time.NewTicker(sse.Beat), time.NewTimer(eventsMost)
	defer look.Stop()
	defer beat.Stop()
	defer over.Stop()
	for s.show(card) && card.Status.Open() {
		select {
		case <-look.C:
			if card, err = a.Workers.Card(r.Context(), p, card.ID); err != nil {
				return nil //nolint:nilerr // it was deleted, or the database is away: the page asks again and is told
			}
		case <-beat.C:
			if !a.speaks(r) || s.to.Beat() != nil {
				return nil
			}
		case <-over.C:
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
	return nil
}

// stream tells of changes.
type stream struct {
	to   *sse.Stream
	last workers.Card
	told bool
}

// show writes where a generation stands, if that is new. It reports false when nobody listens any more.
func (s *stream) show(c workers.Card) bool {
	if s.told && reflect.DeepEqual(c, s.last) {
		return true
	}
	s.last, s.told = c, true
	return s.to.Send("generation", c) == nil
}
