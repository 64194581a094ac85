package app_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/providers/providertest"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// ofSize is a picture whose file is large by a chunk that says nothing: what says something, or stands behind the picture, is not kept.
func ofSize(megabytes int, size providers.Size) []byte {
	const end = 12 // length, kind and sum of the last chunk
	png := providertest.PNG(size, 1)
	filler := append([]byte("fiLl"), make([]byte, megabytes<<20)...)
	out := binary.BigEndian.AppendUint32(slices.Clone(png[:len(png)-end]), uint32(len(filler)-4))
	out = binary.BigEndian.AppendUint32(append(out, filler...), crc32.ChecksumIEEE(filler))
	return append(out, png[len(png)-end:]...)
}

// oneByOne is a provider that makes one image in a call, so that each of a generation can be another.
func oneByOne() *providertest.Fake {
	m := providertest.FakeModel("fake")
	m.MaxCount = 1
	return providertest.NewFake("fake", m)
}

// bodies answers the k-th call of a prompt with the k-th body.
func bodies(all ...[]byte) func(k int) providertest.Step {
	return func(k int) providertest.Step { return providertest.Step{Body: all[min(k, len(all)-1)]} }
}

// The form of each image is chosen before it is uploaded: what cannot be shown as a photo comes as a file, and of what
// Telegram does not take at all a copy comes, with a link that leads to every byte for whoever has it.
func TestFormsOfAResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	w.env["IMAGIKA_PUBLIC_URL"] = "https://pictures.example"
	fake := oneByOne()
	square := providers.Size{Width: 64, Height: 64}
	huge := ofSize(51, square)
	plan{
		"a mixed lot":   bodies(providertest.PNG(square, 1), ofSize(11, square), providertest.PNG(square, 2)),
		"a huge one":    bodies(huge),
		"a long ribbon": bodies(providertest.PNG(providers.Size{Width: 420, Height: 20}, 1)),
	}.follow(fake)
	a, _ := w.start(withProvider(fake))
	mixed, big, long, odd := w.someone("Ada"), w.someone("Bea"), w.someone("Cy"), w.someone("Dan")
	for _, method := range []string{"editMessageMedia", "sendPhoto", "sendDocument"} {
		w.tg.Fault(telegramtest.Fault{Method: method, ChatID: odd.ID(), Code: 400, Description: "Bad Request: IMAGE_PROCESS_FAILED"})
	}
	odd.Text("an odd one")
	mixed.Text("a mixed lot --n 3")
	big.Text("a huge one")
	long.Text("a long ribbon")

	next := w.waitFor(mixed, time.Minute, telegramtest.Has("What next?"))
	w.quiet()
	var forms []string
	for _, m := range mixed.Messages() {
		switch {
		case m.Document != nil:
			forms = append(forms, "file "+m.Caption)
		case len(m.Photo) > 0 && m.MediaGroupID != "":
			forms = append(forms, "album")
		case m.MessageID == next.MessageID && m.ReplyToMessage != nil && m.ReplyToMessage.MediaGroupID != "":
			forms = append(forms, "buttons")
		}
	}
	if want := []string{"album", "album", "file Sent as a file, because it doesn’t fit a photo.", "buttons"}; !slices.Equal(forms, want) {
		t.Errorf("a mixed lot: %q, want %q; the chat:\n%s", forms, want, w.tg.Transcript(mixed))
	}

	ribbon := w.waitFor(long, time.Minute, func(m telegramtest.Message) bool { return m.Document != nil })
	if !strings.Contains(ribbon.Caption, "Sent as a file") || ribbon.ReplyMarkup == nil {
		t.Errorf("a long ribbon: %q", ribbon.Caption)
	}

	words := w.waitFor(odd, time.Minute, telegramtest.Has("this chat doesn’t take it"))
	if len(words.Entities) == 0 || pictures(odd) != 0 {
		t.Errorf("an odd one: %+v", words)
	}

	copied := w.picture(big, "a huge one")
	link := linkIn(copied)
	if !strings.HasPrefix(link, "https://pictures.example/f/") || !strings.Contains(copied.Caption, "51\u00a0MB") {
		t.Fatalf("a huge one: %q, link %q", copied.Caption, link)
	}
	at := "http://" + a.WebAddr + strings.TrimPrefix(link, "https://pictures.example")
	if status, got := fetch(t, at); status != http.StatusOK || !bytes.Equal(got, huge) {
		t.Errorf("the link: %d, %d bytes", status, len(got))
	}
	if status, _ := fetch(t, at[:len(at)-2]+"xx"); status != http.StatusNotFound {
		t.Errorf("a forged link: %d", status)
	}
	w.press(big, w.more(big, copied), "💾 Save original")
	file := w.waitFor(big, time.Minute, func(m telegramtest.Message) bool { return m.Document != nil })
	if file.Document.MimeType != "image/jpeg" || linkIn(file) == "" {
		t.Errorf("the original: %+v", file.Document)
	}
	w.press(big, copied, "🗑 Delete")
	w.withinChat(big, 10*time.Second, "no question", func() bool {
		_, asked := big.Messages()[slices.IndexFunc(big.Messages(), func(m telegramtest.Message) bool { return m.MessageID == copied.MessageID })].Button("Yes, delete")
		return asked
	})
	w.press(big, copied, "Yes, delete")
	within(t, 10*time.Second, "the link outlives its picture", func() bool {
		status, _ := fetch(t, at)
		return status == http.StatusNotFound
	})
}

