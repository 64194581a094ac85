package workers

import (
	"testing"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/storage"
)

// What is about to be passed on is not, once its conversation is over or somebody else has its lane: that it is removed later does not
// undo that somebody saw it, and the other one passes it on.
func TestRelayLeavesUnderItsLane(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(k *talk) error{
		"over": func(k *talk) error {
			c, err := k.w.Store.Conversation(k.Context(), k.who(k.ben).ID)
			if err == nil {
				_, err = k.w.Store.End(k.Context(), storage.Effect{}, c, storage.EndNext, func([2]int) []storage.Send { return nil })
			}
			return err
		},
		"another's": func(k *talk) error {
			_, err := k.raw.ExecContext(k.Context(), `UPDATE conversation_members SET fence = fence + 1`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newChat(t)
			k.pass()
			lost := false
			k.w.Step = func(step string) {
				if step == "relaying" && !lost {
					lost = true
					if err := lose(k); err != nil {
						t.Error(err)
					}
				}
			}
			k.ada.Text("meant for Ben alone")
			k.pass()
			if calls := k.tg.CallsTo("copyMessage"); !lost || len(calls) != 0 {
				t.Errorf("lost: %t, and called all the same: %v", lost, calls)
			}
		})
	}
}

// What somebody says in a group is not for whom they talk with in private: a copy by its number would even be of another message.
func TestRelayNotFromAGroup(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.pass()
	var err error
	if k.w.Router, err = providers.NewRouter(providers.Config{}); err != nil { // nobody paints
		t.Fatal(err)
	}
	k.w.BotName = k.tg.Bot().Username
	there := k.ada.In(k.tg.Group("Friends", k.ada))
	k.pass()
	there.Text("@" + k.w.BotName + " a red fox")
	k.pass()
	var relays int
	if err := k.raw.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM relays`).Scan(&relays); err != nil || relays != 0 {
		t.Errorf("%d relays, %v; Ben sees %s", relays, err, k.tg.Transcript(k.ben))
	}
	k.ada.Text("hello")
	k.pass()
	if calls := k.tg.CallsTo("copyMessage"); len(calls) != 1 {
		t.Errorf("copied: %v", calls)
	}
}
