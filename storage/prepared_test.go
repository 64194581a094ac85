package storage_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
)

// BenchmarkPrepared is what remembering statements brings on SQLite: reservations with their cancelation per second, and as
// a multiple of those of a store that parses each time, in the same run.
func BenchmarkPrepared(b *testing.B) {
	round := func(s *storage.Store) time.Duration {
		p, err := s.PersonByTelegram(b.Context(), 1, "en")
		if err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		for i := range b.N {
			id, err := s.NewID()
			if err != nil {
				b.Fatal(err)
			}
			if _, _, _, err := s.Reserve(b.Context(), storage.Effect{}, storage.NewGeneration{
				ID: id, User: p.ID, Origin: storage.OriginCLI, RequestKey: strconv.Itoa(i), Form: storage.FormPull, ParentN: -1,
				Model: "m", Operation: "generate", Params: storage.Params{Count: 1}, Parallel: 1, Waiting: 1,
			}); err != nil {
				b.Fatal(err)
			}
			if _, _, err := s.Cancel(b.Context(), p.ID, id, nil); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(begin)
	}
	plain := storagetest.New(b, storagetest.OnSQLite)
	plain.Unprepared()
	slow := round(plain)
	fast := round(storagetest.New(b, storagetest.OnSQLite))
	b.ReportMetric(float64(b.N)/fast.Seconds(), "pairs/s")
	b.ReportMetric(slow.Seconds()/fast.Seconds(), "x_unprepared")
}
