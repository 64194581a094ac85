package workers

import (
	"bytes"
	"database/sql"
	"errors"
	"image"
	"image/png"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/storage/objects/objectstest"
	"github.com/imagika/imagika/storage/storagetest"
	"github.com/imagika/imagika/workers/moderation"
	"github.com/imagika/imagika/workers/telegram/telegramtest"
)

// refusedAs asks for what is to be refused. Nothing may be held for it.
func (b *choosing) refusedAs(wish Wish, code, param string) *Refusal {
	b.t.Helper()
	_, err := b.w.Request(b.t.Context(), b.person(), wish)
	r, ok := errors.AsType[*Refusal](err)
	if !ok || r.Code != code || r.Param != param || r.Text == "" || strings.ContainsAny(r.Text, "<>") {
		b.t.Errorf("%+v: %v %+v, want %s %s", wish, err, r, code, param)
		return &Refusal{}
	}
	return r
}

func fromAPI(prompt, model string) Wish {
	return Wish{Origin: storage.OriginAPI, Form: storage.FormPull, Prompt: prompt, Model: model}
}

func TestAskingFromOutside(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 20, func(t *testing.T, b *choosing) {
		wish := fromAPI("a fox", "cheap")
		wish.Key, wish.Aspect, wish.Count, wish.Negative = "mine", "16:9", 2, "text"
		seen := make([]View, 5)
		var group sync.WaitGroup
		for i := range seen {
			group.Go(func() {
				var err error
				if seen[i], err = b.w.Request(t.Context(), b.person(), wish); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		g := b.held(6, 1)
		for _, v := range seen {
			if v.ID != g.ID || v.Price != 6 || v.Count != 2 || v.Negative != "text" || v.Width != 96 || v.Status != storage.StatusHeld || v.Position != 1 || !v.Open() {
				t.Errorf("%+v", v)
			}
		}
		if got := len(b.ada.Messages()); got != 0 && b.newest().Text == "" {
			t.Errorf("the chat is told of what a program fetches: %+v", b.newest())
		}
		wish.Prompt = "a hare"
		b.refusedAs(wish, RefusedConflict, "")
		v, err := b.w.Stop(t.Context(), b.person(), g.ID)
		if err != nil || v.Status != storage.StatusCanceled || v.Charged != 0 || v.Open() {
			t.Errorf("%+v, %v", v, err)
		}
		b.held(0, 1)
		for _, whose := range []int64{b.person().ID + 1, 0} {
			if _, err := b.w.View(t.Context(), whose, g.ID); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("somebody else's: %v", err)
			}
		}
	})
}

// What the Mini App asks for is told in the chat too, so that nothing is lost when it is closed.
func TestTheAppTellsTheChat(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 20, func(t *testing.T, b *choosing) {
		v, err := b.w.Request(t.Context(), b.person(), Wish{Origin: storage.OriginApp, Form: storage.FormChat, Prompt: "a fox"})
		if err != nil {
			t.Fatal(err)
		}
		b.handle()
		b.has(b.newest(), "12 credits · 8 left")
		if got, want := labels(b.newest()), "Cancel"; !strings.Contains(got, want) {
			t.Errorf("buttons %q", got)
		}
		if g := b.held(12, 1); g.ID != v.ID || g.Origin != storage.OriginApp || g.Request.Chat != b.ada.ID() {
			t.Errorf("%+v", g)
		}
	})
}

func TestWhatIsRefusedFromOutside(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 5, func(t *testing.T, b *choosing) {
		for param, change := range map[string]func(*Wish){
			"prompt":  func(w *Wish) { w.Prompt = " \u200b" },
			"model":   func(w *Wish) { w.Model = "nobody" },
			"aspect":  func(w *Wish) { w.Aspect = "7:1" },
			"quality": func(w *Wish) { w.Quality = "high" },
			"style":   func(w *Wish) { w.Style = "unheard of" },
			"count":   func(w *Wish) { w.Count = 99 },
			"seed":    func(w *Wish) { w.Seed = new(int64(-1)) },
			"image":   func(w *Wish) { w.References = [][]byte{make([]byte, MaxPictureBytes+1)} },
		} {
			wish := fromAPI("a fox", "cheap")
			change(&wish)
			r := b.refusedAs(wish, RefusedInvalid, param)
			if said := strings.HasPrefix(r.Text, FieldName(param)+" "); strings.Contains(r.Text, "--") || !said && param != "prompt" && param != "image" {
				t.Errorf("%s is refused in the words of a chat: %s", param, r.Text)
			}
		}
		b.refusedAs(fromAPI("?", "cheap"), RefusedInvalid, "prompt")
		wish := fromAPI("a fox", "middle")
		wish.Parent = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
		if _, err := b.w.Request(t.Context(), b.person(), wish); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a parent that is nobody's: %v", err)
		}
		r := b.refusedAs(fromAPI("a fox", "middle"), RefusedCredits, "")
		if diff := cmp.Diff(Refusal{Code: r.Code, Text: r.Text, Price: 12, Balance: 5}, *r); diff != "" || !strings.Contains(r.Text, "12 credits") {
			t.Errorf("%s %q", diff, r.Text)
		}
		b.held(0, 0)
		b.w.Settings.Parallel, b.w.Settings.Waiting, b.w.Settings.Paid = 1, 0, Caps{1, 0}
		if _, err := b.w.Request(t.Context(), b.person(), fromAPI("a fox", "cheap")); err != nil {
			t.Fatal(err)
		}
		b.grant(20)
		if r := b.refusedAs(fromAPI("a fox", "cheap"), RefusedTooMany, ""); r.Wait == 0 {
			t.Error("nobody says when to come back")
		}
		b.held(3, 1)
	})
}

