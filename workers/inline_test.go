package workers

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/storage/objects"
	"github.com/imagika/imagika/workers/telegram"
)

// A query that waited too long is dropped without a look at anything: Telegram would not take the answer.
func TestStaleInlineQueryIsDropped(t *testing.T) {
	t.Parallel()
	w := &Workers{Config: Config{Telegram: &telegram.Client{}}}
	old := queue.Update{Received: time.Now().Add(-inlineStale - time.Second)}
	if err := w.inline(t.Context(), old, &telegram.InlineQuery{ID: "1", From: telegram.User{ID: 7}}); err != nil {
		t.Error(err)
	}
}

func TestPromptHasAllTheWords(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string]bool{"a red fox": true, "a fox, hired": true, "a red hen": false, "": false} {
		if got := containsAll(prompt, []string{"fox", "red"}); got != want {
			t.Errorf("%q: %v", prompt, got)
		}
	}
	if !containsAll("", nil) {
		t.Error("no words are in everything")
	}
}

// Favorites are offered first, page after page, and nothing twice or never.
func TestInlineModeOffersFavoritesFirst(t *testing.T) {
	t.Parallel()
	eachChoosing(t, 50, func(t *testing.T, b *choosing) {
		const all = 25
		var ids []string
		for n := range all {
			ids = append(ids, b.sent(fmt.Sprintf("fox %d", n)))
		}
		b.sent("a boat")
		favorite := func(on bool, some ...int) {
			for _, n := range some {
				if _, err := b.s.MarkFavorite(t.Context(), storage.Effect{}, b.person().ID, ids[n], on); err != nil {
					t.Fatal(err)
				}
			}
		}
		wants := func(first ...int) {
			t.Helper()
			for n := all - 1; n >= 0; n-- {
				if !slices.Contains(first, n) {
					first = append(first, n)
				}
			}
			var want []string
			for _, n := range first {
				want = append(want, fmt.Sprintf("fox %d", n))
			}
			one := b.offered("")
			two := b.offered(one.NextOffset)
			var got []string
			for _, f := range slices.Concat(one.Results, two.Results) {
				got = append(got, f.Title)
			}
			if diff := cmp.Diff(want, got); diff != "" || len(one.Results) != inlinePage || two.NextOffset != "" {
				t.Errorf("a page of %d, then %q: %s", len(one.Results), two.NextOffset, diff)
			}
		}
		wants()
		favorite(true, 3, 17)
		wants(17, 3)
		var many []int
		for n := all - 1; n >= 0; n-- {
			if n%8 != 0 {
				many = append(many, n)
			}
		}
		favorite(true, many...) // more than a page
		wants(many...)
	})
}

// offered is what comes of "fox".
func (b *choosing) offered(offset string) telegram.Found {
	b.t.Helper()
	f, err := b.w.search(b.t.Context(), b.person(), []string{"fox"}, offset)
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

// sent is a result that Telegram has a file of.
func (b *choosing) sent(prompt string) (id string) {
	b.t.Helper()
	must := func(err error) {
		b.t.Helper()
		if err != nil {
			b.t.Fatal(err)
		}
	}
	ctx, user := b.t.Context(), b.person().ID
	id, err := b.s.NewID()
	must(err)
	_, _, _, err = b.s.Reserve(ctx, storage.Effect{}, storage.NewGeneration{
		ID: id, User: user, Origin: storage.OriginChat, RequestKey: id, Form: storage.FormPull, ParentN: -1, Model: "middle",
		Operation: "generate", Request: storage.Request{Prompt: prompt}, Params: storage.Params{Count: 1}, Price: 1, Parallel: 9, Waiting: 9,
	})
	must(err)
	g, err := b.s.Claim(ctx, id)
	must(err)
	a, err := b.s.StartAttempt(ctx, g, storage.Attempt{Provider: "middle", Model: "middle"})
	must(err)
	out, err := b.s.Complete(ctx, g, a, 0, []storage.Image{{
		Generation: id, Attempt: a.ID, User: user, Key: objects.ResultKey(user, id, a.ID, 0, "png"), SHA256: id, Bytes: 1, Width: 1, Height: 1, MediaType: "image/png",
	}}, []storage.Send{{Key: "result:" + id, User: user, Generation: id, Kind: storage.SendResult}})
	must(err)
	d, err := b.s.ClaimDelivery(ctx, out[0].ID)
	must(err)
	must(b.s.MarkSending(ctx, d))
	_, _, err = b.s.Sent(ctx, d, storage.Shown{Messages: []int64{1}, Files: []storage.File{{SHA256: id, Form: storage.FilePhoto, ID: "file " + id}}})
	must(err)
	return id
}
