package workers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// messageFields are the fields of the Bot API's Message by what becomes of a message that has them in a conversation: it is
// passed on, its sender is told that it cannot be, or nobody hears of it. Those beside are no content.
func messageFields() map[string][]string {
	return map[string][]string{
		"passed": {
			"animation", "audio", "contact", "dice", "document", "live_photo", "location", "photo", "poll", "rich_message", "sticker", "text", "venue", "video",
			"video_note", "voice",
		},
		"refused": {"checklist", "game", "giveaway", "giveaway_winners", "invoice", "paid_media", "story"},
		"silent": {
			"boost_added", "channel_chat_created", "chat_background_set", "chat_owner_changed", "chat_owner_left", "chat_shared", "checklist_tasks_added",
			"checklist_tasks_done", "connected_website", "delete_chat_photo", "direct_message_price_changed", "forum_topic_closed", "forum_topic_created",
			"forum_topic_edited", "forum_topic_reopened", "general_forum_topic_hidden", "general_forum_topic_unhidden", "gift", "gift_upgrade_sent",
			"giveaway_completed", "giveaway_created", "group_chat_created", "left_chat_member", "managed_bot_created", "message_auto_delete_timer_changed",
			"new_chat_members", "new_chat_photo", "new_chat_title", "paid_message_price_changed", "passport_data", "pinned_message", "poll_option_added",
			"poll_option_deleted", "proximity_alert_triggered", "suggested_post_approval_failed", "suggested_post_approved", "suggested_post_declined",
			"suggested_post_paid", "suggested_post_refunded", "supergroup_chat_created", "unique_gift", "users_shared", "video_chat_ended",
			"video_chat_participants_invited", "video_chat_scheduled", "video_chat_started", "web_app_data", "write_access_allowed",
		},
		"beside": {
			"author_signature", "business_connection_id", "caption", "caption_entities", "chat", "date", "direct_messages_topic", "edit_date", "effect_id",
			"entities", "external_reply", "forward_origin", "from", "guest_bot_caller_chat", "guest_bot_caller_user", "guest_query_id", "has_media_spoiler",
			"has_protected_content", "is_automatic_forward", "is_from_offline", "is_paid_post", "is_topic_message", "link_preview_options", "media_group_id",
			"message_id", "message_thread_id", "migrate_from_chat_id", "migrate_to_chat_id", "paid_star_count", "quote", "refunded_payment", "reply_markup",
			"reply_to_checklist_task_id", "reply_to_message", "reply_to_poll_option_id", "reply_to_story", "sender_boost_count", "sender_business_bot",
			"sender_chat", "sender_tag", "show_caption_above_media", "successful_payment", "suggested_post_info", "via_bot",
		},
		"observed": {"bot_reaction", "bought_by", "deleted", "paid_media_payload", "pinned", "reactions", "reply_keyboard"}, // by tests alone
	}
}

// TestRelayTable: every field of a message has its place, so that a new one does not slip by. It compares with a copy of the
// documentation that may lie beside the repository.
func TestRelayTable(t *testing.T) {
	t.Parallel()
	known, tried := messageFields(), relayKinds()
	for _, field := range known["passed"] {
		if _, has := tried[field]; !has && field != "rich_message" { // TestRelayVia has it
			t.Errorf("nobody tries to pass on %s", field)
		}
	}
	var all []string
	for field := range reflect.TypeFor[telegramtest.Message]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, name)
	}
	var doc struct {
		Types map[string]struct {
			Fields []struct{ Name string }
		}
	}
	raw, err := os.ReadFile("../../shared/botapi/api.json")
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	t.Log("documentation:", err)
	for _, field := range doc.Types["Message"].Fields {
		all = append(all, field.Name)
	}
	for _, name := range all {
		places := 0
		for _, fields := range known {
			if slices.Contains(fields, name) {
				places++
			}
		}
		if places != 1 {
			t.Errorf("%s: what becomes of it? (%d places)", name, places)
		}
	}
}

// hear handles a message with one field, which the person's app does not send by itself, and returns how many messages the
// two get for it.
func (k *talk) hear(field string) (ada, ben int) {
	k.Helper()
	wasAda, wasBen := len(live(k.ada)), len(live(k.ben))
	value := "{}"
	if field == "photo" || field == "new_chat_photo" {
		value = `[{"file_id":"f","width":1,"height":1}]`
	}
	raw := fmt.Sprintf(`{"update_id":1,"message":{"message_id":900000,"date":%d,"chat":{"id":%[2]d,"type":"private"},"from":{"id":%[2]d,"first_name":"Ada"},"%s":%s}}`,
		time.Now().Unix(), k.ada.ID(), field, value)
	k.survive(func() error {
		_, err := k.w.update(k.Context(), queue.Update{Hash: "raw " + field, Raw: []byte(raw), Received: time.Now()})
		return err
	})
	k.pass()
	return len(live(k.ada)) - wasAda, len(live(k.ben)) - wasBen
}

