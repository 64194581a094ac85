package workers

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"strconv"
	"time"

	"golang.org/x/image/draw"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// writeTime is how long one call for words may take.
const writeTime = 25 * time.Second

// safety is a person for services that want to tell people apart.
func (w *Workers) safety(user int64) string {
	return w.Sealer.Code("safety", strconv.FormatInt(user, 10))
}

// write asks a provider for words. A call that was cut off is not made again: its answer is lost, and the person may ask
// once more. Neither is a wish that gets nowhere claim after claim.
func (w *Workers) write(ctx context.Context, p queue.PromptWrite) error {
	one, err := w.Store.ClaimWriting(ctx, p.ID)
	if err != nil {
		return err
	}
	w.Step("writing")
	ctx, stop := whileClaimed(ctx, func(ctx context.Context) error { return w.Store.RenewWriting(ctx, one) })
	defer stop()
	if one.State == storage.WritingCalling || one.Fence > maxClaims {
		return w.endWords(ctx, one, storage.WritingEnd{State: storage.WritingUnknown, Class: string(providers.UnknownCall)}, texts.MessageWordsFailed)
	}
	defer w.acting(ctx, one.Request.Chat, telegram.ActionTyping, 0)()
	return w.askWriters(ctx, one)
}

// askWriters asks one writer after the other until one answers. Only what certainly cost nothing is tried elsewhere.
func (w *Workers) askWriters(ctx context.Context, one storage.Writing) error {
	req := providers.WriteRequest{
		Writing: providers.Writing(one.Kind), Text: one.Request.Text, Language: one.Request.Language, Seed: one.Request.Seed, Safety: w.safety(one.User),
	}
	if req.Writing == providers.Describe {
		picture, err := w.small(ctx, one)
		if err != nil {
			return w.noPicture(ctx, one, err)
		}
		req.Picture = &picture
	}
	var tried []string
	for {
		p, err := w.Router.PickWriter(ctx, req.Writing, one.Request.Without, tried)
		if failed, ok := errors.AsType[*providers.Error](err); ok {
			return w.endWords(ctx, one, storage.WritingEnd{State: storage.WritingFailed, Class: string(failed.Class)}, texts.MessageWordsFailed)
		}
		if err != nil {
			return err
		}
		if err := w.Store.CallWriting(ctx, one, p.Name()); err != nil {
			return err
		}
		tried = append(tried, p.Name())
		if again, err := w.callWriter(ctx, one, p, req); !again {
			return err
		}
	}
}

// callWriter makes one call and stores what came of it. It reports true where another writer may be asked.
func (w *Workers) callWriter(ctx context.Context, one storage.Writing, p providers.Provider, req providers.WriteRequest) (again bool, err error) {
	call, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	got, err := w.Router.Write(call, p, req)
	w.Step("worded")
	failed, known := errors.AsType[*providers.Error](err)
	switch {
	case err == nil:
		return false, w.endWords(ctx, one, storage.WritingEnd{State: storage.WritingReady, Answer: got.Text, Cost: got.Cost}, texts.MessageWords)
	case known && failed.Class == providers.Rejected:
		return false, w.endWords(ctx, one, storage.WritingEnd{State: storage.WritingRefused, Class: string(failed.Class), Cost: got.Cost}, texts.MessageWordsRefused)
	case known && failed.Billed == providers.BilledNo:
		return true, nil
	}
	w.Log.WarnContext(ctx, "words not written", "provider", p.Name(), "error", err)
	end := storage.WritingEnd{State: storage.WritingUnknown, Class: string(providers.UnknownCall), Cost: got.Cost}
	if known && failed.Class != providers.UnknownCall {
		end.State, end.Class = storage.WritingFailed, string(failed.Class)
	}
	return false, w.endWords(ctx, one, end, texts.MessageWordsFailed)
}

