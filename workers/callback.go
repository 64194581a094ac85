package workers

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/imagika/imagika/providers"
	"github.com/imagika/imagika/queue"
	"github.com/imagika/imagika/storage"
)

// ErrForged says that a callback does not carry the signature its address was given out with.
var ErrForged = errors.New("callback: wrong signature")

// errEarly makes a provider call back again.
var errEarly = errors.New("callback: the attempt has no handle yet")

// callbackURL is where a provider calls back about an attempt. The signature in it keeps others from claiming that they
// are the provider.
func (w *Workers) callbackURL(a storage.Attempt) string {
	return w.Settings.CallbackURL + "/" + a.Provider + "/" + a.ID + "?sig=" + w.callbackSignature(a.Provider, a.ID)
}

func (w *Workers) callbackSignature(provider, attempt string) string {
	return hex.EncodeToString(w.Sealer.MAC("callback", provider, attempt)[:16])
}

// Callback takes what a provider said about an attempt. It is a hint: an attempt that waits is polled now instead of
// later. One whose answer was lost gets its handle from it, and goes on.
func (w *Workers) Callback(ctx context.Context, provider, attempt, signature string, h http.Header, body []byte) error {
	if !hmac.Equal([]byte(signature), []byte(w.callbackSignature(provider, attempt))) {
		return ErrForged
	}
	a, err := w.Store.Attempt(ctx, attempt)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch a.State {
	case storage.AttemptSubmitted, storage.AttemptRunning:
	case storage.AttemptUnknown:
		if adopted, err := w.adopt(ctx, a, h, body); !adopted || err != nil {
			return err
		}
	case storage.AttemptSending: // the answer is on its way, or was lost: the provider may say it again later
		return errEarly
	default:
		return nil
	}
	return w.Queue.Enqueue(ctx, queue.NewGenerationPollTask(attempt, -1))
}

// adopt gives an attempt of which nobody knew what became the handle that its callback names.
func (w *Workers) adopt(ctx context.Context, a storage.Attempt, h http.Header, body []byte) (bool, error) {
	route, ok := w.Router.Route(a.Provider, a.Model)
	parser, parses := route.Provider.(providers.WebhookParser)
	if !ok || !parses {
		return false, nil
	}
	sub, err := parser.ParseWebhook(h, body)
	if err != nil || sub.Handle == nil {
		w.Log.WarnContext(ctx, "callback not understood", "provider", a.Provider, "error", err)
		return false, nil
	}
	a.Handle, a.ExternalID = sub.Handle, sub.ExternalID
	a.NextPoll, a.Expires = time.Now(), time.Now().Add(route.Model.Timeout+route.Model.ResultTTL)
	err = w.Store.Submitted(ctx, a)
	if errors.Is(err, storage.ErrFenced) {
		return false, nil
	}
	return err == nil, err
}
