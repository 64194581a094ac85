package playground_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"strconv"
	"testing"

	"golang.org/x/image/vector"

	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// bot is a scripted bot on plain net/http: it knows nothing but the Bot API, so that what
// the page shows is what any bot would get shown.
type bot struct {
	t    testing.TB
	base string
	// hold, if set, is received from before a picture is sent: the test sees what the page
	// shows meanwhile.
	hold chan struct{}
}

type params map[string]any

// runBot polls until the test ends.
func runBot(t testing.TB, tg *telegramtest.Server, hold chan struct{}) {
	t.Helper()
	b := &bot{t: t, base: tg.URL() + "/bot" + tg.Token() + "/", hold: hold}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	b.call(ctx, "setMyDescription", params{"description": "Write what you would like to see, and I paint it.\n\nSend a picture along, and I start from it."}, nil)
	b.call(ctx, "setMyCommands", params{"commands": []params{
		{"command": "start", "description": "Begin"},
		{"command": "help", "description": "What I can do"},
		{"command": "balance", "description": "Your credits"},
		{"command": "buy", "description": "Buy credits with Stars"},
	}}, nil)
	go func() { defer close(done); b.poll(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func (b *bot) poll(ctx context.Context) {
	var offset int64
	for ctx.Err() == nil {
		var updates []telegramtest.Update
		b.call(ctx, "getUpdates", params{"offset": offset, "timeout": 20}, &updates)
		for _, u := range updates {
			offset = u.UpdateID + 1
			b.handle(ctx, u)
		}
	}
}

func (b *bot) handle(ctx context.Context, u telegramtest.Update) {
	switch {
	case u.CallbackQuery != nil:
		b.pressed(ctx, u.CallbackQuery)
	case u.Message == nil:
	case u.Message.Text == "/start":
		b.welcome(ctx, u.Message.Chat.ID)
	case len(u.Message.Photo) > 1 || u.Message.MediaGroupID != "":
		b.call(ctx, "sendMessage", params{"chat_id": u.Message.Chat.ID, "text": "A nice one. What shall I do with it?", "reply_parameters": params{"message_id": u.Message.MessageID}}, nil)
	case u.Message.Text != "":
		b.paint(ctx, u.Message)
	}
}

func (b *bot) welcome(ctx context.Context, chat int64) {
	b.call(ctx, "sendMessage", params{
		"chat_id": chat, "parse_mode": "HTML",
		"text": "<b>Hello!</b> I turn words into pictures.\n\nYou have <b>3 credits</b>. Just write what you would like to see, " +
			"or <i>send a picture</i> to start from.\n<blockquote>A prompt is a sentence: subject, mood, style.</blockquote>" +
			"Settings go behind it: <code>a fox --ar 3:2</code>. The answer is <tg-spoiler>42</tg-spoiler>. See /help.",
		"reply_markup": params{"inline_keyboard": [][]params{
			{{"text": "★ Balance", "callback_data": "balance"}, {"text": "⚑ Language", "callback_data": "language"}},
			{{"text": "Terms", "url": "https://example.org/terms"}},
		}},
	}, nil)
}

func (b *bot) paint(ctx context.Context, m *telegramtest.Message) {
	chat := m.Chat.ID
	var status telegramtest.Message
	b.call(ctx, "sendMessage", params{"chat_id": chat, "text": "✎ In the queue, position 1", "reply_parameters": params{"message_id": m.MessageID}}, &status)
	b.call(ctx, "editMessageText", params{"chat_id": chat, "message_id": status.MessageID, "text": "✎ Painting, about 5 s left"}, nil)
	b.call(ctx, "sendChatAction", params{"chat_id": chat, "action": "upload_photo"}, nil)
	if b.hold != nil {
		select {
		case <-b.hold:
		case <-ctx.Done():
			return
		}
	}
	b.call(ctx, "deleteMessage", params{"chat_id": chat, "message_id": status.MessageID}, nil)
	b.photo(ctx, chat, m.Text, 1)
}

func (b *bot) photo(ctx context.Context, chat int64, caption string, seed float64) {
	keys, err := json.Marshal(params{"inline_keyboard": [][]params{
		{{"text": "↻ Vary", "callback_data": "vary"}, {"text": "⤢ Upscale", "callback_data": "upscale"}},
		{{"text": "Save original", "callback_data": "save"}},
	}})
	if err != nil {
		b.t.Error(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fields := map[string]string{"chat_id": strconv.FormatInt(chat, 10), "photo": "attach://picture", "caption": caption, "reply_markup": string(keys)}
	for name, value := range fields {
		_ = form.WriteField(name, value) // a buffer takes everything
	}
	part, err := form.CreateFormFile("picture", "picture.png")
	if err != nil {
		b.t.Error(err)
		return
	}
	_, _ = part.Write(fox(b.t, seed))
	_ = form.Close()
	b.post(ctx, "sendPhoto", form.FormDataContentType(), &body, nil)
}

func (b *bot) pressed(ctx context.Context, q *telegramtest.CallbackQuery) {
	answer := params{"callback_query_id": q.ID}
	switch q.Data {
	case "vary":
		answer["text"] = "Painting another one"
	case "balance":
		answer["text"], answer["show_alert"] = "You have 3 credits.\nA picture costs 1.", true
	}
	b.call(ctx, "answerCallbackQuery", answer, nil)
	if q.Data == "vary" {
		b.call(ctx, "editMessageCaption", params{
			"chat_id": q.Message.Chat.ID, "message_id": q.Message.MessageID, "caption": q.Message.Caption + ", once more",
			"reply_markup": params{"inline_keyboard": [][]params{{{"text": "↻ Vary again", "callback_data": "vary"}, {"text": "✓ Done", "callback_data": "done"}}}},
		}, nil)
	}
}

func (b *bot) call(ctx context.Context, method string, p params, result any) {
	data, err := json.Marshal(p)
	if err != nil {
		b.t.Error(err)
		return
	}
	b.post(ctx, method, "application/json", bytes.NewReader(data), result)
}

func (b *bot) post(ctx context.Context, method, contentType string, body io.Reader, result any) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+method, body)
	if err != nil {
		b.t.Error(err)
		return
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // the test is over
	}
	defer func() { _ = resp.Body.Close() }()
	answer := struct {
		OK          bool
		Description string
		Result      json.RawMessage
	}{}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || !answer.OK {
		if ctx.Err() == nil {
			b.t.Errorf("bot: %s: %q, %v", method, answer.Description, err)
		}
		return
	}
	if result != nil {
		if err := json.Unmarshal(answer.Result, result); err != nil {
			b.t.Errorf("bot: %s: %v", method, err)
		}
	}
}

// fox draws a red fox under a full moon, so that screenshots show the product and not a
// grey square. The seed moves the moon and the hills.
func fox(t testing.TB, seed float64) []byte {
	t.Helper()
	const w, h, scale = 640, 480, 2. / 3
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	mx, my := 420+30*seed, 126.0
	for y := range h {
		k := float64(y) / h
		for x := range w {
			dx, dy := float64(x)-mx, float64(y)-my
			far := dx*dx + dy*dy - 54*54
			px := color.RGBA{255, 246, 214, 255}
			if far > 0 {
				glow := 120 * 7000 / (7000 + far)
				px = color.RGBA{uint8(16 + 60*k + glow), uint8(24 + 52*k + glow*.95), uint8(70 + 70*k + glow*.7), 255}
			}
			img.SetRGBA(x, y, px)
		}
	}
	fill := func(c color.Color, pts ...float32) {
		r := vector.NewRasterizer(w, h)
		r.MoveTo(pts[0]*scale, pts[1]*scale)
		for i := 2; i < len(pts); i += 2 {
			r.LineTo(pts[i]*scale, pts[i+1]*scale)
		}
		r.ClosePath()
		r.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{})
	}
	for i := range 60 {
		x, y := math.Mod(float64(i)*seed*131.5+21, w), math.Mod(float64(i)*55.8, 253)
		if math.Hypot(x-mx, y-my) < 66 {
			continue // behind the moon
		}
		for _, d := range []image.Point{{}, {X: 1}, {X: -1}, {Y: 1}, {Y: -1}} {
			img.SetRGBA(int(x)+d.X, int(y)+d.Y, color.RGBA{230, 230, 200, 255})
		}
	}
	fill(color.RGBA{38, 44, 84, 255}, 0, 520, 180, 400, 380, 500, 600, 380, 960, 540, 960, 720, 0, 720)
	fill(color.RGBA{20, 26, 54, 255}, 0, 640, 260, 560, 560, 610, 960, 550, 960, 720, 0, 720)
	red, dark, white := color.RGBA{214, 84, 34, 255}, color.RGBA{120, 40, 22, 255}, color.RGBA{250, 232, 214, 255}
	fill(dark, 150, 600, 110, 470, 160, 410, 215, 470, 260, 590)                              // tail
	fill(white, 140, 450, 160, 410, 185, 438, 165, 470)                                       // its tip
	fill(red, 230, 610, 250, 470, 330, 420, 420, 440, 430, 610)                               // body
	fill(white, 350, 500, 420, 470, 425, 605, 375, 605)                                       // chest
	fill(red, 330, 440, 318, 320, 372, 356, 420, 352, 470, 318, 468, 410, 500, 440, 400, 480) // head
	fill(white, 400, 440, 500, 440, 420, 478)                                                 // muzzle
	fill(color.Black, 488, 432, 506, 438, 490, 448)                                           // nose
	fill(color.Black, 424, 396, 438, 400, 424, 408)                                           // eye
	return encode(t, img)
}

// dot is the smallest picture there is a use for.
func dot(t testing.TB) []byte {
	t.Helper()
	return encode(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))
}

func encode(t testing.TB, img image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
