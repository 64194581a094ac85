package telegram

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// TestCallsAgainstTheStrictFake makes every call; the fake fails the test on anything Telegram would not take.
func TestCallsAgainstTheStrictFake(t *testing.T) {
	t.Parallel()
	s := telegramtest.NewTest(t)
	c := fakeClient(t, s)
	ann := s.Person(telegramtest.PersonConfig{FirstName: "Ann"})
	start := ann.Start("")
	ctx := t.Context()

	me, err := c.GetMe(ctx)
	if err != nil || me.ID != c.BotID() || me.Username != s.Bot().Username || !me.IsBot {
		t.Errorf("GetMe: %+v, %v", me, err)
	}

	keys := Keyboard{Row(Button{Text: "Go", Data: "go"}, Button{Text: "Site", URL: "https://example.org/"}), nil}
	sent, err := c.SendMessage(ctx, Text{ChatID: ann.ID(), ReplyTo: start.MessageID, HTML: "<b>hi</b> &amp; https://example.org", Keyboard: keys, Silent: true})
	if err != nil {
		t.Fatal(err)
	}
	m, _ := ann.Message(sent.ID)
	if m.Text != "hi & https://example.org" || m.ReplyToMessage == nil || m.ReplyMarkup == nil || len(m.ReplyMarkup.InlineKeyboard) != 1 {
		t.Errorf("the message as Ann sees it: %+v", m)
	}
	if _, err := c.SendMessage(ctx, Text{ChatID: ann.ID(), ReplyTo: 99999, HTML: "no reply"}); err != nil {
		t.Errorf("reply to a message that is gone: %v", err)
	}

	for range 2 { // the second is not modified, and a success
		if e, err := c.EditText(ctx, TextEdit{ChatID: ann.ID(), MessageID: sent.ID, HTML: "new", Keyboard: keys}); err != nil || e.ID != sent.ID || e.ChatID != ann.ID() {
			t.Errorf("EditText: %+v, %v", e, err)
		}
	}
	if _, err := c.EditKeyboard(ctx, ann.ID(), sent.ID, nil); err != nil {
		t.Errorf("EditKeyboard: %v", err)
	}
	if m, _ := ann.Message(sent.ID); m.Text != "new" || m.ReplyMarkup != nil {
		t.Errorf("after the edits: %+v", m)
	}
	if err := c.SendChatAction(ctx, ann.ID(), ActionUploadPhoto); err != nil {
		t.Errorf("SendChatAction: %v", err)
	}
	if err := c.SetMyCommands(ctx, "", []BotCommand{{Name: "imagine", Description: "Paint"}}); err != nil {
		t.Errorf("SetMyCommands: %v", err)
	}
	if err := c.SetMyCommands(ctx, "de", []BotCommand{{Name: "imagine", Description: "Male"}}); err != nil {
		t.Errorf("SetMyCommands in a language: %v", err)
	}
	there := ann.In(s.Group("Foxes", ann))
	if err := c.SetGroupCommands(ctx, "", []BotCommand{{Name: "imagine", Description: "Paint here"}}); err != nil {
		t.Errorf("SetGroupCommands: %v", err)
	}
	if err := c.SetGroupCommands(ctx, "de", []BotCommand{{Name: "imagine", Description: "Male hier"}}); err != nil {
		t.Errorf("SetGroupCommands in a language: %v", err)
	}
	if in, alone := there.Commands()[0].Description, ann.Commands()[0].Description; in != "Paint here" || alone != "Paint" {
		t.Errorf("a group offers %q, a private chat %q", in, alone)
	}
	if err := c.SetChatCommands(ctx, ann.ID(), []BotCommand{{Name: "imagine", Description: "Pinta"}}); err != nil || ann.Commands()[0].Description != "Pinta" {
		t.Errorf("SetChatCommands: %v, %v", err, ann.Commands())
	}
	if err := c.SetChatCommands(ctx, ann.ID(), nil); err != nil || ann.Commands()[0].Description != "Paint" {
		t.Errorf("SetChatCommands to none: %v, %v", err, ann.Commands())
	}
	if err := c.SetMyDescription(ctx, "", "I paint."); err != nil || ann.Description() != "I paint." {
		t.Errorf("SetMyDescription: %v, %q", err, ann.Description())
	}
	if err := c.SetMyShortDescription(ctx, "", "Painter"); err != nil {
		t.Errorf("SetMyShortDescription: %v", err)
	}
	if err := c.SetMenuButton(ctx, "Gallery", "https://example.org/app/"); err != nil || !strings.Contains(string(ann.MenuButton()), "https://example.org/app/") {
		t.Errorf("SetMenuButton: %v, %s", err, ann.MenuButton())
	}
	if err := c.SetMenuButton(ctx, "Gallery", ""); err != nil || !strings.Contains(string(ann.MenuButton()), "commands") {
		t.Errorf("SetMenuButton to none: %v, %s", err, ann.MenuButton())
	}
	if err := c.SetMenuButton(ctx, "Gallery", "http://example.org/app/"); ClassOf(err) != Permanent {
		t.Errorf("SetMenuButton without TLS: %v", err)
	}
	if err := c.DeleteMessage(ctx, ann.ID(), sent.ID); err != nil {
		t.Errorf("DeleteMessage: %v", err)
	}
	checkClass(t, "a second deletion", c.DeleteMessage(ctx, ann.ID(), sent.ID), NotFound)
	_, err = c.EditText(ctx, TextEdit{ChatID: ann.ID(), MessageID: sent.ID, HTML: "x"})
	checkClass(t, "an edit of what is gone", err, NotFound)
}

