package workers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
	"github.com/imagika/imagika/workers/telegram"
	"github.com/imagika/imagika/workers/texts"
)

// progressPause is the least time between two edits of a status message, and pauseSlack what the tasks may be early.
const (
	progressPause = 3 * time.Second
	pauseSlack    = 200 * time.Millisecond
)

// editTime is how long an edit of a status message may take. It ends before others stop waiting for it.
const editTime = storage.EditLease - time.Second

// progress looks at a generation every few seconds and edits its status message where there is something new to say.
// The chain of looks ends with the generation. A lost one leaves the message as it is until the sweeper starts another;
// the older of two then ends.
func (w *Workers) progress(ctx context.Context, p queue.GenerationProgress) error {
	g, err := w.Store.Generation(ctx, p.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if !g.Status.Open() || g.StatusMessage == 0 || w.Telegram == nil || p.K < g.Look {
		return nil
	}
	if time.Since(g.Looked) > storage.LookedEvery {
		if err := w.Store.Looked(ctx, g.ID); err != nil {
			return err
		}
	}
	wait := progressPause
	_, err = w.showProgress(ctx, g, nil)
	if telegram.ClassOf(err) == telegram.Blocked {
		return nil // the result finds out what that means
	}
	if e, ok := errors.AsType[*telegram.Error](err); ok {
		wait = max(wait, e.RetryAfter) // told to slow down; any other failure is not worth more than the next look
	}
	w.enqueue(ctx, queue.NewGenerationProgressTask(g.ID, p.K+1).After(wait))
	return nil
}

// showProgress edits the status message of an open generation if there is something new to show and it is time to, and
// reports whether it did.
func (w *Workers) showProgress(ctx context.Context, g storage.Generation, preview []byte) (bool, error) {
	text, rows, err := w.statusText(ctx, g)
	if err != nil {
		return false, err
	}
	show := storage.Show{Text: digest(fmt.Append(nil, text, len(rows))), Was: g.StatusMedia}
	if preview != nil {
		show.Preview = digest(preview)
	}
	ok, err := w.Store.ShowStatus(ctx, g.ID, show, progressPause-pauseSlack)
	if err != nil || !ok {
		return false, err
	}
	shown, edited := w.editStatus(ctx, g, text, rows, preview, show)
	ctx, cancel := settled(ctx)
	defer cancel()
	return true, errors.Join(edited, w.Store.StatusShown(ctx, g.ID, shown))
}

// editStatus makes the edit and returns what the message shows after it. One that turns out to be of the other kind, a
// text or a picture, is taken for that from now on.
func (w *Workers) editStatus(
	ctx context.Context, g storage.Generation, text string, rows [][]telegram.Button, preview []byte, show storage.Show,
) (shown string, err error) {
	ctx, cancel := context.WithTimeout(ctx, editTime)
	defer cancel()
	chat, id := g.Request.Chat, g.StatusMessage
	switch {
	case preview != nil:
		_, err = w.Telegram.EditMedia(ctx, telegram.MediaEdit{
			ChatID: chat, MessageID: id, Media: telegram.Media{Upload: previewUpload(preview)}, Caption: text, Keyboard: rows,
		})
		if err == nil || telegram.ClassOf(err) == telegram.Transient { // it may have arrived
			return show.Preview, err
		}
	case show.Was != "":
		_, err = w.Telegram.EditCaption(ctx, telegram.CaptionEdit{ChatID: chat, MessageID: id, Caption: text, Keyboard: rows})
		if telegram.ClassOf(err) == telegram.Permanent {
			return "", err
		}
	default:
		_, err = w.Telegram.EditText(ctx, telegram.TextEdit{ChatID: chat, MessageID: id, HTML: text, Keyboard: rows})
		if telegram.ClassOf(err) == telegram.Permanent {
			return unknownPreview, err
		}
	}
	return show.Was, err
}

// unknownPreview stands for a picture that a status message turned out to show.
const unknownPreview = "?"

func previewUpload(b []byte) *telegram.Upload {
	return &telegram.Upload{
		Name: "preview.jpg", MediaType: "image/jpeg", Size: int64(len(b)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil },
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// firstStatus renders the first status message, and returns what it promises.
func (w *Workers) firstStatus(ctx context.Context, g storage.Generation) (text string, rows [][]telegram.Button, promise storage.Guess, err error) {
	now := w.Store.Now()
	s, err := w.standing(ctx, g)
	if err != nil {
		return "", nil, promise, err
	}
	promise = s.guess
	promise.At = now
	text, rows, err = w.statusOf(ctx, s)
	return text, rows, promise, err
}

// standing is where an open generation stands.
type standing struct {
	storage.Generation

	owner  storage.Person
	call   *storage.Attempt // under way; nil if none is
	began  time.Time        // the first call
	done   float64          // of all images, 0 to 1; 0 is not known
	stops  bool             // it can still be canceled
	failed int              // calls that failed before

	from, until time.Duration // when it is likely done, in durations worth saying
	line        storage.Line  // its place in line, where it has one
	guess       storage.Guess // what that was made of
}

func (w *Workers) standing(ctx context.Context, g storage.Generation) (s standing, err error) {
	s = standing{Generation: g, stops: true}
	if s.owner, err = w.Store.PersonByID(ctx, g.User); err != nil {
		return s, err
	}
	if g.Status == storage.StatusGenerating {
		if err := w.calls(ctx, &s); err != nil {
			return s, err
		}
	}
	return s, w.expect(ctx, &s)
}

// calls adds what is made of a generation that is worked on.
func (w *Workers) calls(ctx context.Context, s *standing) error {
	g := s.Generation
	tried, err := w.Store.Attempts(ctx, g.ID)
	for i, a := range tried {
		if a.Open() {
			s.call, s.began = &tried[i], tried[0].Created
		}
		if a.State == storage.AttemptFailed && a.ErrClass != string(providers.RateLimited) && a.ErrClass != notTaken {
			s.failed++
		}
	}
	if err != nil || s.call == nil {
		return err
	}
	made, err := w.Store.Made(ctx, g.ID)
	s.stops = w.stops(storage.OpenGeneration{Generation: g, Made: made, Provider: s.call.Provider, Route: s.call.Model})
	if route, ok := w.Router.Route(s.call.Provider, s.call.Model); ok {
		now := float64(min(route.Model.MaxCount, g.Params.Count-made))
		s.done = (float64(made) + now*s.call.Fraction) / float64(g.Params.Count)
	}
	return err
}

// expect adds when it is likely done, and its place in line where it has one.
func (w *Workers) expect(ctx context.Context, s *standing) error {
	if s.call == nil {
		e, err := w.estimate(ctx, s.Generation, s.owner.Tier)
		s.from, s.until, s.line, s.guess = round(e.P50), round(e.P90), e.line, e.Guess
		return err
	}
	known, err := w.experience(ctx, s.Model)
	from, until := known.left(s.Generation, time.Since(s.began), s.done)
	s.from, s.until, s.guess = round(from), round(until), storage.Guess{Base: from, P90: until}
	return err
}

// statusText says where a generation stands: its place in line, who paints it, how far that is and when it is likely done.
func (w *Workers) statusText(ctx context.Context, g storage.Generation) (string, [][]telegram.Button, error) {
	s, err := w.standing(ctx, g)
	if err != nil {
		return "", nil, err
	}
	return w.statusOf(ctx, s)
}

func (w *Workers) statusOf(ctx context.Context, s standing) (string, [][]telegram.Button, error) {
	p, g := w.printer(s.owner.Lang), s.Generation
	text := w.standingText(p, s)
	cost, err := w.cost(ctx, p, s.owner, g)
	if err != nil {
		return "", nil, err
	}
	text += cost
	if s.failed > 0 {
		text += "\n\n" + p.HTML(texts.MessageAnotherPainter, nil)
	}
	var rows [][]telegram.Button
	if s.stops && !g.CancelAsked {
		rows = w.cancelButton(p, s.owner.TelegramID, g.ID)
	}
	return text, rows, nil
}

func (w *Workers) standingText(p texts.Printer, s standing) string {
	data := map[string]any{"From": s.from, "Until": s.until}
	switch {
	case s.call != nil:
		data["Painter"], data["Percent"], data["Ahead"] = w.painterName(p, s.Model, s.call.Provider), percent(s.done), s.call.Ahead
		return p.HTML(texts.MessagePainting, data)
	case !s.Promoted:
		data["Count"] = s.line.Own
		return p.HTML(texts.MessageYourTurn, data)
	}
	data["Position"] = s.line.Waiting() + 1
	return p.HTML(texts.MessageQueued, data)
}

// percent is in steps, so that a message is not edited for every one.
func percent(fraction float64) int { return int(fraction*20) * 5 }

// painterName says who is at work: the model, and the service that runs it where that is another.
func (w *Workers) painterName(p texts.Printer, model, provider string) string {
	title := model
	if o, ok := w.Router.Offer(model); ok {
		title = spoken(o.Title, p)
	}
	by, ok := w.Router.Provider(provider)
	if !ok || provider == BuiltIn || Title(by) == title {
		return title
	}
	return p.Plain(texts.NotePainter, map[string]any{"Model": title, "Service": Title(by)})
}

// round makes a duration worth saying: whole seconds, from twenty seconds on in steps of five, so that a message is not
// edited for every second.
func round(d time.Duration) time.Duration {
	if d < 20*time.Second {
		return max(d.Round(time.Second), time.Second)
	}
	return d.Round(5 * time.Second)
}
