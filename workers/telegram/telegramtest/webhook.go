package telegramtest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"
)

const (
	webhookTimeout = 60 * time.Second
	maxRetryAfter  = time.Hour
	maxBackoff     = 90 // times the first pause
)

var secretToken = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// webhookState is what setWebhook has set.
type webhookState struct {
	URL            string `json:"url"`
	Secret         string `json:"secret"`
	MaxConnections int    `json:"max_connections"`
	LastErrorDate  int64  `json:"last_error_date"`
	LastError      string `json:"last_error"`
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
	case len(secret) > 256:
		return nil, bad("secret token is too long")
	case !secretToken.MatchString(secret):
		return nil, bad("secret token contains unallowed characters")
	case time.Since(s.hook.setAt) < time.Second && s.opts.Throttle:
		return nil, tooMany(1)
	}
	if u := c.files["certificate"]; u != nil {
		u.used = true
	}
	if err := checkWebhookURL(c.str("url")); err != nil {
		return nil, err
	}
	if err := s.setAllowed(c); err != nil {
		return nil, err
	}
	s.hook.setAt = time.Now()
	s.dropPending(c)
	s.w.Webhook = webhookState{URL: c.str("url"), Secret: secret, MaxConnections: int(c.clamp("max_connections", 1, 100, 40))}
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
		LastErrorDate        int64    `json:"last_error_date,omitempty"`
		LastErrorMessage     string   `json:"last_error_message,omitempty"`
		MaxConnections       int      `json:"max_connections,omitempty"`
		AllowedUpdates       []string `json:"allowed_updates,omitempty"`
	}{
		s.w.Webhook.URL, false, len(s.w.Updates), s.w.Webhook.LastErrorDate, s.w.Webhook.LastError,
		s.w.Webhook.MaxConnections, s.w.Allowed,
	}, nil
}

// deliverLoop starts deliveries as updates come and pauses end.
func (s *Server) deliverLoop() {
	for {
		s.mu.Lock()
		next := s.startDeliveries()
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
		held[p.Queue] = true
		if wait := time.Until(p.notBefore); wait > 0 {
			next = min(next, wait)
			continue
		}
		s.hook.busy[p.Queue] = true
		hook := s.w.Webhook
		s.bg.Go(func() { s.deliver(hook, p) })
	}
	return next
}

// deliver posts one update and settles it: delivered, or to be tried again.
func (s *Server) deliver(hook webhookState, p *pending) {
	retryAfter, err := s.postUpdate(hook, p.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.hook.busy, p.Queue)
	defer s.touch()
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

func (s *Server) delivered(p *pending) {
	for i, other := range s.w.Updates {
		if other == p {
			s.w.Updates = append(s.w.Updates[:i:i], s.w.Updates[i+1:]...)
			s.seen(p)
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
		return time.Duration(seconds) * time.Second, fmt.Errorf("Wrong response from the webhook: %s", resp.Status) //nolint:staticcheck // Telegram's words
	}
	if bytes.Contains(answer, []byte(`"method"`)) {
		c := &call{ctx: ctx, method: "webhook"}
		c.violate("this server performs no call from a webhook's answer")
		s.report(c)
	}
	return 0, nil
}
