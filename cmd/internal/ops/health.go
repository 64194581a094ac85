package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/imagika/imagika/cmd/internal/config"
)

// readyTimeout bounds what a dependency may take to answer.
const readyTimeout = 3 * time.Second

// health is the answer of /livez and /readyz.
type health struct {
	Status   string   `json:"status"` // alive, ready, stopping or unready
	Problems []string `json:"problems,omitempty"`
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		answer(w, http.StatusServiceUnavailable, health{Status: "stopping"})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	var err error
	if s.options.Ready != nil {
		err = s.options.Ready(ctx)
	}
	if err != nil {
		answer(w, http.StatusServiceUnavailable, health{Status: "unready", Problems: problems(err)})
		return
	}
	answer(w, http.StatusOK, health{Status: "ready"})
}

// problems is the text of each error joined in err.
func problems(err error) []string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{config.Redact(err.Error())}
	}
	var all []string
	for _, err := range joined.Unwrap() {
		all = append(all, problems(err)...)
	}
	return all
}

func answer(w http.ResponseWriter, code int, h health) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(h) // the reader may have gone
}

// Healthcheck asks the process that listens at addr on this machine whether it
// is ready. The error says what is not.
func Healthcheck(ctx context.Context, addr string) error {
	host, err := local(addr)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/readyz", http.NoBody)
	if err != nil {
		return fmt.Errorf("health check: %w", err)
	}
	// A transport of its own, so that no proxy of the environment is asked.
	client := http.Client{Transport: new(http.Transport), Timeout: 2 * readyTimeout}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("health check: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("health check: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("health check: %s: %s", res.Status, strings.TrimSpace(string(body)))
	}
	return nil
}

// local is where a process that listens at addr is reached from its own machine.
func local(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("health check: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
