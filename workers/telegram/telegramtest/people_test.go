package telegramtest

import (
	"bytes"
	"context"
	"image"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConversation(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	id := ann.ID()
	menu := do(t, s, "sendMessage", params{
		"chat_id": id, "text": "Hello <b>Ann</b>", "parse_mode": "HTML",
		"reply_markup": params{"inline_keyboard": [][]params{{{"text": "Fox", "callback_data": "fox"}, {"text": "Site", "url": "https://example.com"}}}},
	}).message(t)
	if diff := cmp.Diff([]Entity{{Type: "bold", Offset: 6, Length: 3}}, menu.Entities); diff != "" {
		t.Errorf("entities (-want +got):\n%s", diff)
	}
	press, err := ann.Press(menu.MessageID, "Fox")
	if err != nil {
		t.Fatal(err)
	}
	if a := do(t, s, "answerCallbackQuery", params{"callback_query_id": press.ID(), "text": "Painting", "show_alert": true}); !a.OK {
		t.Fatal(a.Description)
	}
	if got := press.Must(t); got != (CallbackResult{Answered: true, Text: "Painting", ShowAlert: true}) {
		t.Errorf("the app showed %+v", got)
	}
	if a := do(t, s, "answerCallbackQuery", params{"callback_query_id": press.ID()}); a.OK {
		t.Error("a query took two answers")
	}
	do(t, s, "sendChatAction", params{"chat_id": id, "action": "upload_photo"})
	do(t, s, "editMessageText", params{"chat_id": id, "message_id": menu.MessageID, "text": "Working"})
	ct, body := form(t, map[string]string{
		"chat_id": itoa(id), "message_id": itoa(menu.MessageID),
		"media": `{"type":"photo","media":"attach://pic","caption":"A fox"}`,
	}, map[string][]byte{"pic": picture(t, 500, 200)})
	done := post(t, s, "editMessageMedia", ct, body).message(t)
	if len(done.Photo) != 3 || done.Text != "" || done.Caption != "A fox" || done.EditDate == 0 {
		t.Errorf("the text did not become a picture: %+v", done)
	}
	if _, err := ann.Reply(done.MessageID, "lovely"); err != nil {
		t.Fatal(err)
	}
	do(t, s, "deleteMessage", params{"chat_id": id, "message_id": done.MessageID})
	want := `person Ann, en

> Ann: /start
< Hello Ann
  [Fox] [Site ↗]
> Ann presses Fox
< alert: Painting
< edits "Hello Ann": photo: A fox
> Ann replies to "A fox": lovely
< deletes "A fox"
`
	if diff := cmp.Diff(want, s.Transcript(ann)); diff != "" {
		t.Errorf("transcript (-want +got):\n%s", diff)
	}
	var kinds []EventKind
	for _, e := range s.Events(0) {
		if e.Kind != EventCall {
			kinds = append(kinds, e.Kind)
		}
	}
	wantKinds := []EventKind{EventNew, EventNew, EventPressed, EventAnswered, EventAction, EventEdited, EventEdited, EventNew, EventDeleted}
	if diff := cmp.Diff(wantKinds, kinds); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestPressing(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x", "reply_markup": rows(1, "d")}).message(t)
	if _, err := ann.Press(m.MessageID, "nothing"); err == nil {
		t.Error("pressed a button that is not there")
	}
	if _, err := ann.Press(99, "1"); err == nil {
		t.Error("pressed on a message that is not there")
	}
	forged, err := ann.PressData(m.MessageID, "forged")
	if err != nil {
		t.Fatal(err)
	}
	again := forged.Again()
	if again.ID() != forged.ID() || again.UpdateID() == forged.UpdateID() {
		t.Errorf("Again: %+v of %+v", again, forged)
	}
	do(t, s, "deleteMessage", params{"chat_id": ann.ID(), "message_id": m.MessageID})
	if _, err := ann.PressData(m.MessageID, "late"); err != nil {
		t.Fatal(err)
	}
	us := pollOnce(t, s, params{"offset": -3})
	if q := us[0].CallbackQuery; q.Data != "forged" || q.Message.Text != "x" || q.From.ID != ann.ID() {
		t.Errorf("the forged press arrived as %+v", q)
	}
	if q := us[2].CallbackQuery; q.Message.Date != 0 || q.Message.From != nil {
		t.Errorf("the message of a late press is accessible: %+v", q.Message)
	}
}

func TestFilesComeBack(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	pic := picture(t, 1000, 500)
	m := ann.Photo(pic, "/not_a_text but a caption")
	if len(m.Photo) != 4 || m.Photo[0].Width != 90 || m.CaptionEntities[0].Type != "bot_command" {
		t.Fatalf("photo %+v", m)
	}
	download := func(id string) []byte {
		var f struct {
			Path string `json:"file_path"`
		}
		do(t, s, "getFile", params{"file_id": id}).into(t, &f)
		return get(t, s.URL()+"/file/bot"+s.Token()+"/"+f.Path).body
	}
	if got := download(m.Photo[3].FileID); !bytes.Equal(got, pic) {
		t.Errorf("the largest size has %d bytes, want the %d sent", len(got), len(pic))
	}
	small, _, err := image.DecodeConfig(bytes.NewReader(download(m.Photo[1].FileID)))
	if err != nil || small.Width != 320 || small.Height != 160 {
		t.Errorf("the second size is %dx%d, %v", small.Width, small.Height, err)
	}
	resent := do(t, s, "sendPhoto", params{"chat_id": ann.ID(), "photo": m.Photo[3].FileID}).message(t)
	if diff := cmp.Diff(m.Photo, resent.Photo); diff != "" {
		t.Errorf("sent by file_id (-want +got):\n%s", diff)
	}
	doc := ann.Document("note.txt", []byte("hello"), "")
	if string(download(doc.Document.FileID)) != "hello" || doc.Document.MimeType != "text/plain" {
		t.Errorf("document %+v", doc.Document)
	}
	big := ann.Document("big.bin", make([]byte, maxDownload+1), "")
	if a := do(t, s, "getFile", params{"file_id": big.Document.FileID}); a.Description != "Bad Request: file is too big" {
		t.Errorf("getFile of 20 MB and a byte: %q", a.Description)
	}
	s.Advance(61 * time.Minute)
	s.mu.Lock()
	path := s.w.Files[doc.Document.FileID].Path
	s.mu.Unlock()
	if p := get(t, s.URL()+"/file/bot"+s.Token()+"/"+path); p.code != 404 {
		t.Errorf("an old link answered %d", p.code)
	}
}

func TestAlbumsCopiesAndForwards(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	bob := s.Person(PersonConfig{FirstName: "Bob"})
	bob.Start("")
	album := ann.Album([][]byte{picture(t, 30, 20), picture(t, 20, 30)}, "two")
	if album[0].MediaGroupID == "" || album[0].MediaGroupID != album[1].MediaGroupID || album[0].Caption != "two" {
		t.Fatalf("album %+v", album)
	}
	both := []int64{album[0].MessageID, album[1].MessageID}
	do(t, s, "copyMessages", params{"chat_id": bob.ID(), "from_chat_id": ann.ID(), "message_ids": both})
	do(t, s, "forwardMessages", params{"chat_id": bob.ID(), "from_chat_id": ann.ID(), "message_ids": both})
	do(t, s, "copyMessage", params{"chat_id": bob.ID(), "from_chat_id": ann.ID(), "message_id": both[0], "caption": "mine"})
	got := bob.Messages()[1:]
	if len(got) != 5 {
		t.Fatalf("Bob has %d messages, want 5", len(got))
	}
	if got[0].MediaGroupID == album[0].MediaGroupID || got[0].MediaGroupID != got[1].MediaGroupID || got[0].MediaGroupID == got[2].MediaGroupID {
		t.Error("copies do not keep the album together, and apart from the others")
	}
	if got[0].ForwardOrigin != nil || got[2].ForwardOrigin.SenderUser.ID != ann.ID() || got[4].Caption != "mine" {
		t.Errorf("copies and forwards: %+v", got)
	}
	ct, body := form(t, map[string]string{
		"chat_id": itoa(bob.ID()), "media": `[{"type":"photo","media":"attach://a"},{"type":"photo","media":"attach://b","caption":"x"}]`,
	}, map[string][]byte{"a": picture(t, 30, 20), "b": picture(t, 30, 20)})
	var sent []Message
	if post(t, s, "sendMediaGroup", ct, body).into(t, &sent); len(sent) != 2 || sent[0].MediaGroupID != sent[1].MediaGroupID {
		t.Errorf("sendMediaGroup answered %+v", sent)
	}
}

func TestBlocking(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	ann.Block()
	if a := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x"}); a.Code != 403 {
		t.Errorf("blocked, yet sending answered %d", a.Code)
	}
	ann.Text("I am back")
	if a := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "x"}); !a.OK {
		t.Errorf("writing does not unblock: %s", a.Description)
	}
	us := pollOnce(t, s, nil)
	if len(us) != 4 || us[1].MyChatMember.NewChatMember.Status != "kicked" || us[2].MyChatMember.NewChatMember.Status != "member" {
		t.Errorf("updates %+v", us)
	}
}

