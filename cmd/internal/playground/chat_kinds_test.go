package playground_test

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/imagika/imagika/cmd/internal/playground/playgroundtest"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

func (c *chat) sample(name string) []byte {
	c.t.Helper()
	content, err := os.ReadFile("samples/" + name)
	if err != nil {
		c.t.Fatal(err)
	}
	return content
}

// kinds shows one message of every kind and fails for one that is drawn as nothing.
func kinds(c *chat) {
	c.ada.Album([][]byte{fox(c.t, 1), fox(c.t, 2), fox(c.t, 3)}, "three of them")
	c.ada.Document("lighthouse.pdf", []byte("%PDF-1.7"), "")
	c.ada.Contact()
	c.ada.Location()
	c.ada.Dice()
	c.say("sendMessage", params{"text": "<pre><code class=\"language-go\">fmt.Println(\"hi\")</code></pre>then <a href=\"https://example.org\">a link</a>, <u>under</u>, <s>over</s>", "parse_mode": "HTML"})
	c.say("sendMessage", params{"text": "<img src=x onerror=alert(1)> is text here"})
	c.say("sendVenue", params{"latitude": 52.5163, "longitude": 13.3777, "title": "Brandenburg Gate", "address": "Pariser Platz, Berlin"})
	c.say("sendInvoice", params{
		"title": "20 credits", "description": "Enough for a week of foxes", "payload": "order-1", "currency": "XTR",
		"prices": []params{{"label": "20 credits", "amount": 100}},
	})
	c.upload("sendSticker", nil, map[string][]byte{"sticker": c.sample("sticker.webp")})
	c.upload("sendVoice", map[string]string{"duration": "2"}, map[string][]byte{"voice": c.sample("voice.oga")})
	c.upload("sendVideo", map[string]string{"duration": "2", "width": "240", "height": "240", "caption": "a film"}, map[string][]byte{"video": c.sample("round.webm")})
	c.upload("sendAnimation", map[string]string{"duration": "2", "width": "320", "height": "240"}, map[string][]byte{"animation": c.sample("round.webm")})
	c.say("sendMessage", params{"text": "🦊"})
	c.sees(".album.n3 .tile", "a.doc[download='lighthouse.pdf']", ".contact", ".place .map", ".dice", "pre code", ".text a[href^=https]", ".venue b",
		".invoice .price", ".sticker-image", ".wave i", ".film video", ".jumbo")
	c.Seen(".contact", "+10000000000")
	c.Seen(".venue", "Pariser Platz")
	c.Seen(".key", "Pay")
	c.Seen(".text", "<img src=x onerror=alert(1)> is text here")
	c.Until(`document.querySelector(".sticker-image").naturalWidth === 512`)
	for _, word := range []string{"You: album of 3, three of them", "Imagika: Voice message", "Imagika: 🦊", "You: lighthouse.pdf", "You: 🎲"} {
		if labels := playgroundtest.JS[string](c.Tab, `[...document.querySelectorAll(".msg")].map((m) => m.ariaLabel).join("\n")`); !strings.Contains(labels, word) {
			c.t.Errorf("no message is read as %q:\n%s", word, labels)
		}
	}
	c.Do(chromedp.EmulateViewport(1200, 3400))
	c.Still()
	c.Shot("kinds")
	c.Theme("dark")
	c.Still()
	c.Shot("kinds-dark")
}

// players plays sound and film, one at a time, and opens the enlarged ones.
func players(c *chat) {
	c.upload("sendVoice", map[string]string{"duration": "2"}, map[string][]byte{"voice": c.sample("voice.oga")})
	c.upload("sendAudio", map[string]string{"duration": "2", "title": "Chime", "performer": "Bells"}, map[string][]byte{"audio": c.sample("chime.wav")})
	c.upload("sendVideo", map[string]string{"duration": "2", "width": "240", "height": "240"}, map[string][]byte{"video": c.sample("round.webm")})
	c.upload("sendVideoNote", map[string]string{"duration": "2", "length": "240"}, map[string][]byte{"video_note": c.sample("round.webm")})
	c.sees(".round-film")
	c.settled()
	c.Press(".sound .disc", "Play Voice")
	c.Until(`Number(document.querySelector(".wave").ariaValueNow) > 0`)
	want(c, `new Set([...document.querySelectorAll(".wave i")].map((i) => i.style.height)).size > 5`, true)
	c.Press(".music .disc", "Play Chime")
	c.Until(`document.querySelector(".sound:not(.music) .disc").ariaLabel.startsWith("Play")`)
	c.Seen(".music", "Bells")
	c.Press(".round-film", "Play round video")
	c.Until(`document.querySelector(".round-film.playing")`)
	c.Press(".photo.film", "Open video")
	c.Until(`document.querySelector("dialog.lightbox video")?.currentTime > 0`)
	c.keys(escape)
	c.Until(`!document.querySelector("dialog")`)
}