func TestMediaAgainstTheStrictFake(t *testing.T) {
	t.Parallel()
	s := telegramtest.NewTest(t)
	c := fakeClient(t, s)
	ann := s.Person(telegramtest.PersonConfig{})
	ann.Start("")
	ctx, id := t.Context(), ann.ID()
	fox, owl := picture(t, 40, 30), picture(t, 30, 40)
	keys := Keyboard{Row(Button{Text: "Again", Data: "again"})}

	photo, err := c.SendPhoto(ctx, Picture{ChatID: id, Media: upload("fox.png", fox), Caption: "<i>fox</i>", Keyboard: keys})
	if err != nil || photo.FileID == "" || photo.FileUniqueID == "" {
		t.Fatalf("SendPhoto: %+v, %v", photo, err)
	}
	if _, content, _ := s.File(photo.FileID); !bytes.Equal(content, fox) {
		t.Error("the photo's bytes changed on the way")
	}
	again, err := c.SendPhoto(ctx, Picture{ChatID: id, Media: Media{FileID: photo.FileID}})
	if err != nil || again.FileUniqueID != photo.FileUniqueID {
		t.Errorf("by file id: %+v, %v", again, err)
	}
	doc, err := c.SendDocument(ctx, Picture{ChatID: id, Media: upload(`my "fox" ü.png`, fox), Caption: "original"})
	if err != nil {
		t.Fatal(err)
	}
	if m, _ := ann.Message(doc.ID); m.Document == nil || m.Document.FileName != `my "fox" ü.png` || m.Document.FileID != doc.FileID {
		t.Errorf("the document as Ann sees it: %+v", m.Document)
	}
	checkAlbums(t, c, s, ann, fox, owl)

	status, err := c.SendMessage(ctx, Text{ChatID: id, HTML: "painting"})
	if err != nil {
		t.Fatal(err)
	}
	edited, err := c.EditMedia(ctx, MediaEdit{ChatID: id, MessageID: status.ID, Media: upload("owl.png", owl), Caption: "owl", Keyboard: keys})
	if err != nil || edited.ID != status.ID || edited.FileID == "" {
		t.Fatalf("EditMedia: %+v, %v", edited, err)
	}
	if _, err := c.EditCaption(ctx, CaptionEdit{ChatID: id, MessageID: status.ID, Caption: "an <b>owl</b>"}); err != nil {
		t.Errorf("EditCaption: %v", err)
	}
	if m, _ := ann.Message(status.ID); m.Caption != "an owl" || len(m.Photo) == 0 || m.ReplyMarkup != nil {
		t.Errorf("after the edits: %+v", m)
	}
	if _, err := c.EditMedia(ctx, MediaEdit{ChatID: id, MessageID: status.ID, Media: Media{FileID: doc.FileID}, Document: true}); err != nil {
		t.Errorf("EditMedia to a document: %v", err)
	}

	_, err = c.SendPhoto(ctx, Picture{ChatID: id, Media: upload("long.png", picture(t, 2100, 1))})
	checkClass(t, "a picture too long for a photo", err, BadPhoto)
	_, err = c.SendPhoto(ctx, Picture{ChatID: id, Media: upload("x.png", []byte("not a picture"))})
	checkClass(t, "no picture", err, BadPhoto)
	_, err = c.SendPhoto(ctx, Picture{ChatID: id, Media: Media{FileID: "nonsense"}})
	checkClass(t, "an unknown file id", err, BadFile)
	_, err = c.SendPhoto(ctx, Picture{ChatID: id})
	checkClass(t, "no media", err, Permanent)
}