func TestGroupPrivacy(t *testing.T) {
	t.Parallel()
	s := NewTest(t, Options{Bot: User{Username: "fox_bot"}})
	ann := s.Person(PersonConfig{})
	g := s.Group("Foxes", ann)
	in := ann.In(g)
	in.Text("hello everybody")
	in.Text("/help@other_bot")
	in.Text("/help@fox_bot")
	in.Text("ask @fox_bot")
	m := do(t, s, "sendMessage", params{"chat_id": g.ID(), "text": "yes?"}).message(t)
	if _, err := in.Reply(m.MessageID, "nothing"); err != nil {
		t.Fatal(err)
	}
	var heard []string
	for _, u := range pollOnce(t, s, nil) {
		if u.Message != nil {
			heard = append(heard, u.Message.Text)
		}
	}
	if diff := cmp.Diff([]string{"/help@fox_bot", "ask @fox_bot", "nothing"}, heard); diff != "" {
		t.Errorf("the bot heard (-want +got):\n%s", diff)
	}
	if len(g.Messages()) != 6 {
		t.Errorf("the group has %d messages, want 6", len(g.Messages()))
	}
}

func TestEditsOfPeople(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	m := ann.Text("a fox")
	before := pollOnce(t, s, params{"offset": -1})[0]
	if _, err := ann.Edit(m.MessageID, "a red fox"); err != nil {
		t.Fatal(err)
	}
	us := pollOnce(t, s, nil)
	if got := us[len(us)-1].EditedMessage; got.Text != "a red fox" || got.MessageID != m.MessageID {
		t.Errorf("edited_message %+v", got)
	}
	if us[0].Message.Text != before.Message.Text {
		t.Error("an edit changed the update before it")
	}
	bot := do(t, s, "sendMessage", params{"chat_id": ann.ID(), "text": "mine"}).message(t)
	if _, err := ann.Edit(bot.MessageID, "hers"); err == nil {
		t.Error("a person edited the bot's message")
	}
	if err := ann.Delete(m.MessageID); err != nil {
		t.Fatal(err)
	}
	if got, _ := ann.Message(m.MessageID); !got.Deleted {
		t.Error("the message is not deleted")
	}
}

