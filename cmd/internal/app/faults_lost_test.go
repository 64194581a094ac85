package app_test

import (
	"testing"
	"time"

	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// An image that is gone from the object store cannot be shown again: the person is told, once, instead of waiting for
// ever.
func TestImageGoneFromTheStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	w.start()
	w.agree(w.person)
	w.person.Text("an owl in the snow")
	m := w.picture(w.person, "an owl in the snow")
	s := w.store()
	w.settled(s, w.person, time.Minute)
	bucket, err := objects.Open(t.Context(), objects.Config{
		Endpoint: w.env["IMAGIKA_S3_ENDPOINT"], Bucket: w.env["IMAGIKA_S3_BUCKET"], Key: w.env["IMAGIKA_S3_ACCESS_KEY"], Secret: w.env["IMAGIKA_S3_SECRET_KEY"],
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bucket.Close)
	if n, err := bucket.RemovePrefix(t.Context(), "u/"); err != nil || n != 1 {
		t.Fatalf("removed %d objects, %v", n, err)
	}
	w.more(w.person, m)
	p, err := w.person.Press(m.MessageID, "💾 Save original")
	if err != nil {
		t.Fatal(err)
	}
	p.Must(t)
	w.waitFor(w.person, time.Minute, telegramtest.Has("it was my fault"))
}
