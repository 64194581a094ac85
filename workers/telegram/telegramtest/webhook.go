package telegramtest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	webhookTimeout = 60 * time.Second
	maxSecret      = 256 // characters
	maxRetryAfter  = time.Hour
	maxBackoff     = 90             // times the first pause
	goneLimit      = 23 * time.Hour // of 410s, then the webhook is removed
)

var secretToken = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// webhookState is what setWebhook has set.
type webhookState struct {
	URL            string `json:"url"`
	Secret         string `json:"secret"`
	MaxConnections int    `json:"max_connections"`
	LastErrorDate  int64  `json:"last_error_date"`
	LastError      string `json:"last_error"`
	Certificate    bool   `json:"certificate"`
	IP             string `json:"ip,omitempty"`
	GoneSince      int64  `json:"gone_since,omitempty"` // of 410s without a pause, in Unix seconds
}

// deliverer posts updates to the webhook.
type deliverer struct {
	client *http.Client
	busy   map[int64]bool // queues with a delivery in flight
	setAt  time.Time
}

func (d *deliverer) init() {
	d.busy = map[int64]bool{}
	d.client = &http.Client{
		Timeout:       webhookTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *Server) setWebhook(c *call) (any, error) {
	secret := c.str("secret_token")
	switch {
	case len(secret) > maxSecret:
		return nil, bad("secret token is too long")
	case !secretToken.MatchString(secret):
		return nil, bad("secret token contains unallowed characters")
	case time.Since(s.hook.setAt) < time.Second && s.opts.Throttle:
		return nil, tooMany(1)
	}
	certificate := c.files["certificate"]
	if certificate != nil {
		certificate.used = true
	}
	if err := checkWebhookURL(c.str("url")); err != nil {
		return nil, err
	}
	if err := s.setAllowed(c); err != nil {
		return nil, err
	}
	s.hook.setAt = time.Now()
	s.dropPending(c)
	s.w.Webhook = webhookState{
		URL: c.str("url"), Secret: secret, MaxConnections: int(c.clamp("max_connections", 1, 100, 40)),
		Certificate: certificate != nil, IP: c.str("ip_address"),
	}
	if s.w.Webhook.URL != "" {
		s.poll.generation++
		s.poll.reason = wordsNewWebhook
	}
	return true, nil
}

// checkWebhookURL wants HTTPS on a port Telegram calls; plain HTTP passes for a
// loopback address, where this server and its bot live.
func checkWebhookURL(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return bad("bad webhook: Invalid URL host")
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() || u.Hostname() == "localhost" {
		return nil
	}
	if u.Scheme != "https" {
		return bad("bad webhook: An HTTPS URL must be provided for webhook")
	}
	switch u.Port() {
	case "", "443", "80", "88", "8443":
		return nil
	}
	return bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
}

func (s *Server) dropPending(c *call) {
	if c.flag("drop_pending_updates") {
		s.w.Updates = nil
	}
}

func (s *Server) deleteWebhook(c *call) (any, error) {
	s.dropPending(c)
	s.w.Webhook = webhookState{}
	return true, nil
}

func (s *Server) getWebhookInfo(*call) (any, error) {
	s.expire()
	return struct {
		URL                  string   `json:"url"`
		HasCustomCertificate bool     `json:"has_custom_certificate"`
		PendingUpdateCount   int      `json:"pending_update_count"`
		IPAddress            string   `json:"ip_address,omitempty"`
		LastErrorDate        int64    `json:"last_error_date,omitempty"`
		LastErrorMessage     string   `json:"last_error_message,omitempty"`
		MaxConnections       int      `json:"max_connections,omitempty"`
		AllowedUpdates       []string `json:"allowed_updates,omitempty"`
	}{
		s.w.Webhook.URL, s.w.Webhook.Certificate, len(s.w.Updates), s.w.Webhook.IP, s.w.Webhook.LastErrorDate, s.w.Webhook.LastError,
		s.w.Webhook.MaxConnections, s.w.Allowed,
	}, nil
}

// deliverLoop starts deliveries as updates come and pauses end, and lets time pass.
func (s *Server) deliverLoop() {
	for {
		s.mu.Lock()
		next := min(s.startDeliveries(), s.tend())
		changed := s.changed
		s.mu.Unlock()
		timer := time.NewTimer(next)
		select {
		case <-changed:
		case <-timer.C:
		case <-s.ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// startDeliveries starts what may start, one update at a time in each queue, and
// returns how long until the next pause ends.
func (s *Server) startDeliveries() time.Duration {
	next := time.Hour
	if s.w.Webhook.URL == "" {
		return next
	}
	s.expire()
	held := map[int64]bool{}
	for _, p := range s.w.Updates {
		if held[p.Queue] || s.hook.busy[p.Queue] || len(s.hook.busy) >= s.w.Webhook.MaxConnections {
			continue
		}
		wait := time.Until(p.notBefore)
		held[p.Queue] = !p.late || wait <= 0
		if wait > 0 {
			next = min(next, wait)
			continue
		}
		p.late = false
		s.hook.busy[p.Queue] = true
		hook := s.w.Webhook
		p.Given = true
		s.bg.Go(func() { s.deliver(hook, p) })
	}
	return next
}

// deliver posts one update and settles it: delivered, or to be tried again.
func (s *Server) deliver(hook webhookState, p *pending) {
	retryAfter, err := s.postUpdate(hook, p.Body)
	var refused *webhookError
	gone := errors.As(err, &refused) && refused.code == http.StatusGone
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.hook.busy, p.Queue)
	defer s.touch()
	if s.gone(gone) {
		return
	}
	if err == nil {
		s.delivered(p)
		return
	}
	s.w.Webhook.LastErrorDate, s.w.Webhook.LastError = s.now().Unix(), err.Error()
	pause := s.opts.WebhookRetry * time.Duration(min(1<<min(p.tries, 10), maxBackoff))
	if retryAfter > 0 {
		pause = min(retryAfter, maxRetryAfter)
	}
	p.tries++
	p.notBefore = time.Now().Add(pause)
}

// webhookError is an answer of the webhook that is no success.
type webhookError struct {
	code   int
	status string
}

// Error is in Telegram's words.
func (e *webhookError) Error() string { return "Wrong response from the webhook: " + e.status }

// gone notes whether the webhook says that it is gone, and removes it when it has said
// so for 23 hours. It reports whether it did.
func (s *Server) gone(yes bool) bool {
	now, since := s.now().Unix(), s.w.Webhook.GoneSince
	switch {
	case !yes:
		s.w.Webhook.GoneSince = 0
	case since == 0:
		s.w.Webhook.GoneSince = now
	case now-since >= int64(goneLimit.Seconds()):
		s.w.Webhook = webhookState{}
		return true
	}
	return false
}

func (s *Server) delivered(p *pending) {
	for i, other := range s.w.Updates {
		if other == p {
			s.w.Updates = append(s.w.Updates[:i:i], s.w.Updates[i+1:]...)
			s.confirmed(p)
			return
		}
	}
}

// postUpdate sends one update and reads what the webhook made of it.
func (s *Server) postUpdate(hook webhookState, body []byte) (retryAfter time.Duration, err error) {
	ctx, cancel := context.WithTimeout(s.ctx, webhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hook.URL, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if hook.Secret != "" {
		req.Header.Set("X-Telegram-Bot-Api-Secret-Token", hook.Secret)
	}
	resp, err := s.hook.client.Do(req)
	if err != nil {
		return 0, cmp.Or(context.Cause(ctx), fmt.Errorf("connection failed: %w", err))
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxText))
	if err != nil {
		return 0, err
	}
	if resp.StatusCode/100 != 2 {
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return time.Duration(seconds) * time.Second, &webhookError{resp.StatusCode, resp.Status}
	}
	s.performAnswer(ctx, answer)
	return 0, nil
}

// performAnswer does the call that a webhook's answer may carry. The bot never learns
// what came of it.
func (s *Server) performAnswer(ctx context.Context, body []byte) {
	var named struct {
		Method string `json:"method"`
	}
	if json.Unmarshal(body, &named) != nil || named.Method == "" {
		return
	}
	c := &call{ctx: ctx, method: named.Method, started: time.Now(), insecure: s.opts.InsecureApps, def: s.spec.methods[strings.ToLower(named.Method)]}
	if c.def == nil || c.def.name == "getUpdates" {
		return
	}
	c.method, c.values = c.def.name, map[string]string{}
	err := c.readJSON(bytes.NewReader(body))
	var result any
	if err == nil {
		delete(c.values, "method")
		result, err = s.perform(c)
	}
	code, answer := envelope(result, err)
	c.log(s, code, answer)
}