// albums are laid out as a mosaic without gaps or overlaps, and pictures enlarge.
func albums(c *chat) {
	shapes := [][]byte{plain(c.t, 320, 240), plain(c.t, 240, 320), plain(c.t, 300, 300), plain(c.t, 480, 180)}
	for n := 2; n <= 10; n++ {
		var pictures [][]byte
		for i := range n {
			pictures = append(pictures, shapes[(i*n+i)%len(shapes)])
		}
		c.ada.Album(pictures, "")
	}
	c.Until(`document.querySelectorAll(".album").length === 9`)
	want(c, `[...document.querySelectorAll(".album")].every((album) => {
		const whole = album.getBoundingClientRect();
		const covered = [...album.children].map((tile) => tile.getBoundingClientRect()).reduce((sum, r) => sum + r.width * r.height, 0);
		const inside = [...album.children].every((tile) => { const r = tile.getBoundingClientRect(); return r.left >= whole.left - 1 && r.right <= whole.right + 1 && r.bottom <= whole.bottom + 1 && r.width > 50 && r.height > 50; });
		return inside && Math.abs(covered - whole.width * whole.height) < whole.width * whole.height * 0.02;
	})`, true)
	c.Press(".album.n3 .tile", "Enlarge")
	c.Until(`document.querySelector("dialog.lightbox img")?.naturalWidth > 0`)
	first := playgroundtest.JS[string](c.Tab, `document.querySelector("dialog img").src`)
	c.Press("dialog .go", "Next")
	c.Until(`document.querySelector("dialog img").src !== ` + playgroundtest.Quote(first))
	c.keys(escape)
	c.Until(`!document.querySelector("dialog")`)
}

// plain is a picture of one color.
func plain(t testing.TB, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.RGBA{uint8(width), uint8(height), 120, 255}), image.Point{}, draw.Src)
	return encode(t, img)
}

// polls are voted in by a press, show their results, and tell the bot.
func polls(c *chat) {
	answers := make(chan telegramtest.PollAnswer, 8)
	c.hear(func(_ context.Context, u telegramtest.Update) {
		if u.PollAnswer != nil {
			answers <- *u.PollAnswer
		}
	})
	c.say("sendPoll", params{"question": "Which one?", "options": []params{{"text": "the fox"}, {"text": "the moon"}}, "is_anonymous": false})
	c.Press(".choice", "the moon")
	if a := <-answers; len(a.OptionIDs) != 1 || a.OptionIDs[0] != 1 {
		c.t.Errorf("the bot heard %+v, want a vote for 1", a)
	}
	c.Seen(".results li:nth-child(2)", "100%")
	c.sees(".result-mark[aria-label='your vote']")
	c.Press(".retract", "Retract")
	if a := <-answers; len(a.OptionIDs) != 0 {
		c.t.Errorf("the bot heard %+v, want a vote taken back", a)
	}
	c.Seen(".choice", "the fox")
	c.say("sendPoll", params{"question": "Who is red?", "type": "quiz", "options": []params{{"text": "the moon"}, {"text": "the fox"}}, "correct_option_ids": []int{1}, "explanation": "Foxes are."})
	c.Press(".choice", "the moon")
	c.Until(`document.querySelectorAll(".poll.done").length === 1`)
	c.Press(".choice", "the moon")
	c.Until(`[...document.querySelectorAll(".results li.wrong")].length === 1 && document.querySelector(".results li.right")`)
	c.Seen(".explanation", "Foxes are.")
}

// rich draws the blocks of a rich message.
func rich(c *chat) {
	c.say("sendRichMessage", params{"rich_message": params{"html": "<h1>Foxes</h1><p>They are <b>red</b>.</p><ul><li>quick</li><li>clever</li></ul><blockquote>Ring-ding</blockquote><table><tr><th>age</th><td>3</td></tr></table>"}})
	c.Seen(".rich [role=heading]", "Foxes")
	c.Seen(".rich strong", "red")
	c.Seen(".rich-list li", "clever")
	c.Seen(".rich blockquote", "Ring-ding")
	c.Seen(".rich th", "age")
}