// endWords stores the end and owes the person what it is.
func (w *Workers) endWords(ctx context.Context, one storage.Writing, end storage.WritingEnd, key texts.Key) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	return w.insist(ctx, "database", func() error {
		person, err := w.Store.PersonByID(ctx, one.User)
		if err != nil {
			return err
		}
		p, data := w.printer(person.Lang), map[string]any(nil)
		rows := [][]telegram.Button{{{Text: p.Plain(texts.ButtonAgain, nil), Data: w.signer.Data(telegram.OpWordsAnother, one.ID, person.TelegramID, newNonce())}}}
		switch end.State {
		case storage.WritingReady:
			data, rows = map[string]any{"Prompt": end.Answer}, w.wordsButtons(p, person.TelegramID, one.ID)
		case storage.WritingRefused:
			rows = nil
		}
		out, err := w.Store.EndWriting(ctx, one, end, []storage.Send{{Key: "words:" + one.ID, User: one.User, Kind: storage.SendMessage, Body: messageBody{
			Chat: one.Request.Chat, Thread: one.Request.Thread, ReplyTo: one.Request.Message, Text: p.HTML(key, data), Keyboard: rows,
		}}})
		if err == nil {
			w.post(ctx, out)
		}
		return err
	})
}

// describedSide is the longest side of a picture that leaves to be described, in pixels.
const describedSide = 1024

// small is the picture of a wish, without what a camera wrote into it and no larger than it takes to see what it shows.
func (w *Workers) small(ctx context.Context, one storage.Writing) (providers.Reference, error) {
	body, err := w.shownPicture(ctx, one)
	if err != nil {
		return providers.Reference{}, err
	}
	defer body.Close()
	s, err := w.spool(body, maxResultBytes)
	if err != nil {
		return providers.Reference{}, err
	}
	defer s.Close()
	was, img, err := w.gate(ctx, s)
	if err != nil {
		return providers.Reference{}, err
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, shrunk(upright(img, orientation(was.Reader()))), &jpeg.Options{Quality: 85}); err != nil {
		return providers.Reference{}, err
	}
	return providers.Reference{MediaType: "image/jpeg", Bytes: int64(file.Len()), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(file.Bytes())), nil
	}}, nil
}

// shrunk brings the longer side down to describedSide, over white where a picture is transparent.
func shrunk(img image.Image) image.Image {
	b := img.Bounds()
	long := max(b.Dx(), b.Dy(), describedSide)
	to := image.NewRGBA(image.Rect(0, 0, max(1, b.Dx()*describedSide/long), max(1, b.Dy()*describedSide/long)))
	draw.Draw(to, to.Bounds(), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(to, to.Bounds(), img, b, draw.Over, nil)
	return to
}

// shownPicture opens the picture of a wish: a result of the person's own, or a file with Telegram.
func (w *Workers) shownPicture(ctx context.Context, one storage.Writing) (io.ReadCloser, error) {
	if one.Request.Generation == "" {
		file, err := w.Telegram.GetFile(ctx, one.Request.Picture)
		if err != nil {
			return nil, err
		}
		body, _, err := w.Telegram.Download(ctx, file.Path)
		return body, err
	}
	images, err := w.Store.Images(ctx, one.Request.Generation, true)
	if err != nil {
		return nil, err
	}
	if one.Request.N >= len(images) || images[one.Request.N].User != one.User {
		return nil, errNoPicture
	}
	return w.open(ctx, images[one.Request.N])
}

// noPicture ends a wish whose picture cannot be opened, and comes back where only a server was away.
func (w *Workers) noPicture(ctx context.Context, one storage.Writing, err error) error {
	class := telegram.ClassOf(err)
	if errors.Is(err, errNoPicture) || errors.Is(err, telegram.ErrTooLarge) || class == telegram.Permanent || class == telegram.BadFile || class == telegram.NotFound {
		return w.endWords(ctx, one, storage.WritingEnd{State: storage.WritingFailed, Class: string(providers.BadRequest)}, texts.MessageWordsPicture)
	}
	return later(err, storage.Lease) // when the claim has run out
}