// TestRelayEverythingElse: the sender of what cannot be passed on is told so, and nobody hears of what only happens.
func TestRelayEverythingElse(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	for _, field := range messageFields()["refused"] {
		if ada, ben := k.hear(field); ada != 1 || ben != 0 {
			t.Errorf("%s: Ada hears %d times of it, Ben %d times", field, ada, ben)
		}
	}
	for _, field := range messageFields()["silent"] {
		if ada, ben := k.hear(field); ada != 0 || ben != 0 {
			t.Errorf("%s: Ada hears %d times of it, Ben %d times: %q", field, ada, ben, k.lastOf(k.ada).Text)
		}
	}
	var future telegram.Message
	if err := json.Unmarshal([]byte(`{"message_id":1,"hologram":{}}`), &future); err != nil || cannot(&future) == "" {
		t.Errorf("what nobody knows: %q, %v", future.Kind(), err)
	}
}

// TestRelayVia: what is sent by way of a bot arrives without its buttons, and without which bot it was.
func TestRelayVia(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	for name, content := range map[string]string{
		"words": `{"message_text":"a <b>fox</b>","parse_mode":"HTML"}`,
		"rich":  `{"rich_message":{"html":"<h1>Fox</h1><p>It is <b>red</b>.</p>"}}`,
	} {
		sent := k.sendVia(`{"type":"article","id":"a","title":"Fox","input_message_content":` + content +
			`,"reply_markup":{"inline_keyboard":[[{"text":"again","callback_data":"x"}]]}}`)
		if sent.ViaBot == nil || sent.ReplyMarkup == nil {
			t.Fatalf("%s: sent %+v", name, sent)
		}
		sent.ViaBot, sent.ReplyMarkup = nil, nil
		if diff := sameMessage(sent, k.lastOf(k.ben)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// sendVia sends a result of an inline query.
func (k *talk) sendVia(result string) telegramtest.Message {
	k.Helper()
	res, err := http.PostForm(k.tg.URL()+"/bot"+k.tg.Token()+"/savePreparedInlineMessage", url.Values{
		"user_id": {strconv.FormatInt(k.ada.ID(), 10)}, "allow_bot_chats": {"true"}, "result": {result},
	})
	if err != nil {
		k.Fatal(err)
	}
	defer res.Body.Close()
	var body struct{ Result struct{ ID string } }
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		k.Fatal(err)
	}
	m, err := k.ada.SendPrepared(body.Result.ID)
	if err != nil {
		k.Fatal(err)
	}
	k.pass()
	return m
}

// TestRelayEarlyEdits: what tells who is speaking does not leave by way of an edit either, whether the message still waits, has
// been asked about or was kept.
func TestRelayEarlyEdits(t *testing.T) {
	t.Parallel()
	k := newTalk(t)
	edit := func(m telegramtest.Message, words string) {
		t.Helper()
		if _, err := k.ada.Edit(m.MessageID, words); err != nil {
			t.Fatal(err)
		}
	}
	arrived := func(want ...string) {
		t.Helper()
		var got []string
		for _, m := range live(k.ben)[1:] { // /start was Ben's own
			got = append(got, m.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("Ben sees %q, want %q", got, want)
		}
	}
	m := k.ada.Text("hi")
	edit(m, "hi, I am @ada_lovelace") // before anybody has passed it on
	k.pass()
	arrived()
	edit(m, "hi, I am ada@example.com")
	k.pass()
	arrived()
	k.last(k.ada, "an e-mail address")
	edit(m, "hi, I am really ada@example.com")
	k.pass()
	k.want(k.ada, "Hold on", 2)
	k.tap(k.ada, "✓ Send it")
	arrived("hi, I am really ada@example.com")

	kept := k.send(k.ada, telegramtest.Outgoing{Text: "t.me/ada"})[0]
	k.tap(k.ada, "✕ Don’t send")
	k.want(k.ada, "Not sent", 1)
	for _, words := range []string{"t.me/ada_lovelace", "never mind"} {
		edit(kept, words)
		k.pass()
	}
	k.want(k.ada, "Not sent", 2)
	arrived("hi, I am really ada@example.com")
	k.send(k.ada, telegramtest.Outgoing{Text: "/unsend", ReplyTo: kept.MessageID})
	k.last(k.ada, "nothing of yours to take back")
}