func checkAlbums(t *testing.T, c *Client, s *telegramtest.Server, ann *telegramtest.Person, fox, owl []byte) {
	t.Helper()
	for _, documents := range []bool{false, true} {
		album, err := c.SendMediaGroup(t.Context(), Album{
			ChatID: ann.ID(), Items: []Media{upload("fox.png", fox), upload("owl.png", owl)}, Caption: "<b>two</b>", Documents: documents,
		})
		if err != nil || len(album) != 2 || album[0].AlbumID == "" || album[0].AlbumID != album[1].AlbumID {
			t.Fatalf("SendMediaGroup: %+v, %v", album, err)
		}
		for i, want := range [][]byte{fox, owl} {
			if _, content, _ := s.File(album[i].FileID); !bytes.Equal(content, want) {
				t.Errorf("item %d has other bytes", i)
			}
		}
		mixed := []Media{{FileID: album[1].FileID}, upload("fox.png", fox)}
		if _, err := c.SendMediaGroup(t.Context(), Album{ChatID: ann.ID(), Items: mixed, Documents: documents}); err != nil {
			t.Errorf("an album by file id and upload: %v", err)
		}
	}
	_, err := c.SendMediaGroup(t.Context(), Album{ChatID: ann.ID(), Items: []Media{upload("fox.png", fox)}})
	checkClass(t, "an album of one", err, Permanent)
	_, err = c.SendMediaGroup(t.Context(), Album{ChatID: ann.ID(), Items: make([]Media, 2)})
	checkClass(t, "an album of nothing", err, Permanent)
}

func TestPressesAgainstTheStrictFake(t *testing.T) {
	t.Parallel()
	s := telegramtest.NewTest(t)
	c := fakeClient(t, s)
	ann := s.Person(telegramtest.PersonConfig{})
	ann.Start("")
	signer := NewSigner(testMAC)
	data := signer.Data(OpCancel, "01K0000000000000000000000A", ann.ID(), "nonce")
	sent, err := c.SendMessage(t.Context(), Text{ChatID: ann.ID(), HTML: "x", Keyboard: Keyboard{Row(Button{Text: "Cancel", Data: data})}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ann.Press(sent.ID, "Cancel"); err != nil {
		t.Fatal(err)
	}
	updates := fetch(t, c, 0)
	q := updates[len(updates)-1].CallbackQuery
	if q == nil || q.From.ID != ann.ID() || q.Message == nil || q.Message.ID != sent.ID {
		t.Fatalf("callback query: %+v", q)
	}
	press, err := signer.Parse(q.Data, q.From.ID)
	if diff := cmp.Diff(Press{OpCancel, "01K0000000000000000000000A", "nonce"}, press); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if err := c.AnswerCallback(t.Context(), Answer{QueryID: q.ID, Text: "Canceled.", Alert: true}); err != nil {
		t.Error(err)
	}
	checkClass(t, "a second answer", c.AnswerCallback(t.Context(), Answer{QueryID: q.ID}), TooOld)
}

// fetch reads updates the way the front-end gets them.
func fetch(t *testing.T, c *Client, offset int64) []Update {
	t.Helper()
	var raw []rawJSON
	if err := c.call(t.Context(), "getUpdates", 0, map[string]any{"offset": offset}, &raw); err != nil {
		t.Fatal(err)
	}
	var updates []Update
	for _, r := range raw {
		u, err := ParseUpdate(r)
		if err != nil {
			t.Fatal(err)
		}
		updates = append(updates, u)
	}
	return updates
}

type rawJSON []byte

func (r *rawJSON) UnmarshalJSON(data []byte) error {
	*r = bytes.Clone(data)
	return nil
}

func TestBlockedAndFaults(t *testing.T) {
	t.Parallel()
	s := telegramtest.NewTest(t)
	c := fakeClient(t, s)
	ann := s.Person(telegramtest.PersonConfig{})
	ann.Start("")
	ann.Block()
	_, err := c.SendMessage(t.Context(), Text{ChatID: ann.ID(), HTML: "x"})
	checkClass(t, "a blocked send", err, Blocked)
	_, err = c.SendMessage(t.Context(), Text{ChatID: 424242, HTML: "x"})
	checkClass(t, "an unknown chat", err, Blocked)
	ann.Unblock()

	for _, tt := range []struct {
		fault     telegramtest.Fault
		want      Class
		delivered bool
	}{
		{telegramtest.Fault{Kind: telegramtest.DropAfterEffect}, Uncertain, true},
		{telegramtest.Fault{Kind: telegramtest.DropBeforeRead}, Uncertain, false},
		{telegramtest.Fault{Kind: telegramtest.HTML502}, Transient, false},
		{telegramtest.Fault{Kind: telegramtest.EmptyOK}, Uncertain, false},
		{telegramtest.Fault{Code: 429, RetryAfter: 3}, RateLimited, false},
		{telegramtest.Fault{Code: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: -100123}, Migrated, false},
	} {
		before := len(ann.Messages())
		tt.fault.Method, tt.fault.Times = "sendMessage", 1
		s.Fault(tt.fault)
		_, err := c.SendMessage(t.Context(), Text{ChatID: ann.ID(), HTML: "x"})
		checkClass(t, string(tt.fault.Kind), err, tt.want)
		if e, ok := errors.AsType[*Error](err); ok && (e.RetryAfter != time.Duration(tt.fault.RetryAfter)*time.Second || e.MigrateTo != tt.fault.MigrateTo) {
			t.Errorf("%s: retry after %v, migrate to %d", tt.fault.Kind, e.RetryAfter, e.MigrateTo)
		}
		if delivered := len(ann.Messages()) > before; delivered != tt.delivered {
			t.Errorf("%s: delivered %v: it must not be sent again here", tt.fault.Kind, delivered)
		}
	}
}

func TestFilesAgainstTheStrictFake(t *testing.T) {
	t.Parallel()
	s := telegramtest.NewTest(t)
	c := fakeClient(t, s)
	ann := s.Person(telegramtest.PersonConfig{})
	fox := picture(t, 64, 48)
	ann.Photo(fox, "make it winter")
	ref, ok := fetch(t, c, 0)[0].Message.Picture()
	if !ok || ref.Width != 64 || ref.Height != 48 {
		t.Fatalf("picture: %+v, %v", ref, ok)
	}
	f, err := c.GetFile(t.Context(), ref.FileID)
	if err != nil || f.Size != int64(len(fox)) {
		t.Fatalf("GetFile: %+v, %v", f, err)
	}
	body, size, err := c.Download(t.Context(), f.Path)
	if err != nil || size != int64(len(fox)) {
		t.Fatalf("Download: %d bytes, %v", size, err)
	}
	got, err := io.ReadAll(body)
	if err != nil || !bytes.Equal(got, fox) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	_, err = c.GetFile(t.Context(), "nonsense")
	checkClass(t, "an unknown file", err, BadFile)
}

func TestDownloadsAreBounded(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush() // no length
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for range 25 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}, nil)
	body, size, err := c.Download(t.Context(), "photos/endless.png")
	if err != nil || size != -1 {
		t.Fatalf("%d, %v", size, err)
	}
	n, err := io.Copy(io.Discard, body)
	if !errors.Is(err, ErrTooLarge) || n > MaxDownloadBytes {
		t.Errorf("%d bytes, %v", n, err)
	}
	_ = body.Close()
	for _, path := range []string{"", "/etc/passwd", "../bot", "a?b", "a#b", `a\b`} {
		_, _, err := c.Download(t.Context(), path)
		checkClass(t, "path "+path, err, Permanent)
	}

	tooBig := serve(t, answer(400, refusal(400, "Bad Request: file is too big")), nil)
	if _, err := tooBig.GetFile(t.Context(), "x"); !errors.Is(err, ErrTooLarge) || ClassOf(err) != Permanent {
		t.Errorf("a file too big: %v", err)
	}
}

