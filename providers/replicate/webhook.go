package replicate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/imagika/imagika/providers"
)

// signingKey of the account's secret.
func signingKey(secret string) ([]byte, error) {
	if secret == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) == 0 {
		return nil, errors.New("replicate: the webhook secret is not whsec_ and base64")
	}
	return key, nil
}

// tolerance is how far the clock of who calls back may be off.
const tolerance = 5 * time.Minute

// ParseWebhook implements providers.WebhookParser. The body is the prediction.
func (p *Provider) ParseWebhook(h http.Header, body []byte) (providers.Submission, error) {
	if p.secret != nil && !p.signed(h, body) {
		return providers.Submission{}, p.client.Fail(providers.BadRequest, providers.BilledNo, "callback: wrong signature")
	}
	var d prediction
	if err := json.Unmarshal(body, &d); err != nil || !token(d.ID) {
		return providers.Submission{}, p.client.Fail(providers.BadRequest, providers.BilledNo, "callback: no prediction in %d bytes", len(body))
	}
	m, _ := p.find(d.Model)
	in := d.input()
	return p.submission(m.handle(d.ID, providers.Request{Seed: in.Seed}, nil)), nil
}

// signed checks an HMAC over id, time and body, of which there may be several.
func (p *Provider) signed(h http.Header, body []byte) bool {
	id, at := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || p.now().Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, p.secret)
	_, _ = mac.Write([]byte(id + "." + at + "."))
	_, _ = mac.Write(body)
	want := mac.Sum(nil)
	for said := range strings.FieldsSeq(h.Get("Webhook-Signature")) {
		text, ok := strings.CutPrefix(said, "v1,")
		got, err := base64.StdEncoding.DecodeString(text)
		if ok && err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}