// linkIn is the first link in a caption.
func linkIn(m telegramtest.Message) string {
	for _, e := range m.CaptionEntities {
		if e.URL != "" {
			return e.URL
		}
	}
	return ""
}

func fetch(t testing.TB, url string) (status int, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// A picture goes up once: it is shown again by what Telegram has, until Telegram has it no more. Then the object store has
// it. Fewer than were asked for are said to be fewer.
func TestFilesAreUploadedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	fake := providertest.NewFake("fake")
	plan{"two of four": always(providertest.Step{Images: 2})}.follow(fake)
	w.start(withProvider(fake))
	p := w.someone("Ada")
	p.Text("a swan")
	first := w.picture(p, "a swan")
	p.Text("/history")
	list := w.waitFor(p, 20*time.Second, telegramtest.Has("newest first"))
	uploads := func() (n int) {
		for _, c := range w.tg.Calls() {
			n += len(c.Files)
		}
		return n
	}
	show := func(want int) {
		t.Helper()
		before := pictures(p)
		w.press(p, list, "1")
		w.withinChat(p, 20*time.Second, "it is not shown again", func() bool { return pictures(p) == before+1 })
		if n := uploads(); n != want {
			t.Errorf("%d uploads, want %d", n, want)
		}
	}
	show(2) // the picture, and the page of the history
	w.tg.Fault(telegramtest.Fault{Method: "sendPhoto", Code: 400, Description: "Bad Request: wrong file identifier/HTTP URL specified", Times: 1})
	show(3)
	show(3)
	w.press(p, w.more(p, first), "💾 Save original") // another form is another file
	w.withinChat(p, 20*time.Second, "no file", func() bool { return pictures(p) == 6 })
	if n := uploads(); n != 4 {
		t.Errorf("%d uploads, want 4", n)
	}
	p.Text("two of four --n 4")
	short := w.picture(p, "two of four")
	if !strings.Contains(short.Caption, "2 of 4 worked out; the missing 2 cost nothing") {
		t.Errorf("caption: %q", short.Caption)
	}
	w.settled(w.store(), p, time.Minute)
	w.balance(w.store(), p, 17)
}

// Somebody who blocks the bot is not bothered: what waits is canceled, what is painted is kept, and offered on return.
func TestBlockingStopsEverything(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake, paint := held("fake")
		w.start(withProvider(fake))
		p := w.someone("Ada")
		for _, prompt := range []string{"a swan", "a stork", "a crane", "a heron"} {
			p.Text(prompt)
		}
		attempt(t, fake, "a stork", 1)
		w.withinChat(p, 20*time.Second, "four are not waiting", func() bool { return told(p, "") >= 6 })
		p.Block()
		s := w.store()
		within(t, 20*time.Second, "what waits is not canceled", func() bool {
			return !slices.ContainsFunc(w.newest(s, p)[2:], func(g storage.Generation) bool { return g.Status.Open() })
		})
		paint()
		got := map[storage.Status]int{}
		for _, g := range w.settled(s, p, time.Minute) {
			got[g.Status]++
			if g.Reason != storage.ReasonBlocked {
				t.Errorf("ended as %s/%s", g.Status, g.Reason)
			}
		}
		if got[storage.StatusUndeliverable] != 2 || got[storage.StatusCanceled] != 2 {
			t.Errorf("ended as %v", got)
		}
		w.balance(s, p, 18)
		calls := len(callsTo(w, p))
		w.quiet()
		for _, c := range callsTo(w, p)[calls:] {
			t.Errorf("%s to somebody who blocked the bot", c.Method)
		}

		p.Unblock()
		offer := w.waitFor(p, 20*time.Second, telegramtest.Has("2 of your pictures were finished"))
		if !strings.Contains(offer.Text, "canceled, at no cost") {
			t.Errorf("offer: %q", offer.Text)
		}
		p.Start("")
		w.press(p, offer, "👀 Show me")
		w.picture(p, "a swan")
		w.picture(p, "a stork")
		w.quiet()
		if slices.ContainsFunc(p.Messages(), func(m telegramtest.Message) bool { return !m.Deleted && cancelable(m) }) {
			t.Errorf("a status message outlives its generation; the chat:\n%s", w.tg.Transcript(p))
		}
		if n := told(p, "finished while you were away"); n != 1 || pictures(p) != 2 {
			t.Errorf("%d offers, %d pictures; the chat:\n%s", n, pictures(p), w.tg.Transcript(p))
		}
		for _, g := range w.settled(s, p, time.Minute) {
			if g.Status == storage.StatusUndeliverable {
				t.Error("a result that was shown is still not delivered")
			}
		}
	})
}

