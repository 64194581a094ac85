package workers

import (
	"testing"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// A message is on its way while its receiver leaves and meets somebody else: they do not see it, and its sender is told.
func TestRelayLate(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"relaying", "passed"} { // before its call, and after
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			k := newChat(t)
			carol := k.somebody("Carol", "en")
			k.pass()
			over := false
			k.w.Step = func(name string) {
				if name == at && !over {
					over = true
					k.elsewhere(k.ben, carol)
				}
			}
			k.ada.Text("meant for Ben alone")
			k.pass()
			for _, m := range live(k.ben) {
				if m.Text == "meant for Ben alone" {
					t.Errorf("Ben sees it while he talks with Carol: %s", k.tg.Transcript(k.ben))
				}
			}
			if n := told(k.ada, "was still on its way and most likely didn’t arrive"); n != 1 {
				t.Errorf("Ada was told %d times: %s", n, k.tg.Transcript(k.ada))
			}
		})
	}
}

// elsewhere has somebody leave for a conversation with somebody else.
func (k *talk) elsewhere(p, other *telegramtest.Person) {
	k.Helper()
	who, with := k.who(p), k.who(other)
	c, err := k.w.Store.Conversation(k.Context(), who.ID)
	if err == nil {
		err = k.w.part(k.Context(), storage.Effect{}, c, storage.EndNext)
	}
	for i, id := range []int64{with.ID, who.ID} {
		if err == nil {
			_, err = k.w.Store.Enter(k.Context(), storage.Effect{User: id}, storage.Search{ID: string(rune('x' + i)), User: id, Lang: "en"}, 0, nil)
		}
	}
	if err == nil {
		_, _, err = k.w.Store.Match(k.Context(), who.ID, k.w.found)
	}
	if err != nil {
		k.Fatal(err)
	}
}
