package workers

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// An update that was handled, but not acknowledged, before another secret came in front is not handled again under its new name: every
// process knows the secret of the one before, in whichever order.
func TestUpdateIsHandledOnceAcrossARotation(t *testing.T) {
	t.Parallel()
	b := newChatBench(t, storagetest.Open(t, storagetest.Migrated(t, storagetest.OnSQLite), nil))
	handle := func(secrets string, raw json.RawMessage) error {
		var all [][]byte
		for _, s := range secrets {
			all = append(all, bytes.Repeat([]byte{byte(s)}, queue.SecretSize))
		}
		sealer, err := queue.NewKeys(all...)
		if err != nil {
			t.Fatal(err)
		}
		b.w.Sealer = sealer
		var head struct {
			ID int64 `json:"update_id"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			t.Fatal(err)
		}
		b.offset = head.ID + 1
		_, err = b.w.update(t.Context(), queue.Update{Bot: 1, Hash: sealer.UpdateHash(1, head.ID), Raw: raw, Received: time.Now()})
		return err
	}
	somebody := b.tg.Person(telegramtest.PersonConfig{FirstName: "Ada", LanguageCode: "en"})
	for _, steps := range [][2]string{{"o", "on"}, {"on", "no"}, {"no", "on"}, {"no", "n"}} {
		somebody.Text("/help")
		raw := b.updates()[0]
		if err := handle(steps[0], raw); err != nil {
			t.Fatal(err)
		}
		if err := handle(steps[1], raw); !errors.Is(err, storage.ErrSeen) {
			t.Errorf("%q after %q: got %v", steps[1], steps[0], err)
		}
	}
}