// A group becomes another one, or throws the bot out, while the picture is painted.
func TestGroupChangesMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	fake, paint := held("fake")
	w.start(withProvider(fake))
	ada, bea := w.someone("Ada"), w.someone("Bea")
	moves, closes := w.tg.BasicGroup("Moves", ada), w.tg.Group("Closes", bea)
	ask := "/imagine@" + w.tg.Bot().Username + " "
	ada.In(moves).Text(ask + "a swan")
	bea.In(closes).Text(ask + "a stork")
	attempt(t, fake, "a swan", 1)
	attempt(t, fake, "a stork", 1)
	moved := moves.Upgrade()
	closes.RemoveBot(bea)
	paint()

	w.withinChat(ada, 30*time.Second, "the result does not follow the group", func() bool {
		return slices.ContainsFunc(moved.Messages(), func(m telegramtest.Message) bool { return strings.Contains(m.Caption, "a swan") })
	})
	w.picture(bea, "a stork") // to whoever asked for it
	s := w.store()
	w.ended(s, ada, end{storage.StatusDelivered, storage.ReasonNone, 19})
	w.settled(s, bea, time.Minute)
	w.balance(s, bea, 19)
	if who, err := s.PersonByTelegram(t.Context(), bea.ID(), "en"); err != nil || who.Unreachable {
		t.Errorf("a group that is closed makes a person unreachable: %+v, %v", who, err)
	}
	if n := pictures(ada); n != 0 {
		t.Errorf("%d pictures of the group in private", n)
	}
}

// What is said in a chat is said in the order in which it was owed, also when Telegram says to wait and several workers
// have something to say.
func TestOrderInAChat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		fake := providertest.NewFake("fake")
		w.start(withProvider(fake))
		p, other := w.someone("Ada"), w.someone("Bea")
		w.tg.Fault(telegramtest.Fault{Method: "sendMessage", ChatID: p.ID(), Code: 429, RetryAfter: 3, Times: 1})
		p.Text("/balance")
		w.withinChat(p, 10*time.Second, "nobody is told to wait", func() bool { return refusal429(callsTo(w, p)) >= 0 })
		p.Text("a swan --n 2")
		p.Text("/help")
		p.Text("/nothing")
		other.Text("a stork")
		w.picture(other, "a stork")
		w.waitFor(p, time.Minute, telegramtest.Has("/nothing"))
		w.waitFor(p, time.Minute, telegramtest.Has("What next?"))
		w.quiet()
		if n := told(p, uncertain); n != 0 {
			t.Errorf("%d notices", n)
		}
		calls := callsTo(w, p)
		held := calls[refusal429(calls):]
		for _, c := range held[1:] {
			if after := c.Time.Sub(held[0].Time); after < 2900*time.Millisecond {
				t.Errorf("%s came %s after the chat was told to wait 3 s", c.Method, after)
			}
		}
		var got []string
		for _, m := range p.Messages() {
			for _, words := range []string{"You have 20 credits", "a swan", "Send me words, and", "I don’t know /nothing", "What next?"} {
				if m.FromBot() && strings.Contains(m.Content(), words) {
					got = append(got, words)
				}
			}
		}
		// The album is owed when it is painted, which may be before or after the commands; its buttons come after it.
		order := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s == "a swan" || s == "What next?" })
		if want := []string{"You have 20 credits", "Send me words, and", "I don’t know /nothing"}; !slices.Equal(order, want) {
			t.Errorf("said %q, want %q; the chat:\n%s", got, want, w.tg.Transcript(p))
		}
		if slices.Index(got, "a swan") > slices.Index(got, "What next?") || got[0] != "You have 20 credits" {
			t.Errorf("said %q", got)
		}
	})
}