func TestUploadsAnnounceTheirLength(t *testing.T) {
	t.Parallel()
	const size = 3 << 20
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || r.ContentLength != n || n < 2*size || len(r.TransferEncoding) != 0 {
			t.Errorf("length %d, read %d, %v, %v", r.ContentLength, n, r.TransferEncoding, err)
		}
		_, _ = io.WriteString(w, `{"ok":true,"result":[{"message_id":1,"chat":{"id":1}},{"message_id":2,"chat":{"id":1}}]}`)
	}, nil)
	item := Media{Upload: &Upload{Name: "x", Size: size, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(io.LimitReader(zeros{}, size)), nil
	}}}
	sent, err := c.SendMediaGroup(t.Context(), Album{ChatID: 1, Items: []Media{item, item}})
	if diff := cmp.Diff([]Sent{{ID: 1, ChatID: 1}, {ID: 2, ChatID: 1}}, sent); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, cfg := range []Config{
		{},
		{Token: "x"},
		{Token: "12:a/b"},
		{Token: testToken, URL: "ftp://x"},
		{Token: testToken, URL: "http://u:p@x"},
		{Token: testToken, URL: "http://x/?a"},
		{Token: "9999999999999999999:abc"},
	} {
		if _, err := New(cfg); err == nil || !strings.HasPrefix(err.Error(), "telegram: ") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// A message that became one of a kind that cannot be edited is not made an empty one.
func TestEditIntoNothing(t *testing.T) {
	t.Parallel()
	s := telegramtest.NewTest(t)
	ann := s.Person(telegramtest.PersonConfig{})
	checkClass(t, "an edit without words", fakeClient(t, s).EditContent(t.Context(), ann.ID(), 1, Content{}), Permanent)
	if n := len(s.CallsTo("editMessageText")); n != 0 {
		t.Errorf("%d calls", n)
	}
}