// A refusal counts as in a chat, once for each key, and can be appealed there.
func TestRulesFromOutside(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 20, func(t *testing.T, b *choosing) {
		rules, err := moderation.Parse([]byte("lists: {a: {en: [fox]}}\nrules: [{name: foxes, category: hate, action: refuse, any: [a]}]"))
		b.w.Rules.Use(rules, err)
		wish := fromAPI("a fox", "cheap")
		wish.Key = "mine"
		for range 3 {
			b.refusedAs(wish, RefusedModeration, "")
		}
		if strikes, err := b.s.Strikes(t.Context(), b.person().ID); err != nil || len(strikes) != 1 {
			t.Errorf("%d strikes, %v", len(strikes), err)
		}
		before := len(b.ada.Messages())
		b.handle()
		if got := len(b.ada.Messages()) - before; got != 1 || !strings.Contains(labels(b.newest()), "🙋") {
			t.Errorf("%d messages, buttons %q", got, labels(b.newest()))
		}
		for _, key := range []string{"a", "b", "c"} {
			wish.Key = key
			b.refusedAs(wish, RefusedModeration, "")
		}
		wish.Key = "d"
		if r := b.refusedAs(wish, RefusedTooMany, ""); r.Wait == 0 {
			t.Error("nobody says when to come back")
		}
		b.held(0, 0)
	})
}

func TestWhoMayNotAskFromOutside(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 20, func(t *testing.T, b *choosing) {
		stranger := b.tg.Person(telegramtest.PersonConfig{FirstName: "Bob", LanguageCode: "de"})
		who, err := b.s.PersonByTelegram(t.Context(), stranger.ID(), "de")
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.w.Request(t.Context(), who, Wish{Origin: storage.OriginApp, Form: storage.FormChat, Prompt: "ein Fuchs"})
		if r, ok := errors.AsType[*Refusal](err); !ok || r.Code != RefusedConsent || !strings.Contains(r.Text, "Datenschutzerklärung") {
			t.Errorf("nobody agreed to anything: %v", err)
		}
		c, err := b.w.newCase(storage.CaseBan, b.person().ID, storage.BanStrikes)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.s.Ban(t.Context(), storage.Effect{}, storage.Act{What: "ban"}, c, storage.Forever); err != nil {
			t.Fatal(err)
		}
		b.refusedAs(fromAPI("a fox", "cheap"), RefusedBanned, "")
		if _, _, err := b.s.Restrict(t.Context(), storage.Effect{}, b.person().ID, nil, nil, nil); err != nil {
			t.Fatal(err)
		}
		b.refusedAs(fromAPI("a fox", "cheap"), RefusedRestricted, "")
		b.held(0, 0)
	})
}

// The pictures of a wish are removed where it was refused, and left where it may have been committed.
func TestPicturesOfAWishThatFailed(t *testing.T) {
	t.Parallel()
	b := newChoosing(t, storagetest.OnSQLite, 5)
	b.w.Keys, b.w.Objects, b.w.decode = storagetest.Keys(t), objectstest.New(t), make(chan struct{}, 1)
	stored := func() (n int) {
		for _, err := range b.w.Objects.List(t.Context(), objects.ImagesPrefix) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	wish := fromAPI("a fox", "middle")
	wish.References = slices.Repeat([][]byte{picture.Bytes()}, 5)
	if r := b.refusedAs(wish, RefusedInvalid, "image"); !strings.HasPrefix(spaced(r.Text), "Middle takes 4 pictures at once") {
		t.Errorf("more pictures than it takes: %s", r.Text)
	}
	wish.References = wish.References[:1]
	b.refusedAs(wish, RefusedCredits, "")
	if n := stored(); n != 0 {
		t.Errorf("%d pictures of a wish that was refused", n)
	}
	raw, err := sql.Open("sqlite", b.url)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), `CREATE TRIGGER stuck BEFORE INSERT ON generations BEGIN SELECT RAISE(ABORT, 'injected'); END`); err != nil {
		t.Fatal(err)
	}
	wish.Model = "cheap"
	if _, err := b.w.Request(t.Context(), b.person(), wish); err == nil || !strings.Contains(err.Error(), "injected") {
		t.Errorf("got %v", err)
	}
	if n := stored(); n != 1 {
		t.Errorf("%d pictures of a wish of which nobody knows what became", n)
	}
}
