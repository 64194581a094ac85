package telegramtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	tele "gopkg.in/telebot.v3"
)

// TestGrammY drives the server with the grammY client for Node: nothing may be a
// violation, and every refusal must be one that grammY understands.
func TestGrammY(t *testing.T) {
	if testing.Short() {
		t.Skip("needs nodejs and npm")
	}
	t.Parallel()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal("install nodejs and npm")
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/grammy")); err != nil {
		t.Fatal(err)
	}
	fox := filepath.Join(dir, "fox.png")
	if err := os.WriteFile(fox, picture(t, 200, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	s := NewTest(t, Options{Bot: User{SupportsInlineQueries: true}, InlineFeedback: true, Clock: slowly()})
	ann, eve := s.Person(PersonConfig{FirstName: "Ann"}), s.Person(PersonConfig{FirstName: "Eve"})
	ann.Start("")
	eve.Start("")
	eve.Block()
	group, old := s.Group("Foxes", ann, eve), s.BasicGroup("Old foxes", ann)
	old.Upgrade()
	press, err := ann.PressData(1, "x")
	if err != nil {
		t.Fatal(err)
	}
	pay, err := ann.PayLink(link(t, s, params{"subscription_period": subscriptionPeriod}))
	if err != nil {
		t.Fatal(err)
	}
	s.Fault(Fault{Method: "sendMessage", Contains: "flood", Code: 429, RetryAfter: 9})
	out := run(t, dir, "node", "drive.mjs", s.URL(), s.Token(), itoa(ann.ID()), itoa(eve.ID()), fox, press.ID(),
		pay.ID(), asked(t, ann, "fox"), itoa(group.ID()), itoa(old.ID()))
	if !strings.HasSuffix(strings.TrimSpace(out), "done 81") {
		t.Errorf("grammY did not finish:\n%s", out)
	}
}

// TestTelego drives the server with telego, and holds every answer to telego's types with
// unknown fields forbidden. It is a module of its own: its dependencies are not ours.
func TestTelego(t *testing.T) {
	if testing.Short() {
		t.Skip("builds another module")
	}
	t.Parallel()
	driver := filepath.Join(t.TempDir(), "driver")
	run(t, "testdata/telego", "go", "build", "-o", driver, ".")
	s := NewTest(t, Options{Bot: User{SupportsInlineQueries: true, HasMainWebApp: true}, Clock: slowly()})
	ann := s.Person(PersonConfig{FirstName: "Ann", LastName: "Fox", LanguageCode: "en", Premium: true, Photo: picture(t, 200, 200)})
	eve := s.Person(PersonConfig{FirstName: "Eve"})
	ann.Start("")
	eve.Start("")
	eve.Block()
	group, old := s.Group("Foxes", ann, eve), s.BasicGroup("Old foxes", ann)
	group.PromoteBot(ann, AdministratorRights{CanDeleteMessages: true})
	old.Upgrade()
	everythingSent(t, ann)
	press, err := ann.PressData(1, "x")
	if err != nil {
		t.Fatal(err)
	}
	pay, err := ann.PayLink(link(t, s, params{"subscription_period": subscriptionPeriod}))
	if err != nil {
		t.Fatal(err)
	}
	s.Fault(Fault{Method: "sendMessage", Contains: "flood", Code: 429, RetryAfter: 9})
	out := run(t, "testdata/telego", driver, s.URL(), s.Token(), itoa(ann.ID()), itoa(eve.ID()), itoa(old.ID()), itoa(group.ID()),
		press.ID(), pay.ID(), asked(t, ann, "fox"))
	if !strings.HasSuffix(strings.TrimSpace(out), "done 52") {
		t.Errorf("telego did not finish:\n%s", out)
	}
}

// everythingSent lets a person send what there is to send, so that the updates hold it.
func everythingSent(t *testing.T, p *Person) {
	t.Helper()
	m := p.Text("hello https://example.com #fox")
	if _, err := p.Edit(m.MessageID, "hello again"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Reply(m.MessageID, "a reply"); err != nil {
		t.Fatal(err)
	}
	pic := p.Album([][]byte{picture(t, 40, 30), picture(t, 30, 40)}, "two")[0]
	p.Document("fox.txt", []byte("fox"), "a caption")
	p.Sticker()
	p.Voice()
	p.Video("a video")
	p.Animation("a GIF")
	p.Audio("a song")
	p.VideoNote()
	p.Location()
	p.Venue()
	p.Contact()
	p.Dice()
	p.Poll("Which?", "Red", "Blue")
	if _, err := p.Forward(p.ID(), m.MessageID); err != nil {
		t.Fatal(err)
	}
	sold := do(t, p.s, "sendPaidMedia", params{
		"chat_id": p.ID(), "star_count": 7, "payload": "album", "media": []params{{"type": "photo", "media": pic.FileIDs()[0]}},
	}).message(t)
	if err := p.BuyMedia(sold.MessageID); err != nil {
		t.Fatal(err)
	}
}

// slowly is a clock on which little time passes between a payment and the answer of a program that a busy machine starts.
func slowly() func() time.Time {
	start := time.Now()
	return func() time.Time { return start.Add(time.Since(start) / 20) }
}

func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestGoTelegramBot is a whole conversation with github.com/go-telegram/bot. That
// client gives every button an empty copy_text besides its action, which Telegram
// does not look at: the one violation expected.
func TestGoTelegramBot(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	failures := make(chan error, 10)
	check := func(_ any, err error) {
		if err != nil && ctx.Err() == nil { // the test may be over before the last answer is back
			failures <- err
		}
	}
	b, err := bot.New(s.Token(), bot.WithServerURL(s.URL()), bot.WithDefaultHandler(func(ctx context.Context, b *bot.Bot, u *models.Update) {
		if q := u.CallbackQuery; q != nil {
			check(b.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: q.ID, Text: "Painting"}))
			check(b.SendPhoto(ctx, &bot.SendPhotoParams{ChatID: q.From.ID, Caption: "A fox", Photo: &models.InputFileUpload{
				Filename: "fox.png", Data: bytes.NewReader(picture(t, 64, 48)),
			}}))
			return
		}
		check(b.SendMessage(ctx, &bot.SendMessageParams{
			ChatID: u.Message.Chat.ID, Text: "You said <i>" + u.Message.Text + "</i>", ParseMode: models.ParseModeHTML,
			ReplyMarkup: &models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{{{Text: "Paint", CallbackData: "paint"}}}},
		}))
	}))
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan struct{})
	go func() { b.Start(ctx); close(stopped) }()
	ann := s.Person(PersonConfig{})
	ann.Text("a fox")
	menu := s.WaitMessage(t, ann, Has("You said a fox"))
	press, err := ann.Press(menu.MessageID, "Paint")
	if err != nil {
		t.Fatal(err)
	}
	if r := press.Must(t); r.Text != "Painting" {
		t.Errorf("the app showed %+v", r)
	}
	if m := s.WaitMessage(t, ann, Has("A fox")); len(m.Photo) == 0 {
		t.Errorf("no photo: %+v", m)
	}
	_, err = b.SendMessage(ctx, &bot.SendMessageParams{ChatID: 5, Text: "x"})
	if !errors.Is(err, bot.ErrorBadRequest) {
		t.Errorf("an unknown chat: %v", err)
	}
	s.Fault(Fault{Method: "sendMessage", Code: 429, RetryAfter: 9, Times: 1})
	var flood *bot.TooManyRequestsError
	if _, err = b.SendMessage(ctx, &bot.SendMessageParams{ChatID: ann.ID(), Text: "x"}); !errors.As(err, &flood) || flood.RetryAfter != 9 {
		t.Errorf("429: %v", err)
	}
	cancel()
	<-stopped
	select {
	case err := <-failures:
		t.Errorf("a handler failed: %v", err)
	default:
	}
	if vs := s.Violations(); len(vs) != 1 || !strings.Contains(vs[0].Detail, "2 actions") {
		t.Errorf("violations %v", vs)
	}
}

