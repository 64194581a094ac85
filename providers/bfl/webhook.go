package bfl

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/imagika/imagika/providers"
)

// ParseWebhook implements providers.WebhookParser. The body names the task and has no address to poll.
func (p *Provider) ParseWebhook(h http.Header, body []byte) (providers.Submission, error) {
	if p.secret != "" && !p.signed(h, body) {
		return providers.Submission{}, p.client.Fail(providers.BadRequest, providers.BilledNo, "callback: wrong signature")
	}
	var hook struct {
		ID         string `json:"id"`
		TaskID     string `json:"task_id"`
		PollingURL string `json:"polling_url"`
		Result     struct {
			Seed json.RawMessage `json:"seed"`
		} `json:"result"`
		Cost json.RawMessage `json:"cost"`
	}
	err := json.Unmarshal(body, &hook)
	if hook.ID == "" {
		hook.ID = hook.TaskID
	}
	if !token(hook.ID) {
		return providers.Submission{}, p.client.Fail(providers.BadRequest, providers.BilledNo, "callback: no task in %d bytes (JSON: %t)", len(body), err == nil)
	}
	to := handle{ID: hook.ID, Cost: credits(hook.Cost), At: p.now().Unix()}
	to.Seed, _ = whole(hook.Result.Seed)
	if p.own(hook.PollingURL) {
		to.Poll = hook.PollingURL
	}
	return p.submission(to), nil
}

// signed takes either form of the signature.
func (p *Provider) signed(h http.Header, body []byte) bool {
	if said := h.Get("X-Webhook-Secret"); said != "" {
		return hmac.Equal([]byte(said), []byte(p.secret))
	}
	said, ok := strings.CutPrefix(h.Get("X-Bfl-Signature"), "sha256=")
	mac := hmac.New(sha256.New, []byte(p.secret))
	_, _ = mac.Write(body)
	return ok && hmac.Equal([]byte(strings.ToLower(said)), []byte(hex.EncodeToString(mac.Sum(nil))))
}