// An object store that is away keeps the picture back, and nothing that comes behind it.
func TestPictureStepsAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onEmbedded)
	fake := providertest.NewFake("fake")
	s3 := w.breakS3()
	w.start(withProvider(fake))
	p := w.someone("Ada")
	told429 := w.tg.Fault(telegramtest.Fault{Method: "sendMediaGroup", Code: 429, RetryAfter: 3, Times: 1})
	p.Text("a swan --n 2")
	if err := told429.Wait(t.Context(), 1); err != nil { // the images are stored, and wait
		t.Fatal(err)
	}
	s3.Cut()
	p.Text("/help")
	w.waitFor(p, 30*time.Second, telegramtest.Has("Send me words, and"))
	if n := pictures(p); n != 0 {
		t.Errorf("%d pictures without an object store", n)
	}
	s3.Mend()
	w.waitFor(p, time.Minute, telegramtest.Has("What next?"))
	w.quiet()
	if n := pictures(p); n != 2 || told(p, uncertain) != 0 {
		t.Errorf("%d pictures, %d notices", n, told(p, uncertain))
	}
	w.balance(w.store(), p, 18)
}

// callsTo are the calls about a chat.
func callsTo(w *world, p *telegramtest.Person) (all []telegramtest.Call) {
	for _, c := range w.tg.Calls() {
		if c.Params["chat_id"] == strconv.FormatInt(p.ID(), 10) {
			all = append(all, c)
		}
	}
	return all
}

// refusal429 is the index of the call that was told to wait, or -1.
func refusal429(calls []telegramtest.Call) int {
	return slices.IndexFunc(calls, func(c telegramtest.Call) bool { return c.Code == http.StatusTooManyRequests })
}

// The process ends around the sending of an album, which is no edit: the lines of the table in package workers. Before the
// answer is noted nobody knows whether it is out; after that only its buttons are missing.
func TestKilledAroundASend(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and restarts processes")
	}
	for step, want := range map[string]struct{ pictures, notices, buttons int }{
		"delivering:1": {0, 1, 0}, // nothing left; the status message was the first send
		"noted:2":      {2, 0, 1},
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, onEmbedded)
			first := w.spawn("")
			w.agree(w.person)
			w.quiet()
			first.Kill()
			victim := w.spawn("kill:" + step)
			w.person.Text("two boats at sea --n 2")
			victim.Died(t)
			w.spawn("")
			words := "What next?"
			if want.notices > 0 {
				words = uncertain
			}
			said := w.waitFor(w.person, time.Minute, telegramtest.Has(words))
			w.quiet()
			got := struct{ pictures, notices, buttons int }{pictures(w.person), told(w.person, uncertain), told(w.person, "What next?")}
			if got != want {
				t.Errorf("%+v, want %+v; the chat:\n%s", got, want, w.tg.Transcript(w.person))
			}
			if want.notices > 0 {
				w.press(w.person, said, "👀 Show it")
				w.withinChat(w.person, 30*time.Second, "the button does not show the album", func() bool { return pictures(w.person) == 2 })
			}
			w.settled(w.store(), w.person, time.Minute)
			w.balance(w.store(), w.person, 18)
		})
	}
}

// Whoever deletes a result finds it gone from the chat, also if it was just being sent, or had been without its deletion knowing.
func TestDeletedWhileItIsSent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.start(withProvider(providertest.NewFake("fake")))
		w.agree(w.person)
		s := w.store()
		gone := func(m telegramtest.Message) {
			t.Helper()
			w.withinChat(w.person, 90*time.Second, "the deleted picture is still there", func() bool {
				now, _ := w.person.Message(m.MessageID)
				return now.Deleted
			})
		}
		var slow []*telegramtest.FaultHandle
		for _, method := range []string{"editMessageMedia", "sendPhoto"} { // in the place of a status message, or anew
			slow = append(slow, w.tg.Fault(telegramtest.Fault{Kind: telegramtest.Slow, Method: method, Delay: 5 * time.Second}))
		}
		w.person.Text("a fox")
		fox := w.picture(w.person, "a fox")
		g := w.newest(s, w.person)[0]
		if n := slow[0].Fired() + slow[1].Fired(); n != 1 || g.Status != storage.StatusStored {
			t.Fatalf("the picture of a generation that is %s was sent %d times", g.Status, n)
		}
		_, _, err := s.DeleteResults(t.Context(), storage.Effect{}, g.User, []string{g.ID})
		if err != nil {
			t.Fatal(err)
		}
		gone(fox)
		slow[0].Remove()
		slow[1].Remove()

		w.person.Text("a hare")
		hare := w.picture(w.person, "a hare")
		g = w.settled(s, w.person, 20*time.Second)[0]
		_, _, err = s.DeleteResults(t.Context(), storage.Effect{Sends: []storage.Send{{
			User: g.User, Kind: storage.SendDelete, Body: map[string]any{"chat": w.person.ID(), "results": []string{g.ID}},
		}}}, g.User, []string{g.ID})
		if err != nil {
			t.Fatal(err)
		}
		gone(hare)
	})
}