// TestTelebot drives the server with telebot v3. Its keyboards are known to carry
// two actions a button, which is a violation and nothing else is.
func TestTelebot(t *testing.T) {
	t.Parallel()
	s := lenient(t, Options{})
	b, err := tele.NewBot(tele.Settings{URL: s.URL(), Token: s.Token(), Poller: &tele.LongPoller{Timeout: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	b.Handle(tele.OnText, func(c tele.Context) error {
		if err := c.Notify(tele.UploadingPhoto); err != nil {
			return err
		}
		return c.Send("menu", &tele.ReplyMarkup{InlineKeyboard: [][]tele.InlineButton{{{Text: "Paint", Data: "paint"}}}})
	})
	b.Handle(tele.OnCallback, func(c tele.Context) error {
		if err := c.Respond(&tele.CallbackResponse{Text: "Painting"}); err != nil {
			return err
		}
		return c.Send(&tele.Document{File: tele.FromReader(bytes.NewReader(picture(t, 8, 8))), FileName: "fox.png", Caption: "A fox"})
	})
	go b.Start()
	t.Cleanup(b.Stop)
	ann := s.Person(PersonConfig{})
	ann.Text("a fox")
	menu := s.WaitMessage(t, ann, Has("menu"))
	press, err := ann.Press(menu.MessageID, "Paint")
	if err != nil {
		t.Fatal(err)
	}
	press.Must(t)
	doc := s.WaitMessage(t, ann, Has("A fox"))
	rc, err := b.File(&tele.File{FileID: doc.Document.FileID})
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	if got, err := io.ReadAll(rc); err != nil || !bytes.Equal(got, picture(t, 8, 8)) {
		t.Errorf("downloaded %d bytes, %v", len(got), err)
	}
	if _, err := b.Edit(&tele.Message{ID: 77, Chat: &tele.Chat{ID: ann.ID()}}, "x"); err == nil || !strings.Contains(err.Error(), "message to edit not found") {
		t.Errorf("an edit of nothing: %v", err)
	}
	for _, v := range s.Violations() {
		if !strings.Contains(v.Detail, "2 actions") && !strings.Contains(v.Detail, `"unique"`) && !strings.Contains(v.Detail, `"file_name"`) {
			t.Errorf("telebot: %s", v)
		}
	}
}