func TestSubscribeAndWait(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	ctx, cancel := context.WithCancel(t.Context())
	events := s.Subscribe(ctx, s.Seq())
	m := ann.Text("hello")
	if e := <-events; e.Kind != EventNew || e.Message.MessageID != m.MessageID {
		t.Errorf("event %+v", e)
	}
	cancel()
	for range events {
	}
	var posting sync.WaitGroup
	posting.Go(func() {
		_, err := tryPost(t, s, "sendMessage?text=the+answer&chat_id="+itoa(ann.ID()), "", nil)
		if err != nil {
			t.Error(err)
		}
	})
	if got := s.WaitMessage(t, ann, Has("answer")); got.Text != "the answer" {
		t.Errorf("waited for %+v", got)
	}
	posting.Wait() // the message is there before its answer is
	short, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	if _, err := ann.Wait(short, Has("never")); err == nil {
		t.Error("Wait found what is not there")
	}
}

func TestStars(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	in := params{
		"title": "100 credits", "description": "A hundred", "payload": "order-1", "currency": "XTR", "provider_token": "",
		"prices": []params{{"label": "100 credits", "amount": 50}},
	}
	var link string
	do(t, s, "createInvoiceLink", in).into(t, &link)
	in["chat_id"] = ann.ID()
	m := do(t, s, "sendInvoice", in).message(t)
	first, err := ann.Pay(m.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := ann.PayLink(link)
	if err != nil {
		t.Fatal(err)
	}
	us := pollOnce(t, s, params{"offset": -2})
	do(t, s, "answerPreCheckoutQuery", params{"pre_checkout_query_id": us[0].PreCheckoutQuery.ID, "ok": true})
	do(t, s, "answerPreCheckoutQuery", params{"pre_checkout_query_id": us[1].PreCheckoutQuery.ID, "ok": false, "error_message": "sold out"})
	charge, err := first.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "sold out") {
		t.Errorf("the second payment: %v", err)
	}
	paid := pollOnce(t, s, params{"offset": -1})[0].Message.SuccessfulPayment
	if paid.TelegramPaymentChargeID != charge || paid.InvoicePayload != "order-1" || paid.TotalAmount != 50 {
		t.Errorf("successful_payment %+v", paid)
	}
	refund := params{"user_id": ann.ID(), "telegram_payment_charge_id": charge}
	do(t, s, "refundStarPayment", refund).into(t, new(bool))
	if a := do(t, s, "refundStarPayment", refund); a.Description != "Bad Request: CHARGE_ALREADY_REFUNDED" {
		t.Errorf("a second refund: %q", a.Description)
	}
	var list struct {
		Transactions []struct {
			ID       string
			Receiver map[string]any
		}
	}
	do(t, s, "getStarTransactions", nil).into(t, &list)
	if n := len(list.Transactions); n != 2 || list.Transactions[1].ID != charge || list.Transactions[1].Receiver == nil {
		t.Errorf("transactions %+v", list)
	}
	third, err := ann.Pay(m.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	s.Advance(11 * time.Second)
	if a := do(t, s, "answerPreCheckoutQuery", params{"pre_checkout_query_id": third.id, "ok": true}); a.OK {
		t.Error("a pre-checkout query was answered after 11 s")
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	s := NewTest(t)
	ann := s.Person(PersonConfig{LanguageCode: "de-AT"})
	do(t, s, "setMyCommands", params{"commands": []BotCommand{{"help", "Help"}}})
	do(t, s, "setMyCommands", params{"commands": []BotCommand{{"help", "Hilfe"}}, "language_code": "de", "scope": params{"type": "all_private_chats"}})
	do(t, s, "setMyDescription", params{"description": "Paints"})
	do(t, s, "setMyDescription", params{"description": "Malt", "language_code": "de"})
	if diff := cmp.Diff([]BotCommand{{"help", "Hilfe"}}, ann.Commands()); diff != "" || ann.Description() != "Malt" {
		t.Errorf("Ann sees %q and commands (-want +got):\n%s", ann.Description(), diff)
	}
	do(t, s, "deleteMyCommands", params{"language_code": "de", "scope": params{"type": "all_private_chats"}})
	if diff := cmp.Diff([]BotCommand{{"help", "Help"}}, ann.Commands()); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	if a := do(t, s, "setMyShortDescription", params{"short_description": strings.Repeat("x", 121)}); a.OK {
		t.Error("a long short description passed")
	}
}

func TestLongTextsAreSplit(t *testing.T) {
	t.Parallel()
	s, ann := started(t)
	ms, err := ann.Send(Outgoing{Text: strings.Repeat("🦊", 2048) + "tail"})
	if err != nil {
		t.Fatal(err)
	}
	if len(ms) != 2 || utf16Len(ms[0].Text) != 4096 || ms[1].Text != "tail" || ms[0].MediaGroupID != "" {
		t.Errorf("split into %d messages, the first of %d units", len(ms), utf16Len(ms[0].Text))
	}
	for _, bad := range []Outgoing{
		{}, {Photos: make([][]byte, 11)}, {Photos: make([][]byte, 1), Documents: make([]Attachment, 1)}, {Text: "x", ReplyTo: 99},
	} {
		if _, err := ann.Send(bad); err == nil {
			t.Errorf("sent %+v", bad)
		}
	}
	if n := len(s.PendingUpdates()); n != 3 {
		t.Errorf("%d updates, want 3", n)
	}
}
