package workers

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// frozenOps are the buttons that do nothing while an account is frozen: they paint, spend, send or meet.
func frozenOps() []telegram.Op {
	return []telegram.Op{
		telegram.OpAgain, telegram.OpVary, telegram.OpOriginal, telegram.OpHistory, telegram.OpStart, telegram.OpBuy, telegram.OpModel, telegram.OpSetting,
		telegram.OpPreset, telegram.OpPresetDelete, telegram.OpPaint, telegram.OpReport, telegram.OpReportAs, telegram.OpWordsPaint, telegram.OpWordsChange,
		telegram.OpWordsAnother, telegram.OpActions, telegram.OpMore, telegram.OpUpscale, telegram.OpExpand, telegram.OpEdit, telegram.OpRemix, telegram.OpFavorite,
		telegram.OpCompare, telegram.OpCompareWith, telegram.OpReference, telegram.OpNoReference, telegram.OpDetails, telegram.OpDaily, telegram.OpInvite, telegram.OpLink,
		telegram.OpBrowse, telegram.OpBrowseDelete, telegram.OpChat, telegram.OpRelaySend, telegram.OpRelayKeep, telegram.OpRelayAlways, telegram.OpRelayShare,
		// Those of the operators' chat are signed for it, and come past this door.
		telegram.OpDeskRefund, telegram.OpDeskRefundYes, telegram.OpDeskReply, telegram.OpDeskClose, telegram.OpDeskReport, telegram.OpDeskPause, telegram.OpDeskDismiss,
	}
}

// frozenCommands are the commands.
func frozenCommands() []string {
	return []string{
		"imagine", "history", "buy", "daily", "invite", "promo", "gift", "improve", "describe", "translate", "chat", "next", "unsend", "share", "model", "settings", "preset",
	}
}

// Of every command and every button it is decided whether it works while an account is frozen: what is about the data itself, about
// money that is there already, or takes something back.
func TestDoorWhileFrozen(t *testing.T) {
	t.Parallel()
	const owner = 7
	w := &Workers{signer: telegram.NewSigner(func(purpose string, parts ...string) []byte {
		mac := hmac.New(sha256.New, []byte("key"))
		fmt.Fprintf(mac, "%q %q", purpose, parts)
		return mac.Sum(nil)
	})}
	door := func(frozen bool, raw string) bool {
		t.Helper()
		u, err := telegram.ParseUpdate([]byte(`{"update_id":1,` + raw + `}`))
		if err != nil {
			t.Fatal(err)
		}
		return w.rests(&incoming{update: u, person: storage.Person{TelegramID: owner, Restricted: frozen}})
	}
	message := func(text string) string {
		entity := ""
		if strings.HasPrefix(text, "/") {
			entity = fmt.Sprintf(`,"entities":[{"type":"bot_command","offset":0,"length":%d}]`, len(text))
		}
		return fmt.Sprintf(`"message":{"message_id":1,"chat":{"id":7,"type":"private"},"from":{"id":7},"text":%q%s}`, text, entity)
	}
	var ops []telegram.Op
	for _, op := range telegram.Ops() {
		press := `"callback_query":{"id":"1","from":{"id":7},"data":"` + w.signer.Data(op, "", owner, "") + `"}`
		if door(true, press) {
			ops = append(ops, op)
		}
		if door(false, press) {
			t.Errorf("%s is refused for everybody", op)
		}
	}
	want := frozenOps()
	slices.Sort(want)
	slices.Sort(ops)
	if diff := cmp.Diff(want, ops); diff != "" {
		t.Errorf("a button has to be in restingButtons or, if it processes something, in frozenOps (-frozenOps +not in restingButtons):\n%s", diff)
	}
	var commanded []string
	for _, c := range commands() {
		if door(true, message("/"+c.name)) {
			commanded = append(commanded, c.name)
		}
	}
	if diff := cmp.Diff(frozenCommands(), commanded); diff != "" {
		t.Errorf("a command has to be in restingCommands or, if it processes something, in frozenCommands (-frozenCommands +not in restingCommands):\n%s", diff)
	}
	for raw, want := range map[string]bool{
		message("a red fox"): true, message("/mydata"): false, message("/nonsense"): true,
		`"edited_message":{"message_id":1,"chat":{"id":7,"type":"private"},"from":{"id":7},"text":"x"}`:                                 true,
		`"message_reaction":{"chat":{"id":7,"type":"private"},"user":{"id":7},"message_id":1,"old_reaction":[],"new_reaction":[]}`:      true,
		`"my_chat_member":{"chat":{"id":7,"type":"private"},"from":{"id":7},"new_chat_member":{"status":"kicked"}}`:                     false,
		`"callback_query":{"id":"1","from":{"id":7},"data":"forged"}`:                                                                   false,
		`"message":{"message_id":1,"chat":{"id":7,"type":"private"},"from":{"id":7},"successful_payment":{"currency":"XTR"}}`:           false,
		`"message":{"message_id":1,"chat":{"id":7,"type":"private"},"from":{"id":7},"pinned_message":{"message_id":1,"chat":{"id":7}}}`: false,
	} {
		if got := door(true, raw); got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
}

// Whoever freezes their account leaves their conversation, and is not found by anybody until they thaw it.
func TestFreezingEndsAConversation(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	k.send(k.ada, telegramtest.Outgoing{Text: "/privacy"})
	for _, step := range [][2]string{{"Your data", "❄️ Freeze"}, {"Freeze your account?", "❄️ Yes, freeze it"}} {
		k.presses(step[0], step[1])
	}
	if told(k.ben, "has left the conversation") != 1 || told(k.ada, "left the conversation") != 1 || told(k.ada, "is frozen") != 1 {
		t.Errorf("Ada:\n%s\nBen:\n%s", k.tg.Transcript(k.ada), k.tg.Transcript(k.ben))
	}
	if _, err := k.w.Store.Conversation(t.Context(), k.user.ID); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("still talking: %v", err)
	}
	k.send(k.ada, telegramtest.Outgoing{Text: "are you there?"})
	if told(k.ben, "are you there?") != 0 || told(k.ada, "is frozen") != 2 {
		t.Errorf("Ada:\n%s", k.tg.Transcript(k.ada))
	}
	k.presses("is frozen", "☀️ Unfreeze")
	k.presses("is frozen", "☀️ Unfreeze") // that of the other message
	if p, err := k.w.Store.PersonByID(t.Context(), k.user.ID); err != nil || p.Restricted || told(k.ada, "as it was before") != 1 {
		t.Errorf("%v, Ada:\n%s", err, k.tg.Transcript(k.ada))
	}
}

