package fal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/imagika/imagika/providers"
)

// skew is how far the time of a signature may be off.
const skew = 5 * time.Minute

// ParseWebhook implements providers.WebhookParser. The body has the id and the result, and no address to ask at.
func (p *Provider) ParseWebhook(h http.Header, body []byte) (providers.Submission, error) {
	if len(p.keys) > 0 && !p.signed(h, body) {
		return providers.Submission{}, p.client.Fail(providers.BadRequest, providers.BilledNo, "callback: wrong signature")
	}
	var hook struct {
		ID      string          `json:"request_id"`
		Status  string          `json:"status"`
		Payload json.RawMessage `json:"payload"`
	}
	err := json.Unmarshal(body, &hook)
	if err != nil || !token(hook.ID) {
		return providers.Submission{}, p.client.Fail(providers.BadRequest, providers.BilledNo, "callback: no request in %d bytes", len(body))
	}
	to := handle{ID: hook.ID}
	if hook.Status == "OK" {
		to.Made = new(made)
		_ = json.Unmarshal(hook.Payload, to.Made) // what is not read is no image
	} else {
		var said problem
		_ = json.Unmarshal(hook.Payload, &said) // without a payload it is fal's own failure
		to.Failed = &failure{Kinds: said.kinds(), Infrastructure: len(said.Detail) == 0 || said.Kind != ""}
	}
	sub := p.submission(to)
	if len(sub.Handle) > maxHandle {
		return providers.Submission{}, p.client.Fail(providers.NoOutput, providers.BilledMaybe, "callback: a result of %d bytes", len(sub.Handle))
	}
	return sub, nil
}

// signed checks the signature: of the ids, the time, and the hash of the body, a line each.
func (p *Provider) signed(h http.Header, body []byte) bool {
	at := h.Get("X-Fal-Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || p.now().Sub(time.Unix(seconds, 0)).Abs() > skew {
		return false
	}
	signature, err := hex.DecodeString(h.Get("X-Fal-Webhook-Signature"))
	if err != nil {
		return false
	}
	sum := sha256.Sum256(body)
	text := h.Get("X-Fal-Webhook-Request-Id") + "\n" + h.Get("X-Fal-Webhook-User-Id") + "\n" + at + "\n" + hex.EncodeToString(sum[:])
	for _, key := range p.keys {
		if ed25519.Verify(key, []byte(text), signature) {
			return true
		}
	}
	return false
}
