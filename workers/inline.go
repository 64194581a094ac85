package workers

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// Inline mode searches the person's own results from any chat, at no cost. Nothing is written down: a query is answered once,
// at once, or not at all.

const (
	inlineStale = 20 * time.Second // Telegram forgets a query after 30 s
	inlinePage  = 20               // results of an answer, a few more where the last has several images
	inlineChunk = 100              // rows of the history read at a time
	inlineDepth = 2000             // rows of the history looked at for one answer
)

// inline answers a query. Only storage that is away makes it come again: an answer that did not arrive is worth nothing.
func (w *Workers) inline(ctx context.Context, u queue.Update, q *telegram.InlineQuery) error {
	if w.Telegram == nil || time.Since(u.Received) > inlineStale {
		return nil
	}
	found, err := w.find(ctx, q)
	if err != nil {
		return err
	}
	found.QueryID = q.ID
	if err := w.Telegram.AnswerInline(ctx, found); err != nil && telegram.ClassOf(err) != telegram.TooOld {
		w.Log.WarnContext(ctx, "inline query not answered", "error", err)
	}
	return nil
}

// find looks through the results of whoever asks. Who is not known, did not agree or has nothing is shown the way to the bot.
func (w *Workers) find(ctx context.Context, q *telegram.InlineQuery) (telegram.Found, error) {
	p, err := w.Store.KnownPerson(ctx, q.From.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return telegram.Found{Start: w.printer(q.From.LanguageCode).Plain(texts.ButtonInlineStart, nil)}, nil
	}
	if err != nil {
		return telegram.Found{}, err
	}
	s, err := w.agreement(ctx, p)
	if err != nil {
		return telegram.Found{}, err
	}
	if p.Restricted {
		return telegram.Found{Start: w.printer(p.Lang).Plain(texts.ButtonInlineRestricted, nil)}, nil
	}
	if !s.complete() {
		return telegram.Found{Start: w.printer(p.Lang).Plain(texts.ButtonInlineStart, nil)}, nil
	}
	found, err := w.search(ctx, p, strings.Fields(strings.ToLower(q.Query)), q.Offset)
	if err == nil && len(found.Results) == 0 && q.Offset == "" {
		found.Start = w.printer(p.Lang).Plain(texts.ButtonInlinePaint, nil)
	}
	return found, err
}

// behindFavorites begins an offset that is among what is no favorite. What follows is the id of a generation.
const behindFavorites = "-"

// search goes through the person's history, favorites first and each part newest first, from the generation that offset names.
func (w *Workers) search(ctx context.Context, p storage.Person, words []string, offset string) (f telegram.Found, err error) {
	last, behind := strings.CutPrefix(offset, behindFavorites)
	next := func() string {
		if behind {
			return behindFavorites + last
		}
		return last
	}
	for range inlineDepth / inlineChunk {
		rows, err := w.Store.Search(ctx, p.ID, storage.Filter{Favorites: !behind, Results: true}, last, inlineChunk)
		if err != nil {
			return f, err
		}
		for _, g := range rows {
			last = g.ID
			if behind && g.Favorite {
				continue
			}
			files, err := w.foundIn(ctx, g, words)
			if err != nil {
				return f, err
			}
			if f.Results = append(f.Results, files...); len(f.Results) >= inlinePage {
				f.NextOffset = next()
				return f, nil
			}
		}
		switch {
		case len(rows) == inlineChunk:
		case behind:
			return f, nil
		default:
			last, behind = "", true
		}
	}
	f.NextOffset = next()
	return f, nil
}

// foundIn lists the images of a generation that has all the words in its prompt, as far as Telegram has their files.
func (w *Workers) foundIn(ctx context.Context, g storage.Generation, words []string) ([]telegram.FoundFile, error) {
	if g.Stored.IsZero() || !containsAll(strings.ToLower(g.Request.Prompt), words) {
		return nil, nil
	}
	images, err := w.Store.Images(ctx, g.ID, true)
	if err != nil {
		return nil, err
	}
	title := texts.Clip(60, g.Request.Prompt)
	var files []telegram.FoundFile
	for _, i := range images {
		f, err := w.foundFile(ctx, i, title)
		if err != nil {
			return nil, err
		}
		if f.FileID != "" {
			files = append(files, f)
		}
	}
	return files, nil
}

func containsAll(s string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(s, word) {
			return false
		}
	}
	return true
}