// presses is a press of Ada's under the last message that says something.
func (k *talk) presses(words, button string) {
	k.Helper()
	if _, err := k.ada.Press(k.last(k.ada, words).MessageID, button); err != nil {
		k.Fatalf("%v:\n%s", err, k.tg.Transcript(k.ada))
	}
	k.pass()
}

// A transaction finds out that the account was frozen since the update was let in: nothing of what was to be said is said, nothing
// is used up, and the person is told why, unless they are being erased.
func TestFrozenJustNow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, flag string
		answer     func(w *Workers, in *incoming) error
		want       int
	}{
		{"anything", "restricted_at", func(w *Workers, in *incoming) error { return w.restNow(t.Context(), in) }, 1},
		{"a wish", "restricted_at", func(w *Workers, in *incoming) error {
			in.effect.Sends = nil // as begin leaves it
			return w.notReserved(t.Context(), in, ask{}, storage.ErrRestricted)
		}, 1},
		{"an erasure", "erasing_at", func(w *Workers, in *incoming) error { return w.restNow(t.Context(), in) }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := newTalk(t)
			if _, err := k.raw.ExecContext(t.Context(), `UPDATE users SET `+tt.flag+` = 1`); err != nil {
				t.Fatal(err)
			}
			chat := telegram.Chat{ID: k.ada.ID(), Type: telegram.ChatPrivate}
			in := &incoming{person: k.user, chat: chat, texts: k.w.printer("en"), effect: storage.Effect{Update: "now", Body: "b", User: k.user.ID, Nonce: "once"}}
			in.update.Message = &telegram.Message{Chat: chat, Text: "/daily"}
			in.message = in.update.Message
			k.w.say(in, "message.start_again", nil)
			if err := tt.answer(k.w, in); err != nil {
				t.Fatal(err)
			}
			k.pass()
			if told(k.ada, "is frozen") != tt.want || told(k.ada, "Welcome back") != 0 {
				t.Errorf("Ada:\n%s", k.tg.Transcript(k.ada))
			}
			if seen, _, err := k.w.Store.Seen(t.Context(), "now", "b"); err != nil || !seen {
				t.Errorf("the update is seen: %v, %v", seen, err)
			}
			var used int
			if err := k.raw.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM consumed_actions WHERE nonce = 'once'`).Scan(&used); err != nil || used != 0 {
				t.Errorf("the button is used up %d times, %v", used, err)
			}
			if _, err := k.raw.ExecContext(t.Context(), `UPDATE users SET erasing_at = NULL`); err != nil { // there is no erasure that would end
				t.Fatal(err)
			}
		})
	}
}
